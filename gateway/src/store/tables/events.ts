/**
 * The log of domain events in commit order, their personal fields sealed, and the ledger of those that may not leave the site.
 * AUTOINCREMENT keeps numbers from coming back after old rows were pruned; a unit that is undone gives its number back, so none is missing.
 */
import type { EventData, EventType } from '@keepline/contracts/events';
import type { Columns } from '../columns.ts';
import type { SqlValue } from '../connection.ts';
import type { TableFamily } from '../migrations.ts';
import type { Tx } from '../unit-of-work.ts';

export const eventTables: TableFamily = {
  name: 'events',
  statements: [
    `CREATE TABLE event_log (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      type TEXT NOT NULL,
      time_ms INTEGER NOT NULL,
      call_id TEXT,
      data TEXT NOT NULL
    ) STRICT`,
    `CREATE INDEX event_log_by_call ON event_log (call_id) WHERE call_id IS NOT NULL`,
    // produced = delivered + refused + expired: without this row a refused event would look lost.
    `CREATE TABLE event_refusals (
      number INTEGER PRIMARY KEY,
      type TEXT NOT NULL,
      code TEXT NOT NULL,
      refused_at_ms INTEGER NOT NULL
    ) STRICT`,
  ],
  sealed: [
    {
      name: 'event_log',
      async sealed(row, columns) {
        const { id, type, data } = textsOf(row);
        const fields = personalFieldsOf(type);
        return fields.length === 0 ? undefined : { data: sealPersonal(columns, id, type, JSON.parse(data)) };
      },
      async resealed(row, columns) {
        const { id, type, data } = textsOf(row);
        const stored: Record<string, unknown> = JSON.parse(data);
        const [first] = personalFieldsOf(type);
        if (first === undefined || columns.isCurrent(String(stored[first]))) return undefined;
        return { data: sealPersonal(columns, id, type, JSON.parse(await openPersonal(columns, id, type, data))) };
      },
    },
  ],
};

/** Fields of events that hold personal data (contracts/src/events.ts says which); each lies sealed inside its JSON. */
const PERSONAL = {
  'call.offered': ['callerNumber', 'callerName'],
  'call.dialled': ['calledNumber'],
  'call.disposed': ['note'],
  'recording.party_changed': ['number', 'name'],
  'callback.booked': ['note'],
} as const satisfies { readonly [T in EventType]?: ReadonlyArray<keyof EventData[T]> };

function personalFieldsOf(type: string): readonly string[] {
  return Object.entries(PERSONAL).find(([name]) => name === type)?.[1] ?? [];
}

/** The JSON of an event as it is stored. @param id of the event: the row its values are bound to */
export function sealPersonal(columns: Columns, id: string, type: string, data: object): string {
  const fields = personalFieldsOf(type);
  if (fields.length === 0) return JSON.stringify(data);
  const seal = ([name, value]: [string, unknown]): [string, unknown] =>
    fields.includes(name) ? [name, columns.seal(String(value), `event_log/${name}/${id}`)] : [name, value];
  return JSON.stringify(Object.fromEntries(Object.entries(data).map(seal)));
}

/** The JSON of an event as it was told. @throws ColumnForeign */
export async function openPersonal(columns: Columns, id: string, type: string, stored: string): Promise<string> {
  const fields = personalFieldsOf(type);
  if (fields.length === 0) return stored;
  const data: Record<string, unknown> = JSON.parse(stored);
  for (const name of fields) data[name] = await columns.open(String(data[name]), `event_log/${name}/${id}`);
  return JSON.stringify(data);
}

/** Takes the personal data out of the events of a call; that they happened stays. */
export async function forgetInEvents(tx: Tx, callId: string): Promise<void> {
  const rows = await tx.all<{ id: string; type: string; data: string }>('SELECT id, type, data FROM event_log WHERE call_id = ?', callId);
  for (const { id, type, data } of rows) {
    const fields = personalFieldsOf(type);
    if (fields.length === 0) continue;
    const empty = Object.fromEntries(fields.map((name) => [name, '']));
    await tx.run('UPDATE event_log SET data = ? WHERE id = ?', sealPersonal(tx.columns, id, type, { ...JSON.parse(data), ...empty }), id);
  }
}

function textsOf(row: Readonly<Record<string, SqlValue>>): { readonly id: string; readonly type: string; readonly data: string } {
  return { id: String(row['id']), type: String(row['type']), data: String(row['data']) };
}
