/**
 * Calls that are owed to customers. Number and note are personal data and lie sealed while the call is owed; they are emptied with the row that
 * closes it, when the calls made are rows of their own. Times are wall times in ms since 1970.
 */
import type { CallbackKind, CallbackOutcome } from '@keepline/contracts/events';
import type { AgentId, CallbackId, CallId, QueueName } from '@keepline/contracts/ids';
import { canonicalNumber } from '@keepline/compliance/numbers';
import type { Columns } from '../columns.ts';
import type { Reader, SqlValue } from '../connection.ts';
import type { TableFamily } from '../migrations.ts';
import type { Tx } from '../unit-of-work.ts';

export const callbackTables: TableFamily = {
  name: 'callbacks',
  statements: [
    `CREATE TABLE callbacks (
      id TEXT PRIMARY KEY,
      call_id TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('waiting', 'scheduled')),
      queue TEXT NOT NULL,
      skill TEXT NOT NULL,
      agent_id TEXT NOT NULL,
      number TEXT NOT NULL,
      number_index TEXT,
      note TEXT NOT NULL,
      made_at_ms INTEGER NOT NULL,
      queued_at_ms INTEGER NOT NULL,
      due_at_ms INTEGER NOT NULL,
      tries INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'calling', 'closed')),
      outcome TEXT,
      closed_at_ms INTEGER
    ) STRICT`,
    `CREATE INDEX callbacks_owed ON callbacks (id) WHERE state <> 'closed'`,
    'CREATE INDEX callbacks_by_number ON callbacks (number_index) WHERE number_index IS NOT NULL',
  ],
  sealed: [
    {
      name: 'callbacks',
      sealed: async () => undefined, // never written in clear
      async resealed(row, columns) {
        const [id, number, note] = [String(row['id']), String(row['number']), String(row['note'])];
        if (columns.isCurrent(number) && columns.isCurrent(note)) return undefined;
        return valuesOf(
          columns,
          id,
          await columns.open(number, `callbacks/number/${id}`),
          await columns.open(note, `callbacks/note/${id}`),
        );
      },
    },
  ],
};

function valuesOf(columns: Columns, id: string, number: string, note: string): Record<'number' | 'number_index' | 'note', SqlValue> {
  return {
    number: columns.seal(number, `callbacks/number/${id}`),
    number_index: columns.index(canonicalNumber(number)),
    note: columns.seal(note, `callbacks/note/${id}`),
  };
}

export interface Callback {
  readonly id: CallbackId;
  /** In which it was agreed. */
  readonly callId: CallId;
  readonly kind: CallbackKind;
  readonly queue: QueueName;
  readonly skill: string;
  /** Who agreed on it with the customer; '' where the caller did with the flow. */
  readonly agentId: AgentId;
  /** As the number plan spells it. */
  readonly number: string;
  readonly note: string;
  readonly madeAtMs: number;
  /** Its place in the queue. */
  readonly queuedAtMs: number;
  /** Not called before. */
  readonly dueAtMs: number;
  /** Begun so far. */
  readonly tries: number;
  /** `calling`: a try has begun; after a crash that is all that is known of it. */
  readonly state: 'open' | 'calling';
}

const SELECT = `SELECT id, call_id AS callId, kind, queue, skill, agent_id AS agentId, number, note, made_at_ms AS madeAtMs,
  queued_at_ms AS queuedAtMs, due_at_ms AS dueAtMs, tries, state FROM callbacks`;

export async function addCallback(tx: Tx, of: Callback): Promise<void> {
  const { number, number_index, note } = valuesOf(tx.columns, of.id, of.number, of.note);
  await tx.run(
    `INSERT INTO callbacks (id, call_id, kind, queue, skill, agent_id, number, number_index, note, made_at_ms, queued_at_ms, due_at_ms, tries, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[of.id, of.callId, of.kind, of.queue, of.skill, of.agentId, number, number_index, note],
    ...[of.madeAtMs, of.queuedAtMs, of.dueAtMs, of.tries, of.state],
  );
}

/** @returns false where nothing is owed any more */
export async function moveCallback(tx: Tx, { id, dueAtMs, tries, state }: Callback): Promise<boolean> {
  const sql = `UPDATE callbacks SET due_at_ms = ?, tries = ?, state = ? WHERE id = ? AND state <> 'closed'`;
  return (await tx.run(sql, dueAtMs, tries, state, id)).changes === 1;
}

/** Nothing is owed any more: number and note are gone. @returns false where it was closed before */
export async function closeCallback(tx: Tx, id: CallbackId, outcome: CallbackOutcome, nowMs: number): Promise<boolean> {
  const { number, number_index, note } = valuesOf(tx.columns, id, '', '');
  const sql = `UPDATE callbacks SET state = 'closed', outcome = ?, closed_at_ms = ?, number = ?, number_index = ?, note = ?
    WHERE id = ? AND state <> 'closed'`;
  return (await tx.run(sql, outcome, nowMs, number, number_index, note, id)).changes === 1;
}

/** Whether it is owed still: another process may have taken it off the list. */
export async function isOwed(reader: Reader, id: CallbackId): Promise<boolean> {
  return (await reader.get(`SELECT id FROM callbacks WHERE id = ? AND state <> 'closed'`, id)) !== undefined;
}

/** All that is owed; bounded by `callback.max`. */
export async function owedCallbacks(reader: Reader): Promise<Callback[]> {
  return opened(reader, await reader.all<Callback>(`${SELECT} WHERE state <> 'closed' ORDER BY queued_at_ms, id`));
}

/** What is owed to a number, however it is spelt. */
export async function callbacksOfNumber(reader: Reader, number: string): Promise<Callback[]> {
  const indexes = reader.columns.indexes(canonicalNumber(number));
  if (indexes.length === 0) return [];
  const marks = indexes.map(() => '?').join(', ');
  return opened(reader, await reader.all<Callback>(`${SELECT} WHERE number_index IN (${marks}) ORDER BY id`, ...indexes));
}

async function opened({ columns }: Reader, rows: readonly Callback[]): Promise<Callback[]> {
  return Promise.all(
    rows.map(async (row) => ({
      ...row,
      number: await columns.open(row.number, `callbacks/number/${row.id}`),
      note: await columns.open(row.note, `callbacks/note/${row.id}`),
    })),
  );
}
