import type { Clock } from '@keepline/contracts/clock';
import { describe, expect, it } from 'vitest';
import { startTicker } from './ticker.ts';

/** A clock whose timers fire `lateMs` after they are due, as on a busy machine. */
function busyClock(lateMs: () => number) {
  let nowMs = 0;
  let pending: { readonly atMs: number; readonly fn: () => void } | undefined;
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    after(ms, fn) {
      pending = { atMs: nowMs + ms, fn };
      return () => (pending = undefined);
    },
    every: () => () => {},
  };
  const runUntil = (endMs: number): void => {
    for (let next = pending; next && next.atMs <= endMs; next = pending) {
      const { atMs, fn } = next;
      nowMs = Math.max(nowMs, atMs) + lateMs();
      fn();
    }
  };
  return { clock, runUntil };
}

describe('the ticker', () => {
  it('does not drift, though every timer fires late', () => {
    let turn = 0;
    const { clock, runUntil } = busyClock(() => (turn++ % 7) + 0.4);
    let ticks = 0;
    startTicker(clock, () => ticks++);
    runUntil(60_000);
    expect(Math.abs(ticks - 3000)).toBeLessThanOrEqual(1);
  });

  it('makes up for a short stall and lets a long one go, so that nothing bursts', () => {
    const stalls = [0, 0, 90, 0, 0, 5000, 0];
    const { clock, runUntil } = busyClock(() => stalls.shift() ?? 0);
    const times: number[] = [];
    startTicker(clock, (nowMs) => times.push(nowMs));
    runUntil(5400);
    const together = Map.groupBy(times, (ms) => ms);
    expect(together.get(150)).toHaveLength(5);
    expect(Math.max(...[...together.values()].map((same) => same.length))).toBe(5);
    expect(times.some((ms) => ms > 5100)).toBe(true);
  });

  it('stops', () => {
    const { clock, runUntil } = busyClock(() => 0);
    let ticks = 0;
    const stop = startTicker(clock, () => ticks++);
    runUntil(100);
    stop();
    runUntil(1000);
    expect(ticks).toBe(5);
  });
});
