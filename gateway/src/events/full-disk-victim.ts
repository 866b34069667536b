/**
 * Development only: the process of `full-disk.test.ts`, on a file system of its own that is really full. Arguments: a folder with room for the event
 * log, and the folder of the small file system for the outbox. Prints one line of JSON.
 */
import { rmSync, writeSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Outbox } from '@keepline/cloud-sync/outbox';
import { Anonymiser } from '@keepline/compliance/anonymise';
import { systemClock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { Store } from '../store/store.ts';
import { eventTables } from '../store/tables/events.ts';
import { EventLog } from './event-log.ts';
import { ExportToCloud } from './export-to-cloud.ts';
import { columnsOfTest } from '../store/testing/columns.ts';

const EVENTS = 2000;
const [room, small] = process.argv.slice(2);
if (room === undefined || small === undefined) throw new Error('usage: full-disk-victim.ts ROOM SMALL');
const alarms: string[] = [];
const onFault = ({ code, message }: Error & { readonly code: string }): void => void alarms.push(`${code}: ${message}`);
const store = await Store.open(join(room, 'main.db'), [eventTables], { columns: await columnsOfTest() });
const outbox = await Outbox.open(join(small, 'outbox.db'), { maxEvents: 1_000_000 });
const events = new EventLog({ store, clock: systemClock });
const anonymiser = new Anonymiser({ key: new Uint8Array(32), site: 'demo' });
const exporter = new ExportToCloud({ store, events, outbox, anonymiser, clock: systemClock, onFault });

const ballast = join(small, 'ballast');
fill(ballast);
exporter.start();
for (let i = 0; i < EVENTS; i += 100)
  await store.write(async (tx) => {
    for (let n = 0; n < 100; n++)
      await events.append(tx, 'call.answered', { callId: newId('call', systemClock.now()), flow: 'main', flowVersion: 1 });
  });
while (exporter.status().state !== 'stalled') await setTimeout(5);
const whileFull = await outbox.counts();
rmSync(ballast);
while (exporter.status().cursor < EVENTS) await setTimeout(5);
const afterwards = await outbox.counts();
await exporter.stop();
await outbox.close();
await store.close();
process.stdout.write(`${JSON.stringify({ alarms, whileFull, afterwards, logged: EVENTS })}\n`);

/** Writes until the file system says ENOSPC, and nothing else. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch (fault) {
    if (!(fault instanceof Error && 'code' in fault && fault.code === 'ENOSPC')) throw fault;
  } finally {
    closeSync(file);
  }
}
