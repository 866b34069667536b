/** The customer data of a site as its keys open it: what a test compares with what lies on the disk. */
import { join } from 'node:path';
import { readKeyStore } from '@keepline/compliance/keys';
import { systemClock as clock } from '@keepline/contracts/clock';
import { EventLog } from '../gateway/src/events/event-log.ts';
import { SealedColumns } from '../gateway/src/store/columns.ts';
import { Connection } from '../gateway/src/store/connection.ts';
import { type CallRow, latestCalls } from '../gateway/src/store/tables/calls.ts';

export interface OpenedData {
  readonly calls: readonly CallRow[];
  /** JSON of the events, oldest first. */
  readonly events: readonly string[];
}

/** @param data folder of a site, running or not */
export async function openedData(data: string): Promise<OpenedData> {
  const keys = await readKeyStore(join(data, 'keys'));
  const read = await Connection.open(join(data, 'main.db'), await SealedColumns.open(() => keys.columnKeys()));
  try {
    const events = await new EventLog({ store: { read }, clock }).readAfter(0, 4096);
    return { calls: await latestCalls(read, 1000), events: events.map(({ data: json }) => json) };
  } finally {
    await read.close();
  }
}
