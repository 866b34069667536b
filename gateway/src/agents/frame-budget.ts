/**
 * How many frames a desk may send: a bucket that fills steadily (people click a few times a minute; building the audio takes six at
 * once). Pure; monotonic ms.
 */
export const FRAMES_PER_SECOND = 20;
export const FRAMES_AT_ONCE = 60;

export interface Budget {
  readonly left: number;
  readonly atMs: number;
}

export const fullBudget = (nowMs: number): Budget => ({ left: FRAMES_AT_ONCE, atMs: nowMs });

/** The budget after one more frame, or undefined when there was nothing left. */
export function spend(budget: Budget, nowMs: number): Budget | undefined {
  const left = Math.min(FRAMES_AT_ONCE, budget.left + ((nowMs - budget.atMs) * FRAMES_PER_SECOND) / 1000);
  return left < 1 ? undefined : { left: left - 1, atMs: nowMs };
}
