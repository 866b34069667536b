/**
 * How numbers of one RTP source follow each other (RFC 3550 §5.1), and when they do not: another SSRC, a sequence or timestamp that
 * jumped. Used wherever a source is mapped to a timeline of our own. Times are monotonic ms, timestamps are samples at 8 kHz.
 */
export const SAMPLES_PER_MS = 8;

/** The newest packet taken from a source. */
export interface LastHeard {
  ssrc: number;
  sequence: number;
  timestamp: number;
  atMs: number;
}

/** How far a timestamp may run ahead of our clock before it counts as a jump: 1 s. */
const AHEAD_MAX_SAMPLES = 1000 * SAMPLES_PER_MS;
/** How far it may lag behind, as in a stalled network that delivers late: 5 s. */
const BEHIND_MAX_SAMPLES = 5000 * SAMPLES_PER_MS;
/** How many packets late a packet may come and still belong to the stream: RFC 3550 A.1 MAX_MISORDER. */
const MISORDER_MAX = 100;

/** Distance `to - from` on the 16-bit circle: -32768 to 32767. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** Distance `to - from` on the 32-bit circle. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/** Whether a packet goes on with the stream `last` came from. False asks for a new anchor by arrival time. */
export function continues(last: LastHeard, ssrc: number, sequence: number, timestamp: number, atMs: number): boolean {
  if (ssrc !== last.ssrc) return false;
  const steps = sequenceDistance(last.sequence, sequence);
  const samples = timestampDistance(last.timestamp, timestamp);
  if (steps <= 0) return steps >= -MISORDER_MAX && samples <= 0 && samples >= -AHEAD_MAX_SAMPLES;
  const elapsed = (atMs - last.atMs) * SAMPLES_PER_MS;
  return samples >= 0 && samples <= elapsed + AHEAD_MAX_SAMPLES && samples >= elapsed - BEHIND_MAX_SAMPLES;
}
