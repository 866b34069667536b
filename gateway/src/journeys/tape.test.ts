import { join } from 'node:path';
import type { CallId } from '@keepline/contracts/ids';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from '../events/event-log.ts';
import { listRows, readLedger } from '../recording/ledger.ts';
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
    const recorder = { open: () => Promise.reject(new Error('no disk')) };
    const events = new EventLog({ store, clock });
    tape = tapeOf({ recorder, store, events, clock, onFault: (fault) => told.push(fault) }, CALL, 'li');
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
