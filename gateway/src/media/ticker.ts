/**
 * The one timer of a worker thread: calls back every 20 ms of the monotonic clock without drifting. A turn that came late is made up for
 * by shorter waits; after a longer stall the schedule starts anew, so that nothing bursts.
 */
import type { Clock } from '@keepline/contracts/clock';

export const TICK_MS = 20;
/** Ticks made up for in one go: 100 ms. */
const CATCH_UP_TICKS = 5;

/** Starts at once; the result stops it. */
export function startTicker(clock: Clock, onTick: (nowMs: number) => void): () => void {
  let dueMs = clock.monotonicMs() + TICK_MS;
  let disarm = clock.after(TICK_MS, turn);
  function turn(): void {
    let nowMs = clock.monotonicMs();
    if (nowMs - dueMs > CATCH_UP_TICKS * TICK_MS) dueMs = nowMs;
    while (dueMs <= nowMs) {
      onTick(nowMs);
      dueMs += TICK_MS;
    }
    nowMs = clock.monotonicMs();
    disarm = clock.after(Math.max(0, dueMs - nowMs), turn);
  }
  return () => disarm();
}
