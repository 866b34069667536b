import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit, type AdviceResult, type Breaker, CLOSED, settle } from './breaker.ts';

const RULES = { failures: 3, retryMs: 5000 };

function after(results: readonly AdviceResult[], nowMs = 0): Breaker {
  return results.reduce<Breaker>((breaker, result) => settle(breaker, result, nowMs, RULES), CLOSED);
}

describe('advice breaker', () => {
  it('opens after three failures in a row, not after three in all', () => {
    expect(after(['failed', 'failed']).at).toBe('closed');
    expect(after(['failed', 'failed', 'failed']).at).toBe('open');
    expect(after(['failed', 'failed', 'answered', 'failed', 'failed']).at).toBe('closed');
  });

  it('opens at once when nobody can answer', () => {
    expect(after(['fatal']).at).toBe('open');
  });

  it('lets nobody wait while open, and one question through after the wait', () => {
    const open = after(['fatal'], 1000);
    expect(admit(open, 5999, RULES).allowed).toBe(false);
    const probe = admit(open, 6000, RULES);
    expect(probe).toMatchObject({ allowed: true, breaker: { at: 'half_open' } });
    expect(admit(probe.breaker, 6001, RULES).allowed).toBe(false);
    expect(settle(probe.breaker, 'answered', 6100, RULES)).toEqual(CLOSED);
    expect(settle(probe.breaker, 'failed', 6100, RULES)).toEqual({ at: 'open', untilMs: 11_100 });
  });

  it('a probe that never comes back does not keep it half-open for ever', () => {
    const probe = admit(after(['fatal'], 0), 5000, RULES).breaker;
    expect(admit(probe, 9999, RULES).allowed).toBe(false);
    expect(admit(probe, 10_000, RULES).allowed).toBe(true);
  });

  it('law: with a dead cloud at most one question per retry time waits once it is open', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2000 }), { minLength: 1, maxLength: 300 }), (gaps) => {
        let breaker = after(['fatal'], 0);
        let nowMs = 0;
        let lastMs = 0;
        for (const gap of gaps) {
          nowMs += gap;
          const tried = admit(breaker, nowMs, RULES);
          breaker = tried.breaker;
          if (!tried.allowed) continue;
          expect(nowMs - lastMs).toBeGreaterThanOrEqual(RULES.retryMs);
          lastMs = nowMs;
          breaker = settle(breaker, 'failed', nowMs, RULES);
        }
      }),
    );
  });

  const results = fc.constantFrom<AdviceResult>('answered', 'failed', 'fatal');
  const life = fc.array(fc.record({ afterMs: fc.nat({ max: 8000 }), result: results }), { maxLength: 200 });

  it('law: it opens only after `failures` in a row or a fatal one, and closes only by an answer to its own probe', () => {
    fc.assert(
      fc.property(life, (steps) => {
        let breaker: Breaker = CLOSED;
        let nowMs = 0;
        let inARow = 0;
        for (const { afterMs, result } of steps) {
          nowMs += afterMs;
          const tried = admit(breaker, nowMs, RULES);
          const before = breaker.at;
          breaker = tried.breaker;
          if (!tried.allowed) {
            expect(before).not.toBe('closed'); // a closed breaker holds nobody up
            continue;
          }
          inARow = result === 'answered' ? 0 : inARow + 1;
          breaker = settle(breaker, result, nowMs, RULES);
          if (result === 'answered') expect(breaker).toEqual(CLOSED);
          else if (before === 'closed') expect(breaker.at).toBe(result === 'fatal' || inARow >= RULES.failures ? 'open' : 'closed');
          else expect(breaker.at).toBe('open');
          if (breaker.at === 'closed' && inARow > 0) expect(breaker.failures).toBeLessThan(RULES.failures);
          if (breaker.at === 'open') inARow = 0;
        }
      }),
    );
  });

  it('law: a healed cloud is used again within one retry time, whatever happened before', () => {
    fc.assert(
      fc.property(life, (steps) => {
        let nowMs = 0;
        let breaker: Breaker = CLOSED;
        for (const { afterMs, result } of steps) {
          nowMs += afterMs;
          const tried = admit(breaker, nowMs, RULES);
          breaker = tried.allowed ? settle(tried.breaker, result, nowMs, RULES) : tried.breaker;
        }
        const tried = admit(breaker, nowMs + RULES.retryMs, RULES);
        expect(tried.allowed).toBe(true);
        expect(settle(tried.breaker, 'answered', nowMs + RULES.retryMs, RULES)).toEqual(CLOSED);
      }),
    );
  });

  it('law: answers to questions asked before it opened do not close it', () => {
    fc.assert(
      fc.property(fc.array(results, { maxLength: 50 }), (late) => {
        const open = after(['fatal'], 0);
        expect(late.reduce<Breaker>((breaker, result) => settle(breaker, result, 1, RULES), open)).toEqual(open);
      }),
    );
  });
});
