/**
 * Even UDP ports for RTP, each with the odd one above it for RTCP (RFC 3550 §11). A port given back rests a while, so that late packets
 * of the call before do not reach the next one. Times are monotonic ms.
 */
export const PORT_REST_MS = 5000;

export class PortPool {
  readonly #first: number;
  readonly #pairs: number;
  readonly #taken = new Set<number>();
  /** Port → when it may be taken again; in order of return. */
  readonly #resting = new Map<number, number>();
  #next = 0;

  /** Uses the even ports of [min, max] whose successor is in the range too. */
  constructor(min: number, max: number) {
    this.#first = min + (min % 2);
    this.#pairs = Math.max(0, Math.floor((max - this.#first + 1) / 2));
  }

  get size(): number {
    return this.#pairs;
  }
  get inUse(): number {
    return this.#taken.size;
  }

  /** The next free port, in turn over the whole range; undefined when none is free. */
  take(nowMs: number): number | undefined {
    for (const [port, untilMs] of this.#resting) {
      if (untilMs > nowMs) break;
      this.#resting.delete(port);
    }
    for (let tried = 0; tried < this.#pairs; tried++) {
      const port = this.#first + 2 * this.#next;
      this.#next = (this.#next + 1) % this.#pairs;
      if (this.#taken.has(port) || this.#resting.has(port)) continue;
      this.#taken.add(port);
      return port;
    }
    return undefined;
  }

  giveBack(port: number, nowMs: number): void {
    if (this.#taken.delete(port)) this.#resting.set(port, nowMs + PORT_REST_MS);
  }
}
