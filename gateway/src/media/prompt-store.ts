/**
 * The prompts of the site, read once at start into shared memory, so that all worker threads play from the same bytes.
 * A prompt is `<folder>/<language>/<name>.wav`; sound without words (hold music) may lie in the folder itself.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PromptUnknown, PromptUnreadable } from './errors.ts';
import { readWav } from './prompt-sound.ts';

/** Name → A-law at 8 kHz; views of shared memory. */
export type Prompts = ReadonlyMap<string, Uint8Array>;

/** Prompts a site may have; each is a file of at most ten minutes. */
const PROMPTS_MAX = 1000;

export class PromptStore {
  readonly prompts: Prompts;
  readonly #folder: string;

  private constructor(folder: string, prompts: Prompts) {
    this.#folder = folder;
    this.prompts = prompts;
  }

  /** A folder that is missing holds no prompts. @throws PromptUnreadable */
  static async load(folder: string, language: string): Promise<PromptStore> {
    const prompts = new Map<string, Uint8Array>();
    for (const place of [folder, join(folder, language)]) {
      for (const file of (await filesOf(place)).slice(0, PROMPTS_MAX)) {
        const path = join(place, file);
        const reading = readWav(await readFile(path));
        if (!reading.ok) throw new PromptUnreadable(path, reading.why);
        const shared = new Uint8Array(new SharedArrayBuffer(reading.alaw.length));
        shared.set(reading.alaw);
        prompts.set(file.slice(0, -'.wav'.length), shared);
      }
    }
    return new PromptStore(folder, prompts);
  }

  /** @throws PromptUnknown for the first name that is not there */
  require(names: readonly string[]): void {
    for (const name of names) if (!this.prompts.has(name)) throw new PromptUnknown(name, this.#folder);
  }
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.wav')).map((entry) => entry.name);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw cause;
  }
}
