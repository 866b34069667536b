import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { decryptBytes, newIdentity, recipientOf } from '@keepline/compliance/age';
import { systemClock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import { newId, type RecordingId } from '@keepline/contracts/ids';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { peaksFromBytes } from './peaks.ts';
import { openPlayback } from './playback.ts';
import { Recorder } from './recorder.ts';
import { openOn } from './testing/open-on.ts';
import { wavHeader } from './wav.ts';

const BLOCK = 4000; // samples in 500 ms
let home: TempDir;
let dir = '';
let identity = '';
let recipient = '';
let recorder: Recorder;
let faults: KeeplineError[] = [];
const newRecording = (): RecordingId => newId('rec', Date.now());

const started = (minFreeBytes = 0): Promise<Recorder> =>
  Recorder.start({ dir, recipient, minFreeBytes, clock: systemClock, onFault: (fault) => faults.push(fault) });

beforeEach(async () => {
  home = tempDir();
  dir = join(home.path, 'recordings');
  identity = await newIdentity();
  recipient = await recipientOf(identity);
  faults = [];
  recorder = await started();
});
afterEach(async () => {
  await recorder.close();
  home.remove();
});

/** Audio in which each sample tells where it belongs. */
function pattern(startSample: number, samples: number): Uint8Array<ArrayBuffer> {
  const alaw = new Uint8Array(samples * 2);
  for (let i = 0; i < samples; i++) {
    alaw[2 * i] = (startSample + i) % 251;
    alaw[2 * i + 1] = Math.floor((startSample + i) / 251) % 256;
  }
  return alaw;
}

/** Records so many samples in blocks of half a second, as fast as the port takes them. */
async function record(id: RecordingId, samples: number) {
  const { port, finished } = await openOn(recorder, id);
  for (let at = 0; at < samples; at += BLOCK) {
    port.postMessage({ kind: 'audio', startSample: at, alaw: pattern(at, Math.min(BLOCK, samples - at)) });
    if (at % (BLOCK * 16) === 0) await new Promise((resolve) => setTimeout(resolve, 2)); // the queue bound is meant for live audio
  }
  port.postMessage({ kind: 'end', samples });
  port.close();
  return finished;
}

describe('a finished recording', () => {
  it.each([0, 1, BLOCK, 32_738, 32_739, 32_740, 65_507, 65_508, 3 * 32_768 + 17])(
    'of %i samples is a whole WAV with the sizes it has',
    async (samples) => {
      const id = newRecording();
      const result = await record(id, samples);
      expect(result).toMatchObject({ outcome: 'complete', file: `${id}.wav.age`, samples, durationMs: Math.round(samples / 8) });
      const file = readFileSync(join(dir, result.file));
      expect(result.bytes).toBe(file.length);
      expect(result.sha256).toBe(createHash('sha256').update(file).digest('hex'));
      const wav = await decryptBytes(file, identity);
      expect(wav.equals(Buffer.concat([wavHeader(samples), pattern(0, samples)]))).toBe(true);
      expect(readdirSync(dir)).toEqual([`${id}.peaks.age`, result.file]); // no journal and no part stay behind
      const peaks = peaksFromBytes(await decryptBytes(readFileSync(join(dir, `${id}.peaks.age`)), identity));
      expect(peaks?.left.length).toBe(Math.ceil(samples / 400));
      expect(statSync(join(dir, result.file)).mode & 0o777).toBe(0o600);
      expect(faults).toEqual([]);
    },
  );

  it('opens with the stock age tool and plays with sox, both channels in their place', async () => {
    for (const [tool, install] of [
      ['age', 'apt-get install age'],
      ['sox', 'apt-get install sox'],
    ] as const)
      if (spawnSync(tool, ['--version']).error) throw new Error(`${tool} is missing; install it with: ${install}`);
    const result = await record(newRecording(), 100_000);
    const keyFile = join(home.path, 'identity');
    const wav = join(home.path, 'call.wav');
    writeFileSync(keyFile, `${identity}\n`, { mode: 0o600 });
    execFileSync('age', ['-d', '-i', keyFile, '-o', wav, join(dir, result.file)]);
    const facts = spawnSync('sox', ['--i', wav], { encoding: 'utf8' }).stdout;
    expect(facts).toMatch(/Channels\s*: 2/);
    expect(facts).toMatch(/Sample Rate\s*: 8000/);
    expect(facts).toMatch(/100000 samples/);
    expect(facts).toMatch(/8-bit A-law/);
    const sox = spawnSync('sox', [wav, '-t', 'raw', '-e', 'a-law', '-'], { maxBuffer: 1e7 });
    expect(sox.stderr.toString()).toBe('');
    expect(sox.stdout.equals(pattern(0, 100_000))).toBe(true);
  });

  it('is refused when its file is not the one the ledger was closed with, even if it decrypts', async () => {
    const [id, other] = [newRecording(), newRecording()];
    const [mine, forged] = [await record(id, 5000), await record(other, 5000)];
    await expect(openPlayback(dir, { id, file: forged.file, sha256: mine.sha256 }, identity)).rejects.toMatchObject({
      code: 'RECORDING_CHANGED',
    });
    await expect(openPlayback(dir, { id, file: 'gone.wav.age', sha256: mine.sha256 }, identity)).rejects.toMatchObject({
      code: 'RECORDING_FILE_GONE',
    });
  });
});

describe('the recorder', () => {
  it('keeps time with silence where audio never came, and says so', async () => {
    const id = newRecording();
    const { port, finished } = await openOn(recorder, id);
    port.postMessage({ kind: 'audio', startSample: 0, alaw: pattern(0, 10) });
    port.postMessage({ kind: 'audio', startSample: 40_000, alaw: pattern(40_000, 10) });
    port.postMessage({ kind: 'end', samples: 40_018 });
    const result = await finished;
    expect(result).toMatchObject({ outcome: 'failed', samples: 40_018, file: `${id}.wav.age` });
    expect(result.why).toBe(`${Math.round((39_990 + 8) / 8)} ms of audio were dropped`);
    const wav = await decryptBytes(readFileSync(join(dir, result.file)), identity);
    const silence = (samples: number) => Buffer.alloc(samples * 2, 0xd5);
    expect(wav.subarray(58).equals(Buffer.concat([pattern(0, 10), silence(39_990), pattern(40_000, 10), silence(8)]))).toBe(true);
  });

  it('takes no audio twice and ignores what cannot be a position', async () => {
    const { port, finished } = await openOn(recorder, newRecording());
    for (const startSample of [0, 0, 5, -1, 0.5, Number.NaN, 2 ** 40])
      port.postMessage({ kind: 'audio', startSample, alaw: pattern(0, 10) });
    port.postMessage({ kind: 'end', samples: 15 });
    const result = await finished;
    expect(result).toMatchObject({ outcome: 'complete', samples: 15 });
    const wav = await decryptBytes(readFileSync(join(dir, result.file)), identity);
    expect([...wav.subarray(58)]).toEqual([...pattern(0, 10), ...pattern(0, 10).subarray(10)]);
  });

  it('makes a whole file of a recording whose sender died, and says why it is not complete', async () => {
    const { port, finished } = await openOn(recorder, newRecording());
    port.postMessage({ kind: 'audio', startSample: 0, alaw: pattern(0, BLOCK) });
    port.close();
    const result = await finished;
    expect(result).toMatchObject({ outcome: 'failed', samples: BLOCK, why: 'the sender of the audio went away' });
    expect((await decryptBytes(readFileSync(join(dir, result.file)), identity)).length).toBe(58 + 2 * BLOCK);
  });

  it('finishes what is open when it is closed, and takes nothing afterwards', async () => {
    const { port, finished } = await openOn(recorder, newRecording());
    port.postMessage({ kind: 'audio', startSample: 0, alaw: pattern(0, BLOCK) });
    await recorder.close();
    await expect(finished).resolves.toMatchObject({ outcome: 'failed', why: 'the recorder was closed during the call' });
    expect(recorder.accepting()).toMatchObject({ ok: false, why: { code: 'RECORDER_UNWELL' } });
    await expect(openOn(recorder, newRecording())).rejects.toMatchObject({ code: 'RECORDER_UNWELL' });
  });

  it('refuses calls before the disk is full', async () => {
    expect(recorder.accepting()).toEqual({ ok: true });
    const strict = await started(Number.MAX_SAFE_INTEGER);
    expect(strict.accepting()).toMatchObject({ ok: false, why: { code: 'RECORDING_DISK_LOW' } });
    await strict.close();
  });

  it('encrypts each recording to the recipient in use when it began', async () => {
    let inUse = recipient;
    const rotated = await Recorder.start({
      ...{ dir, minFreeBytes: 0, clock: systemClock, onFault: (fault) => faults.push(fault) },
      get recipient() {
        return inUse;
      },
    });
    const next = await newIdentity();
    const [before, after] = [newRecording(), newRecording()];
    const first = await openOn(rotated, before);
    inUse = await recipientOf(next);
    const second = await openOn(rotated, after);
    for (const { port } of [first, second]) {
      port.postMessage({ kind: 'audio', startSample: 0, alaw: pattern(0, 800) });
      port.postMessage({ kind: 'end', samples: 800 });
      port.close();
    }
    const files = await Promise.all([first.finished, second.finished]);
    const [one = Buffer.alloc(0), two = Buffer.alloc(0)] = files.map(({ file }) => readFileSync(join(dir, file)));
    expect((await decryptBytes(one, identity)).length).toBe((await decryptBytes(two, next)).length);
    await expect(decryptBytes(two, identity)).rejects.toMatchObject({ code: 'AGE_NO_MATCH' });
    await rotated.close();
    expect(faults).toEqual([]);
  });

  it('does not start for a recipient it cannot encrypt to', async () => {
    recipient = 'age1wrong';
    await expect(started()).rejects.toMatchObject({ code: 'RECORDER_UNWELL' });
  });

  it('refuses an id that has a file already: a recording is never written over', async () => {
    const id = newRecording();
    await record(id, 10);
    writeFileSync(join(dir, `${id}.wav.age.part`), 'x');
    await expect(openOn(recorder, id)).rejects.toMatchObject({ code: 'RECORDING_NOT_OPENED' });
    expect(readFileSync(join(dir, `${id}.wav.age.part`), 'utf8')).toBe('x');
  });

  it('keeps many calls apart', async () => {
    const lengths = Array.from({ length: 40 }, (_, i) => 30_000 + i * 811);
    const results = await Promise.all(lengths.map((samples) => record(newRecording(), samples)));
    for (const [i, result] of results.entries()) {
      expect(result.outcome).toBe('complete');
      const wav = await decryptBytes(readFileSync(join(dir, result.file)), identity);
      expect(wav.subarray(58).equals(pattern(0, lengths[i] ?? 0))).toBe(true);
    }
  });
});
