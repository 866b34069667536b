/**
 * A call that has just come in, before anybody answered: what a journey can do with it.
 */
import type { CallId } from '@keepline/contracts/ids';
import type { CallAudio } from './call-audio.ts';
import type { Leg } from './leg.ts';

export interface Arrival {
  readonly callId: CallId;
  readonly trunk: string;
  /** Personal data. */
  readonly callerNumber: string;
  /** The caller asked not to be shown (RFC 3323): the record keeps the number, the desk gets none. */
  readonly callerHidden?: boolean;
  /** Personal data. */
  readonly callerName: string;
  readonly dialledNumber: string;
  readonly audio: CallAudio;
  /** Tells the caller it rings (180). */
  ring(): void;
  /** Answers (200); the leg can be heard and hears from here on. */
  answer(): Leg;
  /** Final refusal. @param status SIP status 400–699 @param retryAfterSeconds for 503: when to try again */
  refuse(status: number, retryAfterSeconds?: number): void;
}
