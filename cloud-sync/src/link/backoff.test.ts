import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

const RULES = { firstMs: 250, longestMs: 5000 };

describe('backoff', () => {
  it('doubles up to its longest wait', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 1e9].map((attempt) => backoffMs(attempt, 0.999999, RULES))).toEqual([
      250, 500, 1000, 2000, 4000, 5000, 5000, 5000,
    ]);
  });

  it('spreads over half of the wait, so that sites do not return in step', () => {
    fc.assert(
      fc.property(fc.nat({ max: 40 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
        const wholeMs = Math.min(RULES.longestMs, RULES.firstMs * 2 ** attempt);
        const ms = backoffMs(attempt, random, RULES);
        expect(ms).toBeGreaterThanOrEqual(Math.floor(wholeMs / 2));
        expect(ms).toBeLessThanOrEqual(wholeMs);
      }),
    );
  });
});
