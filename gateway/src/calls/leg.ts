/**
 * A leg is one party of a call as the rest of the house sees it: audio to it, audio from it, and its end. A SIP party and a browser
 * agent look the same from here; `legs/` makes both. Video and wideband would widen `LegAudio` and nothing else.
 */
import type { LegId } from '@keepline/contracts/ids';

export type PlayEnd = 'finished' | 'stopped';
export type LegEnd = 'hung_up' | 'media_lost' | 'transport_lost' | 'closed_by_site';

/** What can be done with the sound of a leg. Prompt names are files of the prompt folder without language and extension. */
export interface LegAudio {
  /** Plays prompts one after the other; a new `play` stops the one before. */
  play(prompts: readonly string[], how?: { readonly loop?: boolean }): Promise<PlayEnd>;
  stopPlaying(): void;
}

/** The far end presses its transfer key. Answered once, by `accept` or `refuse`. */
export interface TransferAsked {
  /** What was dialled: the user part of the address. Personal data where it is a number. */
  readonly target: string;
  /** It wants to join two calls of its own. */
  readonly isAttended: boolean;
  /** Whether the other call it wants to join is the one of this leg (RFC 3891). */
  joins(leg: Leg): boolean;
  accept(): void;
  /** @param status SIP status 400–699 */
  refuse(status: number): void;
  /** How it goes after `accept`: 100–199, then one final status. */
  report(status: number): void;
}

export interface Leg {
  readonly id: LegId;
  readonly kind: 'sip' | 'browser';
  readonly audio: LegAudio;
  /** Each key once, however it came (RFC 4733 or INFO); the result stops listening. */
  onDigit(listener: (digit: string) => void): () => void;
  /** The far end put us on hold, or took us back (RFC 3264 §8.4). */
  onHold(listener: (held: boolean) => void): () => void;
  /** One handler, the last set; absent where the far end has no such key. The result stops listening. */
  onTransfer?(handler: (asked: TransferAsked) => void): () => void;
  /** Settles once, when the leg is over for whatever reason. */
  readonly ended: Promise<LegEnd>;
  /** Q.850 cause its far end gave for its end (RFC 3326); 0 before that, and where it gave none. */
  readonly cause?: number;
  /** Ends the leg; calling it again changes nothing. */
  hangup(): void;
}
