/** The recorder thread dies or hangs under calls in progress: really, in its own thread. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import { newIdentity, recipientOf } from '@keepline/compliance/age';
import { systemClock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import { newId } from '@keepline/contracts/ids';
import { eventually } from '@keepline/testkit/eventually';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPlayback } from './playback.ts';
import { Recorder } from './recorder.ts';
import { openOn } from './testing/open-on.ts';

const BLOCK = 4000;
const SAID = 0x11;
const LIMIT_MS = 30_000;
const entry = new URL('./testing/mortal-worker.ts', import.meta.url);

describe('a recorder thread', () => {
  let home: TempDir;
  let dir: string;
  let identity: string;
  let recorder: Recorder;
  let faults: KeeplineError[];
  let fate: BroadcastChannel;
  beforeEach(async () => {
    home = tempDir();
    dir = join(home.path, 'recordings');
    identity = await newIdentity();
    faults = [];
    const onFault = (fault: KeeplineError): void => void faults.push(fault);
    recorder = await Recorder.start({ dir, recipient: await recipientOf(identity), minFreeBytes: 0, clock: systemClock, onFault, entry });
    fate = new BroadcastChannel(`recorder-fate-${process.pid}`);
  });
  afterEach(async () => {
    fate.close();
    await recorder.close();
    home.remove();
  });

  const audio = (startSample: number) => ({ kind: 'audio', startSample, alaw: new Uint8Array(BLOCK * 2).fill(SAID) }) as const;
  async function soundOf(file: string, id: `rec-${string}`, sha256: string): Promise<Buffer> {
    const source = await openPlayback(dir, { id, file, sha256 }, identity);
    const parts: Buffer[] = [];
    for await (const part of source.chunks()) parts.push(part);
    await source.close();
    return Buffer.concat(parts).subarray(58);
  }

  it.each(['die', 'hang'])(
    'that does %s: what it wrote is kept and named, new calls are refused, and another takes its place',
    async (how) => {
      const id = newId('rec', Date.now());
      const { port, finished } = await openOn(recorder, id);
      for (let at = 0; at < 10 * BLOCK; at += BLOCK) port.postMessage(audio(at));
      await eventually('it is on disk', () => readFileSync(join(dir, `${id}.tail`)).length > 20 * BLOCK, LIMIT_MS);
      fate.postMessage(how);

      const result = await finished;
      expect(result).toMatchObject({ outcome: 'interrupted', file: `${id}.wav.age.part`, samples: 10 * BLOCK });
      expect(result.why).toContain(`the recorder thread ended during the call: ${how === 'die' ? 'exit code 1' : 'it hung for 4 s'}`);
      expect((await soundOf(result.file, id, '')).equals(Buffer.alloc(20 * BLOCK, SAID))).toBe(true);
      expect(recorder.accepting()).toMatchObject({ ok: false, why: { code: 'RECORDER_UNWELL' } });
      expect(faults.map(({ code }) => code)).toEqual(['RECORDER_DIED']);

      // A call that was being answered in this moment waits for the next thread and loses nothing of its sound.
      const next = newId('rec', Date.now());
      const waiting = openOn(recorder, next);
      const { port: on, finished: end } = await waiting;
      on.postMessage(audio(0));
      on.postMessage({ kind: 'end', samples: BLOCK });
      expect(await end).toMatchObject({ outcome: 'complete', samples: BLOCK });
      expect(recorder.accepting()).toEqual({ ok: true });
      expect(recorder.threadsStarted).toBe(2);
    },
  );

  it('is silent from where it was told before the file was made', async () => {
    fate.postMessage('die');
    await eventually('it is gone', () => !recorder.accepting().ok, LIMIT_MS);
    const id = newId('rec', Date.now());
    const { port1, port2 } = new MessageChannel();
    const recording = recorder.open(id, port2 as never);
    recording.silence(0);
    port1.postMessage(audio(0));
    port1.postMessage(audio(BLOCK));
    port1.postMessage({ kind: 'end', samples: 2 * BLOCK });
    await recording.opened;
    const { file, sha256 } = await recording.finished;
    expect(new Set(await soundOf(file, id, sha256))).toEqual(new Set([0xd5]));
  });

  it('that dies again soon after is replaced after a pause, and again', async () => {
    fate.postMessage('die');
    await eventually('another one runs', () => recorder.threadsStarted === 2 && recorder.accepting().ok, LIMIT_MS);
    fate.postMessage('die');
    await eventually('it is gone', () => !recorder.accepting().ok, LIMIT_MS);
    expect(recorder.threadsStarted).toBe(2);
    await eventually('the third runs', () => recorder.accepting().ok, LIMIT_MS);
    expect(faults.map(({ code }) => code)).toEqual(['RECORDER_DIED', 'RECORDER_DIED']);
  });
});
