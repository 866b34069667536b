import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BroadcastChannel, type MessagePort } from 'node:worker_threads';
import { decryptBytes, newIdentity, recipientOf } from '@keepline/compliance/age';
import { systemClock } from '@keepline/contracts/clock';
import type { CallId } from '@keepline/contracts/ids';
import { eventually } from '@keepline/testkit/eventually';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallAudio } from '../calls/call-audio.ts';
import type { Leg } from '../calls/leg.ts';
import { EventLog } from '../events/event-log.ts';
import { listRows, readLedger } from '../recording/ledger.ts';
import { pausesOf } from '../recording/pauses.ts';
import { Recorder } from '../recording/recorder.ts';
import { Store } from '../store/store.ts';
import { allTables } from '../store/tables/all.ts';
import type { Taping } from './house.ts';
import { tapeOf } from './tape.ts';
import { columnsOfTest } from '../store/testing/columns.ts';

const CALL: CallId = 'call-1';

describe('the tape of a call that cannot be recorded', () => {
  const clock = new FakeClock();
  let home: TempDir;
  let store: Store;
  let told: unknown[];
  let tape: Taping;
  beforeEach(async () => {
    home = tempDir();
    store = await Store.open(join(home.path, 'main.db'), allTables, { columns: await columnsOfTest() });
    told = [];
    const never = new Promise<never>(() => {});
    const nothing = { finished: never, lost: never, silence: () => {}, sound: () => {} };
    const recorder = { open: () => ({ opened: Promise.reject(new Error('no disk')), ...nothing }) };
    const events = new EventLog({ store, clock });
    tape = tapeOf(
      { recorder, store, events, clock, onFault: (fault) => told.push(fault), maxPauseMs: 1000, auditResume: async () => {} },
      CALL,
      'li',
    );
  });
  afterEach(async () => {
    await store.close();
    home.remove();
  });

  it('closes its row as failed with the reason, when the file cannot be made (law 5)', async () => {
    await store.write((tx) => tape.openRow(tx));
    expect(await tape.open()).toBe(false);
    await tape.close();
    expect(await listRows(store.read, 10)).toMatchObject([{ callId: CALL, state: 'failed', file: null, why: 'no disk' }]);
    expect(told).toHaveLength(1);
  });

  it('leaves a recorded reason, when not even the row could be opened', async () => {
    await tape.close();
    const { rows, reasons } = await readLedger(store.read, 0);
    expect(rows).toEqual([]);
    expect(reasons).toMatchObject([{ callId: CALL, reason: 'the ledger row could not be opened' }]);
  });
});

describe('a pause around a card number', () => {
  const clock = new FakeClock();
  const SAID = 0x11;
  let home: TempDir;
  let store: Store;
  let recorder: Recorder;
  let sink: MessagePort | undefined;
  let identity = '';
  let tape: Taping;
  let resumedBySite: string[];
  let told: string[];

  beforeEach(async () => {
    home = tempDir();
    store = await Store.open(join(home.path, 'main.db'), allTables);
    identity = await newIdentity();
    const onFault = (fault: unknown): never => {
      throw fault;
    };
    const dir = join(home.path, 'recordings');
    recorder = await Recorder.start({ dir, recipient: await recipientOf(identity), minFreeBytes: 0, clock: systemClock, onFault });
    resumedBySite = [];
    told = [];
    const auditResume = async (id: string): Promise<void> => void resumedBySite.push(id);
    const events = new EventLog({ store, clock });
    tape = tapeOf({ recorder, store, events, clock, onFault, maxPauseMs: 10_000, auditResume }, CALL, 'li');
    tape.onPause((untilMs, ranOut) => told.push(`${untilMs > 0 ? 'paused' : 'recording'}${ranOut ? ', ran out' : ''}`));
    const audio: Pick<CallAudio, 'startRecording' | 'stopRecording'> = {
      startRecording: (_left, _right, port) => (sink = port),
      async stopRecording() {
        sink?.postMessage({ kind: 'end', samples: 0 });
      },
    };
    const nobody: Partial<Leg> = {};
    tape.listen(audio as CallAudio, nobody as Leg, nobody as Leg);
    await store.write((tx) => tape.openRow(tx));
    await tape.open();
  });
  afterEach(async () => {
    await recorder.close();
    await store.close();
    home.remove();
  });

  /** Both talk for so many seconds, in blocks of half a second that come when they are over, as from the edge. */
  let saidSamples = 0;
  beforeEach(() => (saidSamples = 0));
  async function talk(seconds: number): Promise<void> {
    for (let i = 0; i < seconds * 2; i++) {
      clock.advance(500);
      sink?.postMessage({ kind: 'audio', startSample: saidSamples, alaw: new Uint8Array(8000).fill(SAID) });
      saidSamples += 4000;
      await new Promise((resolve) => setTimeout(resolve, 2)); // the queue bound is meant for live audio
    }
  }
  /** What is on the tape, a letter for each second: S for silence on both sides, t for talk. */
  async function onTape(): Promise<string> {
    const wav = await decryptBytes(readFileSync(join(home.path, 'recordings', `${tape.recordingId}.wav.age`)), identity);
    const seconds = Math.round((wav.length - 58) / 16_000);
    return Array.from({ length: seconds }, (_, second) => {
      const heard = new Set(wav.subarray(58 + second * 16_000 + 2000, 58 + (second + 1) * 16_000 - 6000));
      return heard.size > 1 ? '?' : heard.has(SAID) ? 't' : 'S';
    }).join('');
  }
  const events = async (): Promise<string[]> =>
    (await store.read.all<{ type: string }>(`SELECT type FROM event_log WHERE type LIKE 'recording.%' ORDER BY number`)).map(
      ({ type }) => type,
    );

  it('is silence on both channels, in its place on the time line, in ledger and events', async () => {
    await talk(3);
    await tape.pause();
    await talk(2);
    await tape.resume();
    await talk(2);
    await tape.close();
    expect(await onTape()).toBe('tttSStt');
    expect(await pausesOf(store.read, tape.recordingId)).toEqual([{ fromMs: 3000, toMs: 5000, by: 'agent', resumedBy: 'agent' }]);
    expect(await events()).toEqual(['recording.opened', 'recording.paused', 'recording.resumed', 'recording.closed']);
    expect(told).toEqual(['paused', 'recording']);
  });

  it('ends by itself when it was forgotten, audited, and the agent is told', async () => {
    await talk(1);
    await tape.pause();
    await talk(10);
    await eventually('the site has resumed it', () => told.length === 2);
    await talk(2);
    await tape.close();
    expect(told).toEqual(['paused', 'recording, ran out']);
    expect(resumedBySite).toEqual([tape.recordingId]);
    expect(await pausesOf(store.read, tape.recordingId)).toMatchObject([{ fromMs: 1000, toMs: 11_000, resumedBy: 'limit' }]);
    expect((await onTape()).slice(-3)).toMatch(/^Stt$/);
  });

  it('is closed with the recording, when the call ends or is passed on meanwhile', async () => {
    await talk(1);
    await tape.pause();
    await talk(2);
    await tape.close();
    expect(await onTape()).toBe('tSS');
    expect(await pausesOf(store.read, tape.recordingId)).toMatchObject([{ fromMs: 1000, toMs: 3000, resumedBy: 'end' }]);
  });

  it('is refused twice, and so is a resume of what goes on', async () => {
    await expect(tape.resume()).rejects.toMatchObject({ code: 'RECORDING_PAUSE_REFUSED' });
    await tape.pause();
    await expect(tape.pause()).rejects.toMatchObject({ code: 'RECORDING_PAUSE_REFUSED' });
    await tape.close();
  });
});

describe('a call whose recorder thread dies', () => {
  it('goes on in a new part, paused as before, and the ledger has both', async () => {
    const home = tempDir();
    const dir = join(home.path, 'recordings');
    const identity = await newIdentity();
    const store = await Store.open(join(home.path, 'main.db'), allTables, { columns: await columnsOfTest() });
    const told: unknown[] = [];
    const onFault = (fault: unknown): void => void told.push(fault);
    const recorder = await Recorder.start({
      ...{ dir, recipient: await recipientOf(identity), minFreeBytes: 0, clock: systemClock, onFault },
      entry: new URL('../recording/testing/mortal-worker.ts', import.meta.url),
    });
    const fate = new BroadcastChannel(`recorder-fate-${process.pid}`);
    const sinks: MessagePort[] = [];
    const audio: Pick<CallAudio, 'startRecording' | 'stopRecording'> = {
      startRecording: (_left, _right, port) => void sinks.push(port),
      stopRecording: async () => sinks.at(-1)?.postMessage({ kind: 'end', samples: 8000 }),
    };
    const say = (startSample: number): void =>
      sinks.at(-1)?.postMessage({ kind: 'audio', startSample, alaw: new Uint8Array(8000).fill(0x11) });
    try {
      const clock = new FakeClock();
      const events = new EventLog({ store, clock });
      const parts = { recorder, store, events, clock, onFault, maxPauseMs: 600_000, auditResume: async () => {} };
      const tape = tapeOf(parts, CALL, 'li');
      const nobody = {} as Leg;
      tape.listen(audio as CallAudio, nobody, nobody);
      await store.write((tx) => tape.openRow(tx));
      await tape.open();
      const first = tape.recordingId;
      say(0);
      clock.advance(500);
      await tape.pause('flow');
      await eventually('it is on disk', () => readFileSync(join(dir, `${first}.tail`)).length > 8000, 30_000);

      fate.postMessage('die');
      await eventually('another part begins', () => sinks.length === 2, 30_000);
      say(0); // a digit, said before the next thread runs
      await expect(tape.resume('agent')).rejects.toMatchObject({ code: 'RECORDING_PAUSE_REFUSED' });
      say(4000);
      clock.advance(1000);
      const second = tape.recordingId;
      await tape.close();

      const rows = (await listRows(store.read, 10)).toSorted((a, b) => a.openedAtMs - b.openedAtMs);
      expect(rows).toMatchObject([
        { id: first, state: 'interrupted', samples: 4000, why: 'the recorder thread ended during the call: exit code 1' },
        { id: second, state: 'complete', samples: 8000, why: null },
      ]);
      const wav = await decryptBytes(readFileSync(join(dir, `${second}.wav.age`)), identity);
      expect(new Set(wav.subarray(58))).toEqual(new Set([0xd5])); // nothing but silence: the pause went on
      expect(await pausesOf(store.read, first)).toMatchObject([{ by: 'flow', resumedBy: 'end' }]);
      expect(await pausesOf(store.read, second)).toMatchObject([{ fromMs: 0, by: 'flow', resumedBy: 'end' }]);
      const types = await store.read.all<{ type: string }>(`SELECT type FROM event_log WHERE type LIKE 'recording.%' ORDER BY number`);
      const part = ['recording.opened', 'recording.paused', 'recording.resumed', 'recording.closed'];
      expect(types.map(({ type }) => type)).toEqual([...part, ...part]);
      expect(told).toMatchObject([{ code: 'RECORDER_DIED' }]);
    } finally {
      fate.close();
      await recorder.close();
      await store.close();
      home.remove();
    }
  });
});
