/** The list of recordings over a database whose numbers are sealed: the real keys, the real store, what a listener sees. */
import { join } from 'node:path';
import { openKeyStore } from '@keepline/compliance/keys';
import { newId } from '@keepline/contracts/ids';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, expect, it } from 'vitest';
import { storageFacts } from '../evidence/storage.ts';
import { SealedColumns } from '../store/columns.ts';
import { Store } from '../store/store.ts';
import { allTables } from '../store/tables/all.ts';
import { openCall } from '../store/tables/calls.ts';
import { openArchive } from './archive.ts';

const clock = new FakeClock(Date.UTC(2026, 10, 22, 12));
const LISTENER = { who: 'li', role: 'supervisor', from: 'local' };
const folder = tempDir();
afterEach(() => folder.remove());

it('shows the number of a sealed call masked, and nothing for a caller without one or a call without a row', async () => {
  const data = folder.path;
  const keys = await openKeyStore(join(data, 'keys'), { site: 'test', clock });
  const columns = await SealedColumns.open(() => keys.columnKeys());
  const store = await Store.open(join(data, 'main.db'), allTables, { columns });
  const acts: string[] = [];
  const archive = openArchive({
    ...{ data, store, keys },
    audited: async (act, _context, run) => {
      acts.push(act);
      return run();
    },
  });
  try {
    const numbers = ['13812345678', '', undefined];
    const recordings = numbers.map((callerNumber, i) => ({
      callerNumber,
      id: newId('rec', clock.now() + i),
      callId: newId('call', clock.now()),
    }));
    await store.write(async (tx) => {
      for (const [i, { callerNumber, id, callId }] of recordings.entries()) {
        const opening = { id: callId, trunk: 'local', callerName: '张伟', dialledNumber: '95588', startedAtMs: clock.now() };
        if (callerNumber !== undefined) await openCall(tx, { ...opening, callerNumber });
        const sql = `INSERT INTO recordings (id, call_id, agent_id, opened_at_ms, closed_at_ms, state) VALUES (?, ?, 'li', ?, ?, 'failed')`;
        await tx.run(sql, id, callId, clock.now() + i, clock.now() + i + 1);
      }
    });
    expect((await archive.search(LISTENER, {})).map(({ id, callerNumber }) => [id, callerNumber])).toEqual(
      recordings.toReversed().map(({ id, callerNumber }) => [id, callerNumber ? '138******78' : '']),
    );
    const [first] = recordings;
    expect(await archive.find(LISTENER, first?.id ?? '')).toMatchObject({ callerNumber: '138******78', trunk: 'local', pauses: [] });
    expect(acts).toEqual(['recording.list', 'recording.list']);
    // an empty number lies sealed as well: the report counts numbers, not rows
    expect(await storageFacts(data, keys.inventory, store.read, clock.now())).toMatchObject({ rowsWithCallerNumber: 1 });
  } finally {
    archive.close();
    await store.close();
  }
});
