/**
 * Time as a dependency: everything that waits or measures takes a `Clock`, so tests turn the hands themselves.
 */
export interface Clock {
  /** Wall time in ms since 1970. May jump; never used for durations. */
  now(): number;
  /** Monotonic time in ms from an arbitrary zero. */
  monotonicMs(): number;
  /** Calls `fn` once after `ms`; the result disarms it and may be called any number of times. */
  after(ms: number, fn: () => void): () => void;
  /** Calls `fn` every `ms` until the result is called. */
  every(ms: number, fn: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
  every(ms, fn) {
    const timer = setInterval(fn, ms);
    return () => clearInterval(timer);
  },
};
