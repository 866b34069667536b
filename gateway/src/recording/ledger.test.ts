import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encryptBytes, newIdentity, recipientOf } from '@keepline/compliance/age';
import { type CallId, newId, type RecordingId } from '@keepline/contracts/ids';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Store } from '../store/store.ts';
import { recordingTables } from '../store/tables/recordings.ts';
import { closeRow, findRow, listRows, openRow, readLedger, recordReason, leftOpen, recover } from './ledger.ts';
import { checkLedger, CLOSE_WITHIN_MS } from './ledger-check.ts';
import { openTalk, readTalks, type TalkRow } from './talks.ts';
import { wavHeader } from './wav.ts';

let home: TempDir;
let store: Store;
let clock: FakeClock;
/** Each a moment later than the one before: rows are recovered in the order of their ids. */
const rec = (): RecordingId => {
  clock.advance(1);
  return newId('rec', clock.now());
};
const call = (): CallId => newId('call', clock.now());
const done = { outcome: 'complete', file: 'f.wav.age', samples: 8000, durationMs: 1000, bytes: 16_274, sha256: 'ab' } as const;
const promise = (id: RecordingId, callId: CallId): Promise<void> =>
  store.write((tx) => openRow(tx, { id, callId, agentId: 'agent1', openedAtMs: clock.now() }));

beforeEach(async () => {
  home = tempDir();
  clock = new FakeClock();
  store = await Store.open(join(home.path, 'main.db'), [recordingTables], { clock });
});
afterEach(async () => {
  await store.close();
  home.remove();
});

describe('the ledger', () => {
  it('opens a row with the answer and closes it once', async () => {
    const [id, callId] = [rec(), call()];
    await promise(id, callId);
    expect(await findRow(store.read, id)).toMatchObject({ id, callId, agentId: 'agent1', state: 'open', closedAtMs: null, file: null });
    clock.advance(5000);
    expect(await store.write((tx) => closeRow(tx, id, clock.now(), done))).toBe(true);
    const again = { ...done, outcome: 'failed', sha256: 'cd' } as const;
    expect(await store.write((tx) => closeRow(tx, id, clock.now(), again))).toBe(false);
    expect(await findRow(store.read, id)).toMatchObject({ state: 'complete', sha256: 'ab', durationMs: 1000, closedAtMs: clock.now() });
  });

  it('goes with the transaction of the answer: no answer, no row', async () => {
    const id = rec();
    const answer = store.write(async (tx) => {
      await openRow(tx, { id, callId: call(), agentId: 'agent1', openedAtMs: clock.now() });
      throw new Error('not answered after all');
    });
    await expect(answer).rejects.toThrow('not answered');
    expect(await listRows(store.read, 10)).toEqual([]);
  });

  it('keeps the first reason of a call without a recording', async () => {
    const callId = call();
    await store.write((tx) => recordReason(tx, callId, 'RECORDING_NOT_OPENED', clock.now()));
    await store.write((tx) => recordReason(tx, callId, 'later', clock.now() + 1));
    expect((await readLedger(store.read, 0)).reasons).toEqual([{ callId, reason: 'RECORDING_NOT_OPENED', atMs: clock.now() }]);
  });
});

describe('after a crash', () => {
  it('rows left open are closed: whole files as complete, the rest as interrupted, and nothing twice', async () => {
    const dir = join(home.path, 'recordings');
    mkdirSync(dir);
    const recipient = await recipientOf(await newIdentity());
    const [whole, part, rubbish, none] = [rec(), rec(), rec(), rec()];
    for (const id of [whole, part, rubbish, none]) await promise(id, call());
    const age = await encryptBytes(Buffer.concat([wavHeader(40_000), Buffer.alloc(80_000)]), recipient);
    writeFileSync(join(dir, `${whole}.wav.age`), age);
    writeFileSync(join(dir, `${whole}.tail`), 'killed before it was removed');
    writeFileSync(join(dir, `${part}.wav.age.part`), age); // two chunks of which the last is short, and no journal
    writeFileSync(join(dir, `${rubbish}.wav.age.part`), 'rubbish');
    const rows = await leftOpen(store.read);
    const recovered: unknown[] = [];
    await recover(store, dir, clock, rows, async (_, { outcome, durationMs }) => recovered.push({ outcome, durationMs }));
    expect(recovered).toEqual([
      { outcome: 'complete', durationMs: 5000 },
      { outcome: 'interrupted', durationMs: Math.round((65_536 - 58) / 16) },
      { outcome: 'interrupted', durationMs: 0 },
      { outcome: 'interrupted', durationMs: 0 },
    ]);
    expect(await findRow(store.read, whole)).toMatchObject({
      state: 'complete',
      samples: 40_000,
      bytes: age.length,
      file: `${whole}.wav.age`,
    });
    expect(existsSync(join(dir, `${whole}.tail`))).toBe(false);
    expect((await findRow(store.read, whole))?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await findRow(store.read, part)).toMatchObject({ state: 'interrupted', file: `${part}.wav.age.part`, sha256: null });
    expect(await findRow(store.read, none)).toMatchObject({ state: 'interrupted', file: null });
    expect(await leftOpen(store.read)).toEqual([]);
    await recover(store, dir, clock, rows, async () => recovered.push('twice'));
    expect(recovered).toHaveLength(4);
  });
});

describe('the invariant: answered = recorded + recorded reasons', () => {
  it('holds for calls that have one or the other', async () => {
    const [a, b] = [call(), call()];
    await promise(rec(), a);
    await store.write((tx) => recordReason(tx, b, 'RECORDER_UNWELL', clock.now()));
    const { rows, reasons } = await readLedger(store.read, 0);
    const answered = [a, b].map((callId) => ({ callId, endedAtMs: null }));
    expect(checkLedger(answered, rows, reasons, [], clock.now())).toEqual({ answered: 2, recorded: 1, reasoned: 1, faults: [] });
  });

  it('names a call with neither, a row that stays open after its call, and a row without a call', async () => {
    const [forgotten, over, ghost] = [call(), call(), call()];
    const [late, stray] = [rec(), rec()];
    await promise(late, over);
    await promise(stray, ghost);
    const { rows, reasons } = await readLedger(store.read, 0);
    const answered = [
      { callId: forgotten, endedAtMs: null },
      { callId: over, endedAtMs: clock.now() },
    ];
    const at = (ms: number) => checkLedger(answered, rows, reasons, [], clock.now() + ms).faults;
    const always = [
      { fault: 'unaccounted', callId: forgotten },
      { fault: 'stray', callId: ghost, recordingId: stray },
    ];
    expect(at(CLOSE_WITHIN_MS)).toEqual(always);
    expect(at(CLOSE_WITHIN_MS + 1)).toHaveLength(3);
    expect(at(CLOSE_WITHIN_MS + 1)).toContainEqual({ fault: 'overdue', callId: over, recordingId: late });
  });
});

describe('the invariant talk by talk', () => {
  const talk = (more: Partial<TalkRow> = {}): TalkRow => ({
    ...{ id: newId('talk', clock.now()), callId: call(), agentId: 'li', kind: 'agent', beganAtMs: clock.now(), policy: 'always' },
    ...{ recordingId: null, reason: null, ...more },
  });
  const faultsOf = async (...talks: TalkRow[]): Promise<string[]> => {
    await store.write(async (tx) => {
      for (const each of talks) await openTalk(tx, each);
    });
    const { rows, reasons } = await readLedger(store.read, 0);
    const answered = talks.map(({ callId }) => ({ callId, endedAtMs: null }));
    return checkLedger(answered, rows, reasons, await readTalks(store.read, 0), clock.now()).faults.map(({ fault }) => fault);
  };
  const recorded = async (callId: CallId): Promise<RecordingId> => {
    const id = rec();
    await promise(id, callId);
    return id;
  };

  it('holds under every policy, for what is recorded and for what is left out with its reason', async () => {
    const always = talk();
    const demanded = talk({ policy: 'on_demand', reason: 'on_demand: …' });
    const both = await Promise.all([always, demanded].map(async (each) => ({ ...each, recordingId: await recorded(each.callId) })));
    const excused = [
      talk({ policy: 'never', reason: 'never: medical advice' }),
      talk({ policy: 'on_demand', reason: 'on_demand: …' }),
      talk({ kind: 'consult', reason: 'consultation: …' }),
    ];
    expect(await faultsOf(...both, ...excused)).toEqual([]);
  });

  it('names a talk without either, one whose recording nobody knows, and both ways of breaking the policy', async () => {
    const never = talk({ policy: 'never', reason: 'never: …' });
    expect(await faultsOf(talk())).toEqual(['unaccounted', 'talk_unaccounted']);
    expect(await faultsOf(talk({ recordingId: rec() }))).toContain('talk_unaccounted');
    expect(await faultsOf({ ...never, recordingId: await recorded(never.callId) })).toContain('against_policy');
    expect(await faultsOf(talk({ reason: 'never: but the queue says always' }))).toContain('against_policy');
  });

  it('takes the failure of the whole row for a reason, as before', async () => {
    const lost = talk({ recordingId: rec() });
    await store.write((tx) => recordReason(tx, lost.callId, 'RECORDER_UNWELL', clock.now()));
    expect(await faultsOf(lost)).toEqual([]);
  });
});
