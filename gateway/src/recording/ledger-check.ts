/**
 * The invariant of the recording ledger, pure: answered = recorded + recorded reasons, for each call and for each talk within it, as the policy
 * of its queue says; and no row open without a call. Each violation is an alarm.
 */
import type { CallId, RecordingId, TalkId } from '@keepline/contracts/ids';
import type { LedgerReason, LedgerRow } from './ledger.ts';
import { mayBeRecorded } from './policy.ts';
import type { TalkRow } from './talks.ts';

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
  /** A talk whose recording is not in the ledger, or that has neither a recording nor a reason. */
  | { readonly fault: 'talk_unaccounted'; readonly callId: CallId; readonly talkId: TalkId }
  /** Recorded where the policy says never, or left out on purpose where it says always. */
  | { readonly fault: 'against_policy'; readonly callId: CallId; readonly talkId: TalkId }
  /** A row of a call that nobody answered. */
  | { readonly fault: 'stray'; readonly callId: CallId; readonly recordingId: RecordingId };

export interface LedgerSums {
  readonly answered: number;
  readonly recorded: number;
  readonly reasoned: number;
  readonly faults: readonly LedgerFault[];
}

/** Compares the calls answered in some time, and the talks in them, with the ledger of the same time. */
export function checkLedger(
  answered: readonly AnsweredCall[],
  rows: readonly LedgerRow[],
  reasons: readonly LedgerReason[],
  talks: readonly TalkRow[],
  nowMs: number,
): LedgerSums {
  const faults: LedgerFault[] = [];
  const calls = new Map(answered.map((call) => [call.callId, call]));
  const recorded = new Set(rows.map((row) => row.callId));
  const excused = talks.filter(({ reason }) => reason !== null);
  const reasoned = new Set([...reasons, ...excused].map(({ callId }) => callId));
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
  faults.push(...talkFaults(rows, reasons, talks));
  return { answered: answered.length, recorded: sumRecorded, reasoned: sumReasoned, faults };
}

function talkFaults(rows: readonly LedgerRow[], reasons: readonly LedgerReason[], talks: readonly TalkRow[]): LedgerFault[] {
  const known = new Set(rows.map(({ id }) => id));
  const failed = new Set(reasons.map(({ callId }) => callId));
  return talks.flatMap(({ id: talkId, callId, kind, policy, recordingId, reason }): LedgerFault[] => {
    const isMissing = recordingId === null ? reason === null : !known.has(recordingId);
    if (isMissing && !failed.has(callId)) return [{ fault: 'talk_unaccounted', callId, talkId }];
    const isBreach = recordingId === null ? policy === 'always' && reason !== null && kind !== 'consult' : !mayBeRecorded(policy);
    return isBreach ? [{ fault: 'against_policy', callId, talkId }] : [];
  });
}
