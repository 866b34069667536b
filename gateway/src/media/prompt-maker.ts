/**
 * Makes the prompts of a flow from their texts: taken from those a bundle carries, else speech by espeak-ng, brought to 8 kHz A-law by sox;
 * where one of the two is missing, signals of our own, and the log says so. A prompt is made again only when its text, or the way it is made,
 * has changed.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { holdMusic, ringback, signalFor } from './melody.ts';
import { writeWav } from './prompt-sound.ts';

const run = promisify(execFile);
const LANGUAGES = ['zh', 'en'] as const;
/** Voices and speeds (words per minute) of espeak-ng. */
const VOICES = { zh: ['cmn', '230'], en: ['en', '165'] } as const;
/** Raised when the making itself changes, so that old files are made again. */
const MAKING = 2;
const CURRENT_FILE = 'made-from.json';
const SPEAK_TIMEOUT_MS = 30_000;

export interface PromptTexts {
  readonly [name: string]: { readonly zh: string; readonly en: string };
}
export interface PromptMaking {
  readonly prompts: PromptTexts;
  /** Gets `zh/<name>.wav`, `en/<name>.wav`, `hold-music.wav` and `ringback.wav`. */
  readonly outDir: string;
  /** An `outDir` of another machine that could speak; it need not be there. */
  readonly carried?: string;
  readonly log: (line: string) => void;
}

export interface PromptsMade {
  readonly made: number;
  readonly current: number;
  readonly signals: number;
}

/** @returns how many files were made, how many were current, how many are signals for want of a voice. @throws KeeplineError PROMPT_NOT_MADE */
export async function makePrompts({ prompts, outDir, carried, log }: PromptMaking): Promise<PromptsMade> {
  const speech = await canSpeak();
  const before = await readCurrent(outDir);
  // By what they say: a flow may give a text another name.
  const spoken = new Map(Object.entries(carried === undefined ? {} : await readCurrent(carried)).map(([file, from]) => [from, file]));
  const after: Record<string, string> = {};
  let made = 0;
  let signals = 0;
  const make = async (file: string, key: string, produce: () => Promise<Uint8Array>): Promise<void> => {
    const path = join(outDir, file);
    const wanted = madeFrom(key);
    after[file] = wanted;
    if (before[file] === wanted && (await isThere(path))) return;
    // Written beside and renamed: a gateway that starts meanwhile reads a whole file or the old one.
    await writeFile(`${path}.part`, await produce());
    await rename(`${path}.part`, path);
    made++;
  };

  try {
    for (const language of LANGUAGES) {
      await mkdir(join(outDir, language), { recursive: true });
      for (const [name, texts] of Object.entries(prompts)) {
        const text = texts[language];
        const speechKey = `${VOICES[language].join(' ')} ${text}`;
        const there = spoken.get(madeFrom(speechKey));
        const hasSpeech = speech || there !== undefined;
        if (!hasSpeech) signals++;
        const produce = async (): Promise<Uint8Array> => {
          if (carried !== undefined && there !== undefined) return readFile(join(carried, there));
          return speech ? speak(text, language) : writeWav(signalFor(`${language} ${name}`));
        };
        await make(join(language, `${name}.wav`), hasSpeech ? speechKey : `signal ${text}`, produce);
      }
    }
    await make('hold-music.wav', 'hold music', async () => writeWav(holdMusic()));
    await make('ringback.wav', 'ringback', async () => writeWav(ringback()));
    await writeFile(join(outDir, CURRENT_FILE), `${JSON.stringify(after, null, 2)}\n`);
  } catch (cause) {
    throw new KeeplineError('PROMPT_NOT_MADE', `prompts could not be made in ${outDir}: ${messageOf(cause)}`, {
      hint: 'Check that the folder can be written; try the voice by hand: espeak-ng -v cmn -w /tmp/try.wav "您好"',
      offending: outDir,
      cause,
    });
  }
  if (signals > 0)
    log(
      `espeak-ng or sox is missing: ${signals} prompt file(s) are tone signals instead of speech. Install: apt-get install -y espeak-ng sox`,
    );
  const current = Object.keys(after).length - made;
  if (made > 0) log(`${made} prompt file(s) made in ${outDir}, ${current} current`);
  return { made, current, signals };
}

const madeFrom = (key: string): string => createHash('sha256').update(`${MAKING} ${key}`).digest('hex');

async function speak(text: string, language: 'zh' | 'en'): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'keepline-speech-'));
  try {
    const [spoken, ready] = [join(folder, 'spoken.wav'), join(folder, 'ready.wav')];
    const [voice, speed] = VOICES[language];
    // After `--` nothing is an option, whatever the text begins with.
    await run('espeak-ng', ['-v', voice, '-s', speed, '-w', spoken, '--', text], { timeout: SPEAK_TIMEOUT_MS });
    // Telephone band, head room of 3 dB, and a breath at the end before the next prompt.
    const effects = ['highpass', '200', 'lowpass', '3400', 'norm', '-3', 'pad', '0', '0.3'];
    await run('sox', [spoken, '-r', '8000', '-c', '1', '-e', 'a-law', '-b', '8', ready, ...effects], { timeout: SPEAK_TIMEOUT_MS });
    return await readFile(ready);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function canSpeak(): Promise<boolean> {
  try {
    await Promise.all([
      run('espeak-ng', ['--version'], { timeout: SPEAK_TIMEOUT_MS }),
      run('sox', ['--version'], { timeout: SPEAK_TIMEOUT_MS }),
    ]);
    return true;
  } catch {
    return false;
  }
}

/** What each file was made from; empty when nothing has been made or the note is damaged. */
async function readCurrent(outDir: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const note: unknown = JSON.parse(await readFile(join(outDir, CURRENT_FILE), 'utf8'));
    return typeof note === 'object' && note !== null ? { ...note } : {};
  } catch {
    return {};
  }
}

async function isThere(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}
