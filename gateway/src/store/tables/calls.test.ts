import { join } from 'node:path';
import { newId } from '@keepline/contracts/ids';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Store } from '../store.ts';
import { allTables } from './all.ts';
import { addDecision, callsInProgress, decisionsOf, findCall, latestCalls, openCall, updateCall } from './calls.ts';
import { columnsOfTest } from '../testing/columns.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const opening = (startedAtMs = NOW) => ({
  id: newId('call', startedAtMs),
  trunk: 'local',
  callerNumber: '13812345678',
  callerName: '张伟',
  dialledNumber: '95588',
  startedAtMs,
});

let folder: TempDir;
let store: Store;
beforeEach(async () => {
  folder = tempDir();
  store = await Store.open(join(folder.path, 'main.db'), allTables, { columns: await columnsOfTest() });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

describe('a call', () => {
  it('is opened with what the INVITE says and filled in as it goes on, each step leaving the others alone', async () => {
    const call = opening();
    await store.write((tx) => openCall(tx, call));
    await store.write((tx) => updateCall(tx, call.id, { answeredAtMs: NOW + 5, flow: 'main', flowVersion: 3, path: ['cards', '贷款'] }));
    await store.write((tx) =>
      updateCall(tx, call.id, { verdict: 'completed', endedBy: 'caller', endedAtMs: NOW + 9, note: "it's '; DROP" }),
    );
    expect(await findCall(store.read, call.id)).toEqual({
      ...call,
      answeredAtMs: NOW + 5,
      queuedAtMs: null,
      connectedAtMs: null,
      endedAtMs: NOW + 9,
      flow: 'main',
      flowVersion: 3,
      path: ['cards', '贷款'],
      queue: null,
      skill: null,
      agentId: null,
      verdict: 'completed',
      endedBy: 'caller',
      cause: null,
      waitMs: null,
      talkMs: null,
      disposition: null,
      note: "it's '; DROP",
    });
  });

  it('that was never opened is not filled in, and that is told', async () => {
    const unknown = newId('call', NOW);
    expect(await store.write((tx) => updateCall(tx, unknown, { queue: 'service' }))).toBe(false);
    expect(await store.write((tx) => updateCall(tx, unknown, {}))).toBe(false);
    expect(await findCall(store.read, unknown)).toBeUndefined();
  });

  it('without an end is found after a restart, so that it can be closed as interrupted', async () => {
    const [ended, lost] = [opening(NOW), opening(NOW + 1)];
    await store.write(async (tx) => {
      await openCall(tx, ended);
      await openCall(tx, lost);
      await updateCall(tx, ended.id, { endedAtMs: NOW + 9 });
    });
    expect((await callsInProgress(store.read)).map((call) => call.id)).toEqual([lost.id]);
    expect((await latestCalls(store.read, 10)).map((call) => call.id)).toEqual([lost.id, ended.id]);
    expect(await latestCalls(store.read, 0)).toHaveLength(1);
  });
});

describe('a routing decision', () => {
  it('keeps its trace beside the call, and needs one', async () => {
    const call = opening();
    const decision = { id: newId('dec', NOW), callId: call.id, timeMs: NOW, trace: { ranking: ['agent1'], advice: 'timeout' } };
    await expect(store.write((tx) => addDecision(tx, decision))).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT' });
    await store.write(async (tx) => {
      await openCall(tx, call);
      await addDecision(tx, decision);
    });
    expect(await decisionsOf(store.read, call.id)).toEqual([decision]);
  });
});
