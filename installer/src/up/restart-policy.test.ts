import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRestart } from './restart-policy.ts';

describe('restarting a child that crashed', () => {
  it('is nearly immediate the first time, because new calls must be possible within 5 s', () => {
    expect(nextRestart([], 1000).delayMs).toBe(200);
  });

  it('doubles with every crash of the last minute up to 10 s', () => {
    let crashes: readonly number[] = [];
    const delays: number[] = [];
    for (let i = 0; i < 8; i++) {
      const next = nextRestart(crashes, 1000 + i);
      crashes = next.crashes;
      delays.push(next.delayMs);
    }
    expect(delays).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  });

  it('forgets a crash after a minute', () => {
    expect(nextRestart([0, 1, 2], 61_000)).toEqual({ delayMs: 200, crashes: [61_000] });
  });

  it('never starts a child that dies at once more than 13 times a minute, and remembers no more than that', () => {
    let crashes: readonly number[] = [];
    let now = 0;
    const starts: number[] = [];
    while (now < 600_000) {
      const next = nextRestart(crashes, now);
      crashes = next.crashes;
      now += next.delayMs;
      starts.push(now);
      expect(crashes.length).toBeLessThan(20);
    }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 540_000 }), (from) => {
        expect(starts.filter((at) => at >= from && at < from + 60_000).length).toBeLessThanOrEqual(13);
      }),
    );
  });
});
