/**
 * Which packet of a source this is, counted over the wraps of its 16-bit sequence number, and whether it was seen before: RFC 3711 §3.3.1
 * (estimate of the rollover counter) and §3.3.2 (replay). An index is `rollovers * 65536 + sequence`, below 2^48.
 */
export const SEQUENCES = 65_536;
/** Packets behind the newest that can still be told from a replay; §3.3.2 asks for 64. */
export const REPLAY_WINDOW = 128;

/** The rollover counter a sequence number most likely belongs to; -1 is before the first packet. @param newest index of the newest packet */
export function likelyRollovers(newest: number, sequence: number): number {
  const rollovers = Math.floor(newest / SEQUENCES);
  const last = newest % SEQUENCES;
  if (last < SEQUENCES / 2) return sequence - last > SEQUENCES / 2 ? rollovers - 1 : rollovers;
  return last - SEQUENCES / 2 > sequence ? rollovers + 1 : rollovers;
}

export class ReplayWindow {
  #newest = -1;
  readonly #seen = new Float64Array(REPLAY_WINDOW).fill(-1);

  /** -1 before the first packet. */
  get newest(): number {
    return this.#newest;
  }

  isFresh(index: number): boolean {
    return index > this.#newest - REPLAY_WINDOW && this.#seen[index % REPLAY_WINDOW] !== index;
  }

  /** Only for a packet that is authentic, or a forger could move the window. */
  take(index: number): void {
    this.#seen[index % REPLAY_WINDOW] = index;
    if (index > this.#newest) this.#newest = index;
  }
}
