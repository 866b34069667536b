/**
 * One row per call, opened at its first INVITE and filled in as it goes on, and the explain traces of its routing decisions.
 * Times are wall times in ms since 1970; null means not yet or never. Numbers, name and
 * note are personal data and lie sealed; calls of one number are found by a blind index.
 */
import type { EndedBy, EndVerdict } from '@keepline/contracts/events';
import type { AgentId, CallId, DecisionId, QueueName } from '@keepline/contracts/ids';
import { canonicalNumber } from '@keepline/compliance/numbers';
import type { Columns } from '../columns.ts';
import type { Reader, SqlValue } from '../connection.ts';
import type { TableFamily } from '../migrations.ts';
import type { Tx } from '../unit-of-work.ts';

export const callTables: TableFamily = {
  name: 'calls',
  statements: [
    `CREATE TABLE calls (
      id TEXT PRIMARY KEY,
      trunk TEXT NOT NULL,
      caller_number TEXT NOT NULL,
      caller_name TEXT NOT NULL,
      dialled_number TEXT NOT NULL,
      started_at_ms INTEGER NOT NULL,
      answered_at_ms INTEGER,
      queued_at_ms INTEGER,
      connected_at_ms INTEGER,
      ended_at_ms INTEGER,
      flow TEXT,
      flow_version INTEGER,
      path TEXT NOT NULL DEFAULT '[]',
      queue TEXT,
      skill TEXT,
      agent_id TEXT,
      verdict TEXT,
      ended_by TEXT,
      wait_ms INTEGER,
      talk_ms INTEGER,
      disposition TEXT,
      note TEXT
    ) STRICT`,
    `CREATE INDEX calls_by_start ON calls (started_at_ms)`,
    `CREATE INDEX calls_in_progress ON calls (id) WHERE ended_at_ms IS NULL`,
    `CREATE TABLE decisions (
      id TEXT PRIMARY KEY,
      call_id TEXT NOT NULL REFERENCES calls (id),
      time_ms INTEGER NOT NULL,
      trace TEXT NOT NULL
    ) STRICT`,
    `CREATE INDEX decisions_by_call ON decisions (call_id)`,
    'ALTER TABLE calls ADD COLUMN caller_index TEXT',
    'ALTER TABLE calls ADD COLUMN dialled_index TEXT',
    'CREATE INDEX calls_by_caller ON calls (caller_index) WHERE caller_index IS NOT NULL',
    'CREATE INDEX calls_by_dialled ON calls (dialled_index) WHERE dialled_index IS NOT NULL',
    'ALTER TABLE calls ADD COLUMN cause INTEGER',
  ],
  sealed: [
    {
      name: 'calls',
      sealed: async (row, columns) => valuesOf(columns, String(row['id']), (column) => textOf(row[column])),
      async resealed(row, columns) {
        // each by itself: a note may have been written under the former key while the rest was sealed anew
        if (SEALED.every((column) => row[column] === null || columns.isCurrent(String(row[column])))) return undefined;
        const id = String(row['id']);
        const opened = new Map<string, string | null>();
        for (const column of SEALED) {
          const stored = textOf(row[column]);
          opened.set(column, stored === null ? null : await columns.open(stored, `calls/${column}/${id}`));
        }
        return valuesOf(columns, id, (column) => opened.get(column) ?? null);
      },
    },
  ],
};

const SEALED = ['caller_number', 'caller_name', 'dialled_number', 'note'] as const;
type SealedColumn = (typeof SEALED)[number];

const textOf = (value: SqlValue | undefined): string | null => (typeof value === 'string' ? value : null);

/** What is written of the sealed columns of one call, given their texts. */
function valuesOf(columns: Columns, id: string, text: (column: SealedColumn) => string | null): Record<string, SqlValue> {
  const values: Record<string, SqlValue> = {};
  for (const column of SEALED) {
    const clear = text(column);
    values[column] = clear === null ? null : columns.seal(clear, `calls/${column}/${id}`);
  }
  values['caller_index'] = columns.index(canonicalNumber(text('caller_number') ?? ''));
  values['dialled_index'] = columns.index(canonicalNumber(text('dialled_number') ?? ''));
  return values;
}

/** What is known at the first INVITE. */
export interface CallOpening {
  readonly id: CallId;
  readonly trunk: string;
  readonly callerNumber: string;
  readonly callerName: string;
  readonly dialledNumber: string;
  readonly startedAtMs: number;
}

/** What becomes known later; name only what changes. */
export interface CallProgress {
  readonly answeredAtMs: number | null;
  readonly queuedAtMs: number | null;
  readonly connectedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly flow: string | null;
  readonly flowVersion: number | null;
  /** Labels of the menu choices, in order. */
  readonly path: readonly string[];
  readonly queue: QueueName | null;
  readonly skill: string | null;
  readonly agentId: AgentId | null;
  readonly verdict: EndVerdict | null;
  readonly endedBy: EndedBy | null;
  /** Q.850, as the far end said; 0 where it said nothing. */
  readonly cause: number | null;
  /** From the queue to the agent or to the end, ms. */
  readonly waitMs: number | null;
  /** With an agent, hold included, ms. */
  readonly talkMs: number | null;
  readonly disposition: string | null;
  readonly note: string | null;
}

export type CallRow = CallOpening & CallProgress;

const OPENING_COLUMNS: { readonly [F in keyof CallOpening]: string } = {
  id: 'id',
  trunk: 'trunk',
  callerNumber: 'caller_number',
  callerName: 'caller_name',
  dialledNumber: 'dialled_number',
  startedAtMs: 'started_at_ms',
};
const PROGRESS_COLUMNS: { readonly [F in keyof CallProgress]: string } = {
  answeredAtMs: 'answered_at_ms',
  queuedAtMs: 'queued_at_ms',
  connectedAtMs: 'connected_at_ms',
  endedAtMs: 'ended_at_ms',
  flow: 'flow',
  flowVersion: 'flow_version',
  path: 'path',
  queue: 'queue',
  skill: 'skill',
  agentId: 'agent_id',
  verdict: 'verdict',
  endedBy: 'ended_by',
  cause: 'cause',
  waitMs: 'wait_ms',
  talkMs: 'talk_ms',
  disposition: 'disposition',
  note: 'note',
};
const SELECT = `SELECT ${Object.entries({ ...OPENING_COLUMNS, ...PROGRESS_COLUMNS })
  .map(([field, column]) => `${column} AS ${field}`)
  .join(', ')} FROM calls`;

export async function openCall(tx: Tx, call: CallOpening): Promise<void> {
  const clear: Partial<Record<SealedColumn, string>> = {
    caller_number: call.callerNumber,
    caller_name: call.callerName,
    dialled_number: call.dialledNumber,
  };
  const values = {
    id: call.id,
    trunk: call.trunk,
    started_at_ms: call.startedAtMs,
    ...valuesOf(tx.columns, call.id, (c) => clear[c] ?? null),
  };
  const names = Object.keys(values);
  await tx.run(`INSERT INTO calls (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`, ...Object.values(values));
}

/** Fills in the fields given and leaves the others. @returns false when there is no such call */
export async function updateCall(tx: Tx, callId: CallId, progress: Partial<CallProgress>): Promise<boolean> {
  const given = new Map(Object.entries(progress));
  const assignments: string[] = [];
  const values: SqlValue[] = [];
  for (const [field, column] of Object.entries(PROGRESS_COLUMNS)) {
    const value = given.get(field);
    if (value === undefined) continue;
    assignments.push(`${column} = ?`);
    const text: SqlValue = typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
    values.push(column === 'note' && typeof text === 'string' ? tx.columns.seal(text, `calls/note/${callId}`) : text);
  }
  if (assignments.length === 0) return (await findCall(tx, callId)) !== undefined;
  const { changes } = await tx.run(`UPDATE calls SET ${assignments.join(', ')} WHERE id = ?`, ...values, callId);
  return changes === 1;
}

export async function findCall(reader: Reader, callId: string): Promise<CallRow | undefined> {
  const row = await reader.get<StoredCall>(`${SELECT} WHERE id = ?`, callId);
  return row && callOf(reader, row);
}

/** Calls that were in progress when the gateway stopped without a goodbye; the start closes each as `interrupted`. */
export async function callsInProgress(reader: Reader): Promise<CallRow[]> {
  return callsOf(reader, await reader.all<StoredCall>(`${SELECT} WHERE ended_at_ms IS NULL ORDER BY started_at_ms`));
}

/** The newest calls first. @param limit 1 to 1000 */
export async function latestCalls(reader: Reader, limit: number): Promise<CallRow[]> {
  const bounded = Math.min(Math.max(Math.trunc(limit), 1), 1000);
  return callsOf(reader, await reader.all<StoredCall>(`${SELECT} ORDER BY started_at_ms DESC, id DESC LIMIT ?`, bounded));
}

/** Calls from or to a number, oldest first, however a trunk spelt it. @param limit 1 to 10,000 */
export async function callsOfNumber(reader: Reader, number: string, limit: number): Promise<CallRow[]> {
  const indexes = reader.columns.indexes(canonicalNumber(number));
  if (indexes.length === 0) return [];
  const marks = indexes.map(() => '?').join(', ');
  const where = `caller_index IN (${marks}) OR dialled_index IN (${marks})`;
  const bounded = Math.min(Math.max(Math.trunc(limit), 1), 10_000);
  const sql = `${SELECT} WHERE ${where} ORDER BY started_at_ms, id LIMIT ?`;
  return callsOf(reader, await reader.all<StoredCall>(sql, ...indexes, ...indexes, bounded));
}

/** Who the parties of a call are, where that is told after its first INVITE. A note stays as it is: nobody has written one yet. */
export async function nameParties(
  tx: Tx,
  callId: CallId,
  parties: Pick<CallOpening, 'callerNumber' | 'callerName' | 'dialledNumber'>,
): Promise<void> {
  const clear: Partial<Record<SealedColumn, string>> = {
    caller_number: parties.callerNumber,
    caller_name: parties.callerName,
    dialled_number: parties.dialledNumber,
  };
  const { note: _, ...values } = valuesOf(tx.columns, callId, (column) => clear[column] ?? null);
  const names = Object.keys(values);
  await tx.run(`UPDATE calls SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`, ...Object.values(values), callId);
}

/** Takes the personal data out of a call; what is counted stays. */
export async function forgetCaller(tx: Tx, callId: CallId): Promise<void> {
  const values = valuesOf(tx.columns, callId, (column) => (column === 'note' ? null : ''));
  const names = Object.keys(values);
  await tx.run(`UPDATE calls SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`, ...Object.values(values), callId);
}

export interface DecisionRow {
  readonly id: DecisionId;
  readonly callId: CallId;
  readonly timeMs: number;
  /** What routing knew, what it ranked, what the cloud said and what came of it. */
  readonly trace: unknown;
}

export async function addDecision(tx: Tx, decision: DecisionRow): Promise<void> {
  await tx.run(
    'INSERT INTO decisions (id, call_id, time_ms, trace) VALUES (?, ?, ?, ?)',
    decision.id,
    decision.callId,
    decision.timeMs,
    JSON.stringify(decision.trace),
  );
}

export async function decisionsOf(reader: Reader, callId: string): Promise<DecisionRow[]> {
  const rows = await reader.all<Omit<DecisionRow, 'trace'> & { trace: string }>(
    'SELECT id, call_id AS callId, time_ms AS timeMs, trace FROM decisions WHERE call_id = ? ORDER BY time_ms, id',
    callId,
  );
  return rows.map((row) => ({ ...row, trace: JSON.parse(row.trace) as unknown }));
}

type StoredCall = Omit<CallRow, 'path'> & { path: string };

async function callOf({ columns }: Reader, row: StoredCall): Promise<CallRow> {
  const open = (column: SealedColumn, stored: string): Promise<string> => columns.open(stored, `calls/${column}/${row.id}`);
  return {
    ...row,
    callerNumber: await open('caller_number', row.callerNumber),
    callerName: await open('caller_name', row.callerName),
    dialledNumber: await open('dialled_number', row.dialledNumber),
    note: row.note === null ? null : await open('note', row.note),
    path: JSON.parse(row.path),
  };
}

async function callsOf(reader: Reader, rows: readonly StoredCall[]): Promise<CallRow[]> {
  return Promise.all(rows.map((row) => callOf(reader, row)));
}
