/** Whether a legal hold covers a recording or a call: pure. A hold on a number covers every call from or to it. */
import { canonicalNumber } from '@keepline/compliance/numbers';
import type { LegalHold } from '../store/tables/retention.ts';

export interface Holdable {
  readonly recordingId: string;
  readonly callId: string;
  readonly callerNumber: string;
  readonly dialledNumber: string;
}

/** The first hold that covers it; undefined when none does. */
export function holdOver(
  holds: readonly LegalHold[],
  { recordingId, callId, callerNumber, dialledNumber }: Holdable,
): LegalHold | undefined {
  const numbers = [canonicalNumber(callerNumber), canonicalNumber(dialledNumber)].filter((number) => number !== '');
  return holds.find(({ kind, object }) => {
    if (kind === 'recording') return object === recordingId;
    return kind === 'call' ? object === callId : numbers.includes(object);
  });
}
