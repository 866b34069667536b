/**
 * The times in which a recording was silenced on purpose, as rows of the ledger: a card number or a PIN was being said or keyed. Times are ms
 * since the start of the recording; the file has silence there, so its time line stays true.
 */
import type { PausedBy, ResumedBy } from '@keepline/contracts/events';
import type { LedgerReader, LedgerTx } from './ledger.ts';

export interface Pause {
  readonly fromMs: number;
  /** null while it lasts. */
  readonly toMs: number | null;
  readonly by: PausedBy;
  readonly resumedBy: ResumedBy | null;
}

export async function openPause(tx: LedgerTx, recordingId: string, fromMs: number, by: PausedBy): Promise<void> {
  await tx.run('INSERT INTO recording_pauses (recording_id, from_ms, paused_by) VALUES (?, ?, ?)', recordingId, fromMs, by);
}

/** Closes what is open; at most one pause is. */
export async function closePause(tx: LedgerTx, recordingId: string, toMs: number, by: ResumedBy): Promise<void> {
  const sql = 'UPDATE recording_pauses SET to_ms = ?, resumed_by = ? WHERE recording_id = ? AND to_ms IS NULL';
  await tx.run(sql, toMs, by, recordingId);
}

export function pausesOf(read: LedgerReader, recordingId: string): Promise<Pause[]> {
  return read.all<Pause>(
    `SELECT from_ms AS fromMs, to_ms AS toMs, paused_by AS "by", resumed_by AS resumedBy FROM recording_pauses
     WHERE recording_id = ? ORDER BY from_ms`,
    recordingId,
  );
}
