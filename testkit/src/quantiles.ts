/** Quantiles of a sample by nearest rank, rounded to a hundredth; NaN for an empty sample. Pure. */
export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export function quantiles(sample: readonly number[]): Quantiles {
  const sorted = sample.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN) * 100) / 100;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
