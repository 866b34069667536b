/** Waiting before another try: exponential with full jitter, so that a thousand sites do not return in step. Pure; ms. */
export interface BackoffRules {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * @param attempt 0 for the first wait
 * @param random a number from 0 (inclusive) to 1 (exclusive)
 * @returns between half and the whole of `firstMs × 2^attempt`, never above `longestMs`
 */
export function backoffMs(attempt: number, random: number, rules: BackoffRules): number {
  const wholeMs = Math.min(rules.longestMs, rules.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(wholeMs * (0.5 + random / 2));
}
