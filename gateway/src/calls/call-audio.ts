/**
 * The sound of one call as journeys use it: who hears whom, and what is recorded. `legs/` puts it on the RTP edge.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Leg } from './leg.ts';

/** Packet figures of one leg; jitter and round trip in ms (RFC 3550 §6.4.1), the latter null where no report came. */
export interface LegFigures {
  readonly packets: number;
  readonly lost: number;
  readonly jitterMs: number;
  readonly roundTripMs: number | null;
  /** Estimated mean opinion score (ITU-T G.107), 1 to 4.5: of the whole leg, and of its worst 10 s; null where too little was heard. */
  readonly mos: number | null;
  readonly worstMos: number | null;
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
