/** Pure: how long to wait before a child that crashed is started again. Times in ms, monotonic. */

/** The first restart is nearly at once, because new calls must be possible 5 s after a crash. */
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;
/** Crashes older than this no longer count. */
const MEMORY_MS = 60_000;

export interface Restart {
  readonly delayMs: number;
  /** The crashes to remember, at most as many as fit in the window at the shortest delays. */
  readonly crashes: readonly number[];
}

/** Doubles from 200 ms to 10 s with each crash of the last minute: at most 12 starts a minute once it keeps crashing. */
export function nextRestart(crashes: readonly number[], nowMs: number): Restart {
  const recent = [...crashes, nowMs].filter((at) => nowMs - at < MEMORY_MS);
  return { crashes: recent, delayMs: Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (recent.length - 1)) };
}
