/**
 * The one timer of a worker thread: calls back every 20 ms of the monotonic clock without drifting. A turn that came late is made up for
 * by shorter waits; after a longer stall the schedule starts anew, so that nothing bursts.
 */
import type { Clock } from '@keepline/contracts/clock';

export const TICK_MS = 20;
/** Ticks made up for in one go: 100 ms. */
const CATCH_UP_TICKS = 5;

/** Starts at once and tells each time how late the turn came, ms; the result stops it. */
export function startTicker(clock: Clock, onTick: (nowMs: number, lateMs: number) => void): () => void {
  let dueMs = clock.monotonicMs() + TICK_MS;
  let disarm = clock.after(TICK_MS, turn);
  function turn(): void {
    let nowMs = clock.monotonicMs();
    const lateMs = nowMs - dueMs;
    if (lateMs > CATCH_UP_TICKS * TICK_MS) dueMs = nowMs;
    while (dueMs <= nowMs) {
      onTick(nowMs, lateMs);
      dueMs += TICK_MS;
    }
    nowMs = clock.monotonicMs();
    disarm = clock.after(Math.max(0, dueMs - nowMs), turn);
  }
  return () => disarm();
}
