/**
 * The recording ledger in the database: what was promised (a row at answer) and what became of it. Law 5: each answered call has a recording
 * or a recorded reason; `ledger-check.ts` says whether that holds.
 */
import type { AgentId, CallId, RecordingId } from '@keepline/contracts/ids';
import { whatIsLeft } from './left-behind.ts';
import type { RecordingResult } from './recorder-messages.ts';

type Value = string | number | null;
/** The part of a unit of work that the ledger needs. */
export interface LedgerReader {
  get<T extends object>(sql: string, ...params: Value[]): Promise<T | undefined>;
  all<T extends object>(sql: string, ...params: Value[]): Promise<T[]>;
}
export interface LedgerTx extends LedgerReader {
  run(sql: string, ...params: Value[]): Promise<{ changes: number }>;
}
export interface LedgerStore {
  write<T>(unit: (tx: LedgerTx) => Promise<T>): Promise<T>;
  readonly read: LedgerReader;
}

export type RecordingState = 'open' | 'complete' | 'interrupted' | 'failed';
export interface LedgerRow {
  readonly id: RecordingId;
  readonly callId: CallId;
  readonly agentId: AgentId;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  readonly state: RecordingState;
  /** Name in the recordings folder; null while open, and when nothing was ever written. */
  readonly file: string | null;
  readonly samples: number | null;
  readonly durationMs: number | null;
  readonly bytes: number | null;
  /** Of the encrypted file, hex; null when it was never finished. */
  readonly sha256: string | null;
  readonly why: string | null;
  /** A call of ours, or one that another exchange forked to us (SIPREC). */
  readonly source: 'own' | 'siprec';
  /** Under which that exchange knows its call; null for ours, and where it said nothing. */
  readonly sourceSession: string | null;
}
export interface LedgerReason {
  readonly callId: CallId;
  readonly reason: string;
  readonly atMs: number;
}

const ROW = `id, call_id AS callId, agent_id AS agentId, opened_at_ms AS openedAtMs, closed_at_ms AS closedAtMs, state, file, samples,
  duration_ms AS durationMs, bytes, sha256, why, source, source_session AS sourceSession`;

/** Promises a recording, in the transaction that answers the call. */
export async function openRow(
  tx: LedgerTx,
  row: Pick<LedgerRow, 'id' | 'callId' | 'agentId' | 'openedAtMs'> & Partial<Pick<LedgerRow, 'source' | 'sourceSession'>>,
): Promise<void> {
  await tx.run(
    `INSERT INTO recordings (id, call_id, agent_id, opened_at_ms, state, source, source_session) VALUES (?, ?, ?, ?, 'open', ?, ?)`,
    row.id,
    row.callId,
    row.agentId,
    row.openedAtMs,
    row.source ?? 'own',
    row.sourceSession ?? null,
  );
}

/** What became of it. A row is closed once; a second closing changes nothing and returns false. */
export async function closeRow(
  tx: LedgerTx,
  id: RecordingId,
  closedAtMs: number,
  result: Omit<RecordingResult, 'outcome' | 'file'> & { readonly outcome: Exclude<RecordingState, 'open'>; readonly file: string | null },
): Promise<boolean> {
  const { changes } = await tx.run(
    `UPDATE recordings SET closed_at_ms = ?, state = ?, file = ?, samples = ?, duration_ms = ?, bytes = ?, sha256 = ?, why = ?
     WHERE id = ? AND state = 'open'`,
    closedAtMs,
    result.outcome,
    result.file,
    result.samples,
    result.durationMs,
    result.bytes,
    result.sha256 || null,
    result.why ?? null,
    id,
  );
  return changes === 1;
}

/** Why an answered call has no recording; the first reason stands. @param reason an error code or a few words, no personal data */
export async function recordReason(tx: LedgerTx, callId: CallId, reason: string, atMs: number): Promise<void> {
  await tx.run('INSERT INTO recording_reasons (call_id, reason, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', callId, reason, atMs);
}

export function findRow(read: LedgerReader, id: string): Promise<LedgerRow | undefined> {
  return read.get<LedgerRow>(`SELECT ${ROW} FROM recordings WHERE id = ?`, id);
}

/** Newest first. @param limit at most 10,000 */
export function listRows(read: LedgerReader, limit: number): Promise<LedgerRow[]> {
  return read.all<LedgerRow>(`SELECT ${ROW} FROM recordings ORDER BY opened_at_ms DESC, id DESC LIMIT ?`, Math.min(limit, 10_000));
}

/** What the invariant checker needs: everything opened or reasoned since then, and whatever is still open. */
export async function readLedger(read: LedgerReader, sinceMs: number): Promise<{ rows: LedgerRow[]; reasons: LedgerReason[] }> {
  const rows = await read.all<LedgerRow>(`SELECT ${ROW} FROM recordings WHERE opened_at_ms >= ? OR state = 'open'`, sinceMs);
  const reasons = await read.all<LedgerReason>(
    'SELECT call_id AS callId, reason, at_ms AS atMs FROM recording_reasons WHERE at_ms >= ?',
    sinceMs,
  );
  return { rows, reasons };
}

export interface Recovered {
  readonly row: LedgerRow;
  readonly outcome: 'complete' | 'interrupted';
  readonly durationMs: number;
}

/** Rows that a dead gateway left open; to be asked for at start, before the first call opens one of its own. */
export const leftOpen = (read: LedgerReader): Promise<LedgerRow[]> =>
  read.all<LedgerRow>(`SELECT ${ROW} FROM recordings WHERE state = 'open' ORDER BY id`);

/**
 * Closes them, one after the other, beside calls that begin meanwhile; killed in between, the next start finds the rest.
 * @param onClosed in the transaction that closes the row
 */
export async function recover<Tx extends LedgerTx>(
  store: { write<T>(unit: (tx: Tx) => Promise<T>): Promise<T> },
  dir: string,
  clock: { now(): number },
  rows: readonly LedgerRow[],
  onClosed: (tx: Tx, recovered: Recovered) => Promise<unknown>,
): Promise<void> {
  for (const row of rows) {
    const result = await whatIsLeft(dir, row.id, 'the gateway ended during the call');
    const { outcome, durationMs } = result;
    await store.write(async (tx) => {
      if (await closeRow(tx, row.id, clock.now(), { ...result, file: result.file || null }))
        await onClosed(tx, { row, outcome, durationMs });
    });
  }
}
