/**
 * Development only: the process that `crash.test.ts` kills. It opens calls and exports their events as fast as it can, and prints the id
 * of each call once it was told that the call is durable. Arguments: the folder of the files.
 */
import { join } from 'node:path';
import { Outbox } from '@keepline/cloud-sync/outbox';
import { Anonymiser } from '@keepline/compliance/anonymise';
import { systemClock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { Store } from '../store/store.ts';
import { allTables } from '../store/tables/all.ts';
import { openCall } from '../store/tables/calls.ts';
import { EventLog } from './event-log.ts';
import { ExportToCloud } from './export-to-cloud.ts';
import { columnsOfTest } from '../store/testing/columns.ts';

const WRITERS = 8;

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: crash-victim.ts FOLDER');
const store = await Store.open(join(folder, 'main.db'), allTables, {
  columns: await columnsOfTest(Buffer.alloc(32, 7).toString('base64')),
});
const outbox = await Outbox.open(join(folder, 'outbox.db'), { maxEvents: 1_000_000 });
const events = new EventLog({ store, clock: systemClock });
const anonymiser = new Anonymiser({ key: new Uint8Array(32), site: 'demo' });
new ExportToCloud({
  store,
  events,
  outbox,
  anonymiser,
  clock: systemClock,
  onFault: ({ code, message }) => console.error(code, message),
}).start();

await Promise.all(Array.from({ length: WRITERS }, (_, i) => writeForEver(i)));

async function writeForEver(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const id = newId('call', systemClock.now());
    const opening = { trunk: 'local', callerNumber: '13812345678', callerName: '', dialledNumber: '95588' };
    const written = store.write(async (tx) => {
      await openCall(tx, { id, ...opening, startedAtMs: systemClock.now() });
      await events.append(tx, 'call.offered', { callId: id, ...opening });
      if ((writer + n) % 5 === 0) throw new Error('undone on purpose');
      await events.append(tx, 'call.answered', { callId: id, flow: 'main', flowVersion: 1 });
    });
    await written.then(
      () => process.stdout.write(`${id}\n`),
      () => {},
    );
  }
}
