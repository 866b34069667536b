import { decryptBytes, newIdentity, recipientOf } from '@keepline/compliance/age';
import type { KeeplineError } from '@keepline/contracts/errors';
import { newId } from '@keepline/contracts/ids';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RecordingDisk } from './recording-disk.ts';
import { QUEUE_MAX_BYTES, RecordingFile, RETRIES_MAX, RETRY_MS } from './recording-file.ts';
import type { RecordingResult } from './recorder-messages.ts';
import { SLOT_BYTES } from './tail-journal.ts';
import { durationMs } from './wav.ts';

const id = newId('rec', 0);
const BLOCK = 4000;
let identity = '';
let recipient = '';
let clock: FakeClock;
let disk: FakeDisk;
let faults: KeeplineError[] = [];

/** A disk in memory that can fail, stall, and lose what a sync did not confirm. */
class FakeDisk implements RecordingDisk {
  readonly files = new Map<string, Buffer>();
  readonly steps: string[] = [];
  fault: string | undefined;
  syncFault: string | undefined;
  readFault: string | undefined;
  stalled: PromiseWithResolvers<void> | undefined;

  async create(path: string) {
    this.files.set(path, Buffer.alloc(0));
    return {
      write: async (bytes: Uint8Array, offset: number) => {
        await this.stalled?.promise;
        if (this.fault !== undefined) throw new Error(this.fault);
        const before = this.#file(path);
        const after = Buffer.alloc(Math.max(before.length, offset + bytes.length));
        before.copy(after);
        after.set(bytes, offset);
        this.files.set(path, after);
        this.steps.push(`write ${path}`);
      },
      read: async (length: number, offset: number) => {
        await this.stalled?.promise;
        if (this.readFault !== undefined) throw new Error(this.readFault);
        return Buffer.from(this.#file(path).subarray(offset, offset + length));
      },
      sync: async () => {
        if (this.syncFault !== undefined) throw new Error(this.syncFault);
        this.steps.push(`sync ${path}`);
      },
      close: async () => void this.steps.push(`close ${path}`),
    };
  }
  async rename(from: string, to: string) {
    this.steps.push(`rename ${from}`);
    this.files.set(to, this.#file(from));
    this.files.delete(from);
  }
  async remove(path: string) {
    this.steps.push(`remove ${path}`);
    this.files.delete(path);
  }
  async digest(path: string) {
    return { bytes: this.#file(path).length, sha256: 'f'.repeat(64) };
  }
  async freeBytes() {
    return 1e12;
  }
  #file(path: string): Buffer {
    return this.files.get(path) ?? Buffer.alloc(0);
  }
}

const audio = (startSample: number) => ({ kind: 'audio', startSample, alaw: new Uint8Array(BLOCK * 2).fill(7) }) as const;
const created = (): Promise<RecordingFile> =>
  RecordingFile.create(id, { dir: '', recipient, disk, clock, onFault: (fault) => faults.push(fault) });
/** Turns the clock until the recording is over. */
async function end(file: RecordingFile): Promise<RecordingResult> {
  const over = file.finished.then(() => true);
  for (let i = 0; i < 1000; i++) if (await Promise.race([over, clock.advanceAsync(RETRY_MS).then(() => false)])) break;
  return file.finished;
}
const settled = (): Promise<void> => clock.advanceAsync(0);

beforeEach(async () => {
  identity = await newIdentity();
  recipient = await recipientOf(identity);
  clock = new FakeClock();
  disk = new FakeDisk();
  faults = [];
});

describe('a recording on its way to the disk', () => {
  it('gets its final name only after its bytes are durable, and loses its journal only after that', async () => {
    const file = await created();
    file.take(audio(0));
    file.take({ kind: 'end', samples: BLOCK });
    expect((await end(file)).outcome).toBe('complete');
    const last = disk.steps.filter((step) => !step.startsWith('write')).join(', ');
    expect(last).toBe(
      `sync ${id}.wav.age.part, close ${id}.wav.age.part, close ${id}.tail, rename ${id}.wav.age.part, remove ${id}.tail, close ${id}.peaks.age`,
    );
  });

  it('comes through a disk that fails for a while, without a sample lost', async () => {
    const file = await created();
    file.take(audio(0));
    await settled();
    disk.fault = 'ENOSPC';
    for (let i = 1; i < 12; i++) file.take(audio(i * BLOCK));
    await clock.advanceAsync(20 * RETRY_MS);
    disk.fault = undefined;
    file.take({ kind: 'end', samples: 12 * BLOCK });
    const result = await end(file);
    expect(result).toMatchObject({ outcome: 'complete', samples: 12 * BLOCK });
    const wav = await decryptBytes(disk.files.get(`${id}.wav.age`) ?? Buffer.alloc(0), identity);
    expect(wav.subarray(58).every((byte) => byte === 7)).toBe(true);
    expect(faults.map(({ code }) => code)).toEqual(['RECORDING_WRITE_FAILED']); // once, not per try
  });

  it('gives up on a disk that never recovers, leaves its files, and says why', async () => {
    const file = await created();
    file.take(audio(0));
    await settled();
    disk.fault = 'EIO: i/o error';
    file.take(audio(BLOCK));
    await clock.advanceAsync(RETRIES_MAX * RETRY_MS - 1);
    expect(disk.steps.filter((step) => step.startsWith('close'))).toEqual([]);
    expect(await end(file)).toMatchObject({ outcome: 'failed', file: `${id}.wav.age.part`, sha256: '', why: 'EIO: i/o error' });
    expect([...disk.files.keys()]).toEqual([`${id}.wav.age.part`, `${id}.tail`]);
    file.take(audio(2 * BLOCK)); // audio for a recording that is over is not kept anywhere
    expect(clock.pending).toBe(0);
  });

  it('holds a bounded amount while the disk stalls, then drops the newest, keeps time, and counts what is missing', async () => {
    const file = await created();
    disk.stalled = Promise.withResolvers();
    const fits = Math.floor(QUEUE_MAX_BYTES / (BLOCK * 2));
    const blocks = fits + 10;
    for (let i = 0; i < blocks; i++) file.take(audio(i * BLOCK));
    disk.stalled.resolve();
    await settled();
    file.take({ kind: 'end', samples: blocks * BLOCK });
    const result = await end(file);
    const missing = durationMs((blocks - fits) * BLOCK);
    expect(result).toMatchObject({ outcome: 'failed', samples: blocks * BLOCK, why: `${missing} ms of audio were dropped` });
    expect(faults.map(({ code }) => code)).toEqual(['RECORDING_AUDIO_DROPPED']);
    const wav = await decryptBytes(disk.files.get(`${id}.wav.age`) ?? Buffer.alloc(0), identity);
    expect(wav.subarray(58, 58 + fits * BLOCK * 2).every((byte) => byte === 7)).toBe(true);
    expect(wav.subarray(58 + fits * BLOCK * 2).every((byte) => byte === 0xd5)).toBe(true);
  });

  it('reads its chunks back from the journal: again after a fault of the disk, and never as a whole file when a byte there has changed', async () => {
    const waits = await created();
    for (let i = 0; i < 12; i++) waits.take(audio(i * BLOCK)); // chunk 0 and a part of chunk 1
    await settled();
    disk.readFault = 'EIO';
    waits.take({ kind: 'end', samples: 12 * BLOCK });
    await clock.advanceAsync(3 * RETRY_MS);
    disk.readFault = undefined;
    expect(await end(waits)).toMatchObject({ outcome: 'complete', samples: 12 * BLOCK });
    const wav = await decryptBytes(disk.files.get(`${id}.wav.age`) ?? Buffer.alloc(0), identity);
    expect(wav.subarray(58).every((byte) => byte === 7)).toBe(true);

    const changed = await created();
    for (let i = 0; i < 12; i++) changed.take(audio(i * BLOCK));
    await settled();
    const journal = disk.files.get(`${id}.tail`) ?? Buffer.alloc(0);
    journal.writeUInt8(journal.readUInt8(journal.length - 1) ^ 1, journal.length - 1); // in the last frame, of chunk 1
    changed.take({ kind: 'end', samples: 12 * BLOCK });
    expect(await end(changed)).toMatchObject({ outcome: 'failed', why: 'the journal gives back 3 of its frames of chunk 1' });
    expect(disk.files.has(`${id}.tail`)).toBe(true);
  });

  it('says what its journal had no room for, and keeps silence there', async () => {
    const file = await created();
    const samples = 10_000;
    // Blocks of an eighth of a millisecond, which no edge sends: the head of a frame is longer than its audio.
    for (let i = 0; i < samples; i++) file.take({ kind: 'audio', startSample: i, alaw: new Uint8Array(2).fill(7) });
    file.take({ kind: 'end', samples });
    const kept = Math.floor(SLOT_BYTES / 38);
    expect(await end(file)).toMatchObject({ outcome: 'failed', samples, why: `${durationMs(samples - kept)} ms of audio were dropped` });
    expect(faults.map(({ code }) => code)).toEqual(['RECORDING_AUDIO_DROPPED']);
    const wav = await decryptBytes(disk.files.get(`${id}.wav.age`) ?? Buffer.alloc(0), identity);
    expect(wav.subarray(58).findIndex((byte) => byte !== 7)).toBe(2 * kept);
  });

  it('is never called complete after a sync that failed, for the next one would not tell', async () => {
    const file = await created();
    disk.syncFault = 'EIO';
    for (let i = 0; i < 20; i++) file.take(audio(i * BLOCK));
    await settled();
    disk.syncFault = undefined;
    file.take({ kind: 'end', samples: 20 * BLOCK });
    expect(await end(file)).toMatchObject({ outcome: 'failed', file: `${id}.wav.age.part`, why: 'EIO' });
    expect(disk.files.has(`${id}.tail`)).toBe(true);
  });

  it('leaves nothing behind when it cannot be made', async () => {
    disk.fault = 'ENOSPC';
    await expect(created()).rejects.toThrow('ENOSPC');
    expect(disk.files.size).toBe(0);
  });
});
