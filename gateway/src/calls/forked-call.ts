/**
 * A call of another exchange whose sound is forked to us to be recorded (SIPREC): nobody of ours talks on it, and it is heard only. What a
 * journey can do with it; `siprec/` makes it.
 */
import type { CallId } from '@keepline/contracts/ids';
import type { CallAudio } from './call-audio.ts';
import type { Leg } from './leg.ts';

/** Personal data. */
export interface ForkedParty {
  readonly number: string;
  readonly name: string;
}

export interface ForkedFacts {
  /** Under which the other exchange knows the call; `''` until it says. */
  readonly session: string;
  /** Who is on the left and on the right of the recording; null where it is not known. */
  readonly parties: readonly [left: ForkedParty | null, right: ForkedParty | null];
  /** Nothing is being sent at the other exchange's wish. */
  readonly paused: boolean;
}

export interface ForkedCall {
  readonly callId: CallId;
  readonly trunk: string;
  readonly audio: CallAudio;
  /** Where the streams arrive; both end together. */
  readonly left: Leg;
  readonly right: Leg;
  facts(): ForkedFacts;
  /** One listener: a fact changed. */
  onChange(listener: () => void): void;
  /** Says that recording has begun (200). */
  answer(): void;
  /** @param status SIP status 400–699 @param retryAfterSeconds for 503: when to try again */
  refuse(status: number, retryAfterSeconds?: number): void;
}
