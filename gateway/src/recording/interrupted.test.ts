import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { newIdentity, recipientOf } from '@keepline/compliance/age';
import { newId, type RecordingId } from '@keepline/contracts/ids';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureInterrupted, openInterrupted } from './interrupted.ts';
import { wavHeader } from './wav.ts';

const VICTIM = fileURLToPath(new URL('./recorder-victim.ts', import.meta.url));
/** One second: the promise of architecture §6. */
const LOST_MAX = 8000;
let home: TempDir;
let dir = '';
let identity = '';
let recipient = '';

beforeAll(async () => {
  home = tempDir();
  dir = join(home.path, 'recordings');
  identity = await newIdentity();
  recipient = await recipientOf(identity);
});
afterAll(() => home.remove());

function victim(id: RecordingId, atOnce: number, limitKilobytes?: number): ChildProcessWithoutNullStreams {
  const node = [process.execPath, VICTIM, dir, recipient, id, String(atOnce)];
  // The shell's limit on file sizes: writes beyond it fail with EFBIG, as on a disk that is full.
  const script = limitKilobytes === undefined ? 'exec "$@"' : `ulimit -f ${limitKilobytes * 2}; exec "$@"`;
  return spawn('sh', ['-c', script, 'sh', ...node]);
}

/** Kills the process once it has handed over so many samples; returns how many it had when it died. */
async function killAfter(id: RecordingId, samples: number): Promise<number> {
  const child = victim(id, samples - 16_000);
  let posted = 0;
  for await (const line of createInterface(child.stdout)) {
    posted = Number(/^posted (\d+)$/.exec(line)?.[1] ?? posted);
    if (posted >= samples) child.kill('SIGKILL');
  }
  return posted;
}

async function joined(id: RecordingId, key = identity): Promise<{ wav: Buffer; samples: number }> {
  const source = await openInterrupted(dir, id, key);
  const parts: Buffer[] = [];
  for await (const part of source.chunks()) parts.push(Buffer.from(part));
  await source.close();
  return { wav: Buffer.concat(parts), samples: source.samples };
}

function pattern(samples: number): Buffer {
  const alaw = Buffer.alloc(samples * 2);
  for (let i = 0; i < samples; i++) {
    alaw[2 * i] = i % 251;
    alaw[2 * i + 1] = Math.floor(i / 251) % 256;
  }
  return alaw;
}

describe('a recording whose gateway was killed with SIGKILL', () => {
  it.each([
    ['in chunk 0, which is nowhere but in the journal', 20_000],
    ['when chunk 0 has just become full', 33_000],
    ['in chunk 2', 80_000],
    ['in chunk 4, when the slots of the journal have been used again', 150_000],
  ])('is whole up to the last second when killed %s', async (_when, samples) => {
    const id = newId('rec', Date.now());
    const posted = await killAfter(id, samples);
    const { wav, samples: found } = await joined(id);
    expect(found).toBeGreaterThanOrEqual(posted - LOST_MAX);
    expect(wav.equals(Buffer.concat([wavHeader(found), pattern(found)]))).toBe(true);
    // The ledger tells the same length without the key.
    expect(await measureInterrupted(dir, id)).toEqual({ samples: found, bytes: statSync(join(dir, `${id}.wav.age.part`)).size });
  });

  it('does not open with another identity', async () => {
    const id = newId('rec', Date.now());
    await killAfter(id, 20_000);
    await expect(joined(id, await newIdentity())).rejects.toMatchObject({ code: 'AGE_NO_MATCH' });
  });

  it('gives what is left after its files were cut anywhere, and never other audio', async () => {
    const id = newId('rec', Date.now());
    await killAfter(id, 80_000);
    const [part, tail] = [join(dir, `${id}.wav.age.part`), join(dir, `${id}.tail`)];
    copyFileSync(part, `${part}.copy`);
    copyFileSync(tail, `${tail}.copy`);
    const whole = await joined(id);
    const head = 400; // beyond headers and nonces
    for (let cut = 0; cut < 40; cut++) {
      copyFileSync(`${part}.copy`, part);
      copyFileSync(`${tail}.copy`, tail);
      const [path, size] = cut % 2 === 0 ? [part, statSync(part).size] : [tail, statSync(tail).size];
      truncateSync(path, head + Math.floor(((size - head) * cut) / 40));
      const { wav, samples } = await joined(id);
      expect(samples).toBeLessThanOrEqual(whole.samples);
      const pure = wav.subarray(58).every((byte, i) => byte === 0xd5 || byte === whole.wav[58 + i]);
      expect(pure).toBe(true);
    }
    renameSync(`${part}.copy`, part);
    rmSync(tail);
    const { samples } = await joined(id);
    expect(samples).toBe(2 * 32_768 - 29); // without a journal: chunk 1 is there, chunk 0 is silence
    renameSync(`${tail}.copy`, tail);
  });

  it('takes no frame of another recording, although both are for the same identity', async () => {
    const [mine, other] = [newId('rec', Date.now()), newId('rec', Date.now())];
    await Promise.all([killAfter(mine, 20_000), killAfter(other, 20_000)]);
    copyFileSync(join(dir, `${other}.tail`), join(dir, `${mine}.tail`));
    expect((await joined(mine)).samples).toBe(0);
  });

  it('with a changed byte in the journal ends before it', async () => {
    const id = newId('rec', Date.now());
    await killAfter(id, 20_000);
    const tail = join(dir, `${id}.tail`);
    const bytes = readFileSync(tail);
    const at = 216 + 8036 + 100; // in the second frame: behind header, nonce and one frame of 500 ms
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(tail, bytes);
    const { wav, samples } = await joined(id);
    expect(samples).toBe(4000);
    expect(wav.subarray(58).equals(pattern(4000))).toBe(true);
  });
});

describe('a recording on a disk that takes no more', () => {
  it('keeps what was written, tells of the fault once, and the process lives', async () => {
    const id = newId('rec', Date.now());
    const child = victim(id, 60_000, 230); // the journal's slot 2 starts at 256 KiB: the limit hits in chunk 2
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const faults: string[] = [];
    let posted = 0;
    while (posted < 120_000) {
      const { value, done } = await lines.next();
      if (done) throw new Error('the process died of the full disk');
      if (value.startsWith('fault')) faults.push(value);
      posted = Number(/^posted (\d+)$/.exec(value)?.[1] ?? posted);
    }
    expect(faults).toEqual(['fault RECORDING_WRITE_FAILED']);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { wav, samples } = await joined(id);
    expect(samples).toBeGreaterThanOrEqual(2 * 32_768 - 29);
    expect(wav.subarray(58).equals(pattern(samples))).toBe(true);
  });
});
