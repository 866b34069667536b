/**
 * What a journey asks of the trunks when it calls an outside number. Numbers are personal data.
 */
import type { CallId } from '@keepline/contracts/ids';
import type { Leg } from './leg.ts';

export type OutsideOutcome =
  | { readonly outcome: 'answered'; readonly leg: Leg; readonly trunk: string }
  | {
      readonly outcome: 'busy' | 'no_answer' | 'refused' | 'unreachable' | 'withdrawn';
      /** Q.850, as the far end said. */
      readonly cause?: number;
    };

/** What the far end is doing before it answers. `early`: it sends sound already, such as a ringing tone of its own or an announcement. */
export type OutsideProgress = { readonly is: 'ringing' } | { readonly is: 'early'; readonly leg: Leg };

export interface OutsideCall {
  /** Tells how far it is, what was told last at once; `early` is the last. The result stops listening. */
  onProgress(listener: (progress: OutsideProgress) => void): () => void;
  /** Settles once; never rejects. */
  readonly outcome: Promise<OutsideOutcome>;
  /** Nobody wants it any more: stop ringing. */
  withdraw(): void;
}

export interface OutsideLine {
  /** One spelling of a number that may be dialled. @throws KeeplineError DIAL_NUMBER_INVALID, DIAL_NOT_ALLOWED, DIAL_NO_TRUNK */
  check(number: string): string;
  /** Rings a number that was checked, over one trunk after the other. The media of the call must be open. */
  dial(number: string, callId: CallId): OutsideCall;
}
