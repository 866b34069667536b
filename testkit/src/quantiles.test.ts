import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantiles } from './quantiles.ts';

describe('quantiles', () => {
  it('are members of the sample, found by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(quantiles(hundred)).toEqual({ p50: 50, p95: 95, p99: 99 });
    expect(quantiles([7])).toEqual({ p50: 7, p95: 7, p99: 7 });
    expect(quantiles([])).toEqual({ p50: Number.NaN, p95: Number.NaN, p99: Number.NaN });
  });

  it('do not depend on the order of the sample and grow with the share', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1 }), (sample) => {
        const { p50, p95, p99 } = quantiles(sample);
        expect(quantiles(sample.toReversed())).toEqual({ p50, p95, p99 });
        expect(p50 <= p95 && p95 <= p99).toBe(true);
      }),
    );
  });
});
