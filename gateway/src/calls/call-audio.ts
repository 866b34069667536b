/**
 * The sound of one call as journeys use it: who hears whom, and what is recorded. `legs/` puts it on the RTP edge.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Leg } from './leg.ts';

/** Packet figures of one leg; jitter in ms (RFC 3550 §6.4.1). */
export interface LegFigures {
  readonly packets: number;
  readonly lost: number;
  readonly jitterMs: number;
}

export interface CallAudio {
  /** Two-way audio; prompts of both legs stop. */
  bridge(a: Leg, b: Leg): void;
  unbridge(): void;
  /** Each hears the sum of those named; takes the place of a bridge. The right side of a recording is the sum of `recorded`. */
  mix(hears: ReadonlyMap<Leg, readonly Leg[]>, recorded: readonly Leg[]): void;
  /** What this leg says is no longer forwarded. */
  mute(leg: Leg, muted: boolean): void;
  /** Blocks of stereo A-law go into `sink` from now on: left is `left`, right is `right`. */
  startRecording(left: Leg, right: Leg, sink: MessagePort): void;
  stopRecording(): Promise<void>;
  figures(leg: Leg): Promise<LegFigures>;
  /** Frees every port of the call. */
  close(): Promise<void>;
}
