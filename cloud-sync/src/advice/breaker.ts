/**
 * Circuit breaker in front of the cloud's advice, pure: `closed → open → half_open → closed`. Times are monotonic ms.
 * While open nobody waits for an answer that will not come; half-open lets one question through to find out.
 */
export interface BreakerRules {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open before one question may try, ms. */
  readonly retryMs: number;
}

export type Breaker =
  | { readonly at: 'closed'; readonly failures: number }
  | { readonly at: 'open'; readonly untilMs: number }
  /** `untilMs`: when the one question out is taken as lost, so that a lost probe cannot keep the breaker half-open for ever. */
  | { readonly at: 'half_open'; readonly untilMs: number };

export const CLOSED: Breaker = { at: 'closed', failures: 0 };

/** `fatal`: known at once that nobody is there (no responders, link down); opens without counting. */
export type AdviceResult = 'answered' | 'failed' | 'fatal';

/** Whether a question may go out now, and the breaker after that. */
export function admit(breaker: Breaker, nowMs: number, rules: BreakerRules): { readonly allowed: boolean; readonly breaker: Breaker } {
  if (breaker.at === 'closed') return { allowed: true, breaker };
  if (nowMs < breaker.untilMs) return { allowed: false, breaker };
  return { allowed: true, breaker: { at: 'half_open', untilMs: nowMs + rules.retryMs } };
}

/** What became of a question that was admitted. */
export function settle(breaker: Breaker, result: AdviceResult, nowMs: number, rules: BreakerRules): Breaker {
  const open: Breaker = { at: 'open', untilMs: nowMs + rules.retryMs };
  // A question asked before the breaker opened says nothing new; only the probe may close it.
  if (breaker.at === 'open') return breaker;
  if (result === 'answered') return CLOSED;
  if (result === 'fatal' || breaker.at === 'half_open') return open;
  const failures = breaker.failures + 1;
  return failures >= rules.failures ? open : { at: 'closed', failures };
}
