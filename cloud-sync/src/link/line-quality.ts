/**
 * What the round trips of the heartbeats say about the line, pure. TCP hides a lost packet behind a wait of at least 200 ms (Linux TCP_RTO_MIN;
 * RFC 6298 §2.4 asks for 1 s), so loss shows as single round trips far above the usual one, and a slow line as a usual one that is long.
 */

/** Heartbeats that are looked back on; 20 s by default. */
const LOOK_BACK = 20;
/** Round trips in a row that make the line slow; one late retransmission delays fewer, as the answers behind it come with it. */
const SLOW_IN_A_ROW = 4;
/** A round trip from here on is slow, ms: far above any line on the ground, half of two hops over satellites with queues. */
export const SLOW_TRIP_MS = 1500;
/** Share of retransmitted round trips from which loss is heavy. At 30 % loss a way about half of them are; at 1 % one in fifty. */
const HEAVY_SHARE = 0.2;
const RETRANSMIT_MS = 190;
/** Fewer trips than this say nothing about loss. */
const ENOUGH = 8;

export type LineCondition = 'slow_link' | 'heavy_loss';

/** The newest round trips, oldest first, at most 20; ms. */
export function withTrip(trips: readonly number[], tripMs: number): readonly number[] {
  return [...trips.slice(-(LOOK_BACK - 1)), tripMs];
}

export function lineCondition(trips: readonly number[]): LineCondition | undefined {
  const last = trips.slice(-SLOW_IN_A_ROW);
  if (last.length === SLOW_IN_A_ROW && Math.min(...last) >= SLOW_TRIP_MS) return 'slow_link';
  if (trips.length < ENOUGH) return undefined;
  const usual = trips.toSorted((a, b) => a - b)[Math.floor(trips.length / 4)] ?? 0;
  const retransmitted = trips.filter((trip) => trip >= 1.5 * usual + RETRANSMIT_MS).length;
  return retransmitted / trips.length >= HEAVY_SHARE ? 'heavy_loss' : undefined;
}
