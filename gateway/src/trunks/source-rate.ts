/** How fast one source may begin calls: a token bucket each, in a bounded table. Times are monotonic ms and an argument. */

/** Sources remembered; a forgotten one begins with a full bucket, which costs one burst. */
export const MAX_BUCKETS = 10_000;

export class SourceRate {
  readonly #perSecond: number;
  readonly #max: number;
  readonly #buckets = new Map<string, { tokens: number; filledAtMs: number }>();

  /** A bucket holds two seconds' worth. */
  constructor(perSecond: number, max = MAX_BUCKETS) {
    this.#perSecond = perSecond;
    this.#max = max;
  }

  /** Takes one call of the allowance; false when there is none left. */
  take(address: string, nowMs: number): boolean {
    const full = this.#perSecond * 2;
    const bucket = this.#buckets.get(address) ?? { tokens: full, filledAtMs: nowMs };
    bucket.tokens = Math.min(full, bucket.tokens + ((nowMs - bucket.filledAtMs) / 1000) * this.#perSecond);
    bucket.filledAtMs = nowMs;
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#max) break;
      this.#buckets.delete(oldest);
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  get size(): number {
    return this.#buckets.size;
  }
}
