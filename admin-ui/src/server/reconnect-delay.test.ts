import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_MS, reconnectDelayMs, SHORTEST_MS } from './reconnect-delay.ts';

describe('the wait before connecting again', () => {
  it('begins short, doubles, and ends at the longest', () => {
    expect([1, 2, 3, 4, 5, 6, 60].map((attempt) => reconnectDelayMs(attempt, 1))).toEqual([
      500,
      1000,
      2000,
      4000,
      8000,
      LONGEST_MS,
      LONGEST_MS,
    ]);
  });

  it('spreads desks over half of each step and never leaves its bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const ms = reconnectDelayMs(attempt, random);
        expect(ms).toBeGreaterThanOrEqual(SHORTEST_MS / 2);
        expect(ms).toBeLessThanOrEqual(LONGEST_MS);
      }),
    );
    expect(reconnectDelayMs(6, 0)).toBe(LONGEST_MS / 2);
  });
});
