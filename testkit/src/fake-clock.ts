/**
 * A `Clock` whose hands the test turns. Wall and monotonic time move together, in ms; `jumpWall` moves the wall alone, as NTP may.
 */
import type { Clock } from '@keepline/contracts/clock';

/** Timers one `advance` may fire; above it a timer re-arms itself without time passing, which would hang the test. */
const MAX_FIRED = 1_000_000;

interface Timer {
  dueMs: number;
  readonly order: number;
  /** 0 for a timer that fires once. */
  readonly everyMs: number;
  readonly fn: () => void;
}

export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #monotonicMs = 0;
  #wallOffsetMs: number;
  #order = 0;

  /** @param startMs wall time at the beginning, ms since 1970 */
  constructor(startMs = 1_767_225_600_000) {
    this.#wallOffsetMs = startMs;
  }

  now(): number {
    return this.#wallOffsetMs + this.#monotonicMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(ms: number, fn: () => void): () => void {
    return this.#arm(ms, 0, fn);
  }

  /** As `setInterval` does, an interval below 1 ms counts as 1 ms. */
  every(ms: number, fn: () => void): () => void {
    const everyMs = Math.max(1, ms);
    return this.#arm(everyMs, everyMs, fn);
  }

  /** Timers armed and not yet fired or disarmed. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves wall time only; timers and durations do not notice. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Moves time on and fires what falls due, in order of due time, then of arming; timers armed meanwhile fire too when due. */
  advance(ms: number): void {
    const untilMs = this.#monotonicMs + ms;
    for (let fired = 0; ; fired++) {
      const timer = this.#takeDue(untilMs, fired);
      if (timer === undefined) break;
      timer.fn();
    }
    this.#monotonicMs = untilMs;
  }

  /** The same, and lets promises settle before, between and after the timers. */
  async advanceAsync(ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms;
    await settle();
    for (let fired = 0; ; fired++) {
      const timer = this.#takeDue(untilMs, fired);
      if (timer === undefined) break;
      timer.fn();
      await settle();
    }
    this.#monotonicMs = untilMs;
    await settle();
  }

  #arm(ms: number, everyMs: number, fn: () => void): () => void {
    const timer: Timer = { dueMs: this.#monotonicMs + Math.max(0, ms), order: this.#order++, everyMs, fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #takeDue(untilMs: number, fired: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue;
      if (next === undefined || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) next = timer;
    }
    if (next === undefined) return undefined;
    if (fired >= MAX_FIRED) throw new Error(`${MAX_FIRED} timers fired in one advance: something re-arms itself with no delay`);
    this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
    if (next.everyMs > 0) next.dueMs += next.everyMs;
    else this.#timers.delete(next);
    return next;
  }
}

/** One turn of the event loop: every promise that is ready, and what it makes ready, runs before the next timer. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
