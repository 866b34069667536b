/** Delays of millions of packets in bounded memory: buckets of 0.1 ms up to 2 s, and one for all beyond. Pure. */
const BUCKET_MS = 0.1;
const BUCKETS = 20_000;

export interface DelayFigures {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export class DelayHistogram {
  readonly #counts = new Uint32Array(BUCKETS + 1);
  #total = 0;
  #max = 0;

  /** @param ms at least 0 */
  add(ms: number): void {
    const bucket = Math.min(BUCKETS, Math.floor(ms / BUCKET_MS));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
    if (ms > this.#max) this.#max = ms;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = this.#max = 0;
  }

  /** Upper edges of the buckets the quantiles lie in, ms; NaN for none. */
  figures(): DelayFigures {
    return { p50: this.#quantile(0.5), p99: this.#quantile(0.99), max: Math.round(this.#max * 10) / 10 };
  }

  #quantile(share: number): number {
    if (this.#total === 0) return Number.NaN;
    const wanted = Math.ceil(share * this.#total);
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted) return Math.round((bucket + 1) * BUCKET_MS * 10) / 10;
    }
    return Number.NaN;
  }
}
