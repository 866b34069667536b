/** A further line of an agent's own phone, on which the agent speaks with whom it consults while the caller waits on the first one. */
import type { Leg } from './leg.ts';

export interface SecondLine {
  /** What was dialled on it: the user part of the address. Personal data where it is a number. */
  readonly dialled: string;
  /** Tells the phone that it rings there. */
  ring(): void;
  answer(): Leg;
  /** Nobody answers: @param status SIP status 400–699 */
  refuse(status: number): void;
  /** Settles when the line is over, answered or not; never rejects. */
  readonly ended: Promise<unknown>;
}
