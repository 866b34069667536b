/**
 * What becomes of the sound of one talk under the policy of its queue, pure. Whatever is not recorded has a reason, known before the first
 * word: the ledger never waits for somebody to think of one.
 */
import type { RecordingExcuse, TalkKind } from '@keepline/contracts/events';
import type { RecordingPolicy, RecordingSetting } from '@keepline/contracts/recording-policy';

export interface TalkPlan {
  /** `later`: once the agent starts it. */
  readonly tape: 'at_once' | 'later' | 'none';
  /** null where all of the talk is recorded. */
  readonly excuse: RecordingExcuse | null;
  /** The excuse with its words, for the ledger; '' without one. */
  readonly reason: string;
}

const EXCUSES: Readonly<Record<Exclude<RecordingExcuse, 'never'>, string>> = {
  on_demand: 'recorded only where the agent starts it',
  nobody_to_start: 'recorded on demand, and no agent is on the line',
  consultation: 'the customer is not on the line',
};

/** A consultation is between our own people, whatever the policy: the talk with the customer goes on being recorded beside it. */
export function planOf(kind: TalkKind, { recording, noRecordingReason }: RecordingSetting): TalkPlan {
  if (kind === 'consult') return without('none', 'consultation');
  switch (recording) {
    case 'always':
      return { tape: 'at_once', excuse: null, reason: '' };
    case 'never':
      return { tape: 'none', excuse: 'never', reason: `never: ${noRecordingReason.trim()}` };
    case 'on_demand':
      return kind === 'agent' ? without('later', 'on_demand') : without('none', 'nobody_to_start');
    default:
      return recording satisfies never;
  }
}

const without = (tape: 'later' | 'none', excuse: keyof typeof EXCUSES): TalkPlan => ({
  tape,
  excuse,
  reason: `${excuse}: ${EXCUSES[excuse]}`,
});

/** Whether a talk under this policy may have a recording at all. */
export const mayBeRecorded = (policy: RecordingPolicy): boolean => policy !== 'never';
