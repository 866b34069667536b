/**
 * The invariant of the recording ledger, pure: answered = recorded + recorded reasons, and no row open without a call. Each violation is
 * an alarm.
 */
import type { CallId, RecordingId } from '@keepline/contracts/ids';
import type { LedgerReason, LedgerRow } from './ledger.ts';

/** After the end of a call its file must be closed within this time, ms: retries of a failing disk included. */
export const CLOSE_WITHIN_MS = 120_000;

export interface AnsweredCall {
  readonly callId: CallId;
  /** Wall time in ms since 1970; null while the call goes on. */
  readonly endedAtMs: number | null;
}

export type LedgerFault =
  /** Answered, no recording, no reason: the promise was broken and nobody noted why. */
  | { readonly fault: 'unaccounted'; readonly callId: CallId }
  /** The call is over and its row still open. */
  | { readonly fault: 'overdue'; readonly callId: CallId; readonly recordingId: RecordingId }
  /** A row of a call that nobody answered. */
  | { readonly fault: 'stray'; readonly callId: CallId; readonly recordingId: RecordingId };

export interface LedgerSums {
  readonly answered: number;
  readonly recorded: number;
  readonly reasoned: number;
  readonly faults: readonly LedgerFault[];
}

/** Compares the calls answered in some time with the ledger of the same time. */
export function checkLedger(
  answered: readonly AnsweredCall[],
  rows: readonly LedgerRow[],
  reasons: readonly LedgerReason[],
  nowMs: number,
): LedgerSums {
  const faults: LedgerFault[] = [];
  const calls = new Map(answered.map((call) => [call.callId, call]));
  const recorded = new Set(rows.map((row) => row.callId));
  const reasoned = new Set(reasons.map((reason) => reason.callId));
  let sumRecorded = 0;
  let sumReasoned = 0;
  for (const { callId } of answered) {
    if (recorded.has(callId)) sumRecorded++;
    else if (reasoned.has(callId)) sumReasoned++;
    else faults.push({ fault: 'unaccounted', callId });
  }
  for (const { id, callId, state } of rows) {
    const call = calls.get(callId);
    if (!call) faults.push({ fault: 'stray', callId, recordingId: id });
    else if (state === 'open' && call.endedAtMs !== null && nowMs - call.endedAtMs > CLOSE_WITHIN_MS)
      faults.push({ fault: 'overdue', callId, recordingId: id });
  }
  return { answered: answered.length, recorded: sumRecorded, reasoned: sumReasoned, faults };
}
