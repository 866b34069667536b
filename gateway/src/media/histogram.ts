/** How many values were at most each bound, as Prometheus reads it: cumulative, with sum and count (text format 0.0.4). Pure. */
import type { Row } from './metric.ts';

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** @param bounds upper ends, rising; the last bucket is open */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  add(value: number): void {
    this.#sum += value;
    this.#count++;
    this.#bounds.forEach((bound, i) => {
      if (value <= bound) this.#counts[i] = (this.#counts[i] ?? 0) + 1;
    });
  }

  /** @param label that tells this histogram from others of its name, such as `leg="caller"` */
  rows(label: string): Row[] {
    return [
      ...this.#bounds.map((bound, i): Row => [`_bucket{${label},le="${bound}"}`, this.#counts[i] ?? 0]),
      [`_bucket{${label},le="+Inf"}`, this.#count],
      [`_sum{${label}}`, this.#sum],
      [`_count{${label}}`, this.#count],
    ];
  }
}
