import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attempt, lockPolicy, PER_SOURCE, SignInGuard, type Tally, TALLIES_MAX } from './sign-in-guard.ts';

const PER_NAME = lockPolicy(5, 900_000);

describe('attempts in a row', () => {
  it('lock from the fifth failure on, for the minutes the site has set', () => {
    const locks: number[] = [];
    let tally: Tally | undefined;
    let nowMs = 0;
    for (let i = 0; i < 14; i++) {
      const verdict = attempt(tally, nowMs, PER_NAME);
      if (!verdict.allowed) throw new Error('the lock should be over');
      tally = verdict.after;
      locks.push((tally.lockedUntilMs - nowMs) / 1000);
      nowMs = tally.lockedUntilMs;
    }
    expect(locks).toEqual([0, 0, 0, 0, 900, 900, 900, 900, 900, 900, 900, 900, 900, 900]);
  });

  it('refused during a lock do not lengthen it', () => {
    const tally: Tally = { failures: 5, lastMs: 0, lockedUntilMs: 30_000 };
    expect(attempt(tally, 29_999, PER_NAME)).toEqual({ allowed: false, retryAfterMs: 1 });
    expect(attempt(tally, 30_000, PER_NAME)).toMatchObject({ allowed: true });
  });

  it('are forgotten after a day of peace', () => {
    const tally: Tally = { failures: 9, lastMs: 0, lockedUntilMs: 0 };
    expect(attempt(tally, PER_NAME.forgetMs, PER_NAME)).toMatchObject({ after: { failures: 1 } });
  });

  it('let at most 110 guesses through in a day, however they are timed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 300, maxLength: 300 }), (pauses) => {
        let tally: Tally | undefined;
        let [nowMs, through] = [0, 0];
        for (const pause of pauses) {
          nowMs += pause;
          if (nowMs >= 86_400_000) break;
          const verdict = attempt(tally, nowMs, PER_NAME);
          if (!verdict.allowed) continue;
          tally = verdict.after;
          through += 1;
        }
        expect(through).toBeLessThanOrEqual(110);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the guard', () => {
  const guard = () => new SignInGuard((name) => name === 'li', PER_NAME);
  const fail = (at: SignInGuard, name: string, source: string, times: number): number[] =>
    Array.from({ length: times }, () => at.begin(name, source, 0));

  it('locks invented names as it locks real ones, so a lock tells nothing', () => {
    const at = guard();
    expect(fail(at, 'li', '10.0.0.1', 6)).toEqual([0, 0, 0, 0, 0, 900_000]);
    expect(fail(at, 'nobody', '10.0.0.2', 6)).toEqual([0, 0, 0, 0, 0, 900_000]);
  });

  it('locks an address that tries many names, for all names', () => {
    const at = guard();
    const waits = Array.from({ length: PER_SOURCE.attempts + 1 }, (_, i) => at.begin(`name-${i}`, '10.0.0.1', 0));
    expect(waits.at(-1)).toBe(PER_SOURCE.firstLockMs);
    expect(at.begin('li', '10.0.0.9', 0)).toBe(0);
  });

  it('forgets failures of a name at success, but not those of its address', () => {
    const at = guard();
    fail(at, 'nobody', '10.0.0.1', 4);
    for (let i = 0; i < 24; i++) at.begin(`other-${i}`, '10.0.0.1', 0);
    expect(at.begin('li', '10.0.0.1', 0)).toBe(0);
    at.succeeded('li', '10.0.0.1');
    expect([at.begin('li', '10.0.0.1', 0), at.begin('x', '10.0.0.1', 0), at.begin('y', '10.0.0.1', 0)]).toEqual([0, 0, 30_000]);
  });

  it('does not count an attempt that came to no verdict', () => {
    const at = guard();
    for (let i = 0; i < 50; i++) {
      expect(at.begin('li', '10.0.0.1', 0)).toBe(0);
      at.undecided('li', '10.0.0.1');
    }
    expect(at.size).toBe(0);
  });

  it('stays bounded under a flood of invented names and addresses, and keeps the lock of a real one', () => {
    const at = guard();
    fail(at, 'li', '10.0.0.1', 5);
    for (let i = 0; i < TALLIES_MAX + 500; i++) at.begin(`name-${i}`, `source-${i}`, 0);
    expect(at.size).toBe(2 * TALLIES_MAX + 1);
    expect(at.begin('li', '10.9.9.9', 0)).toBe(900_000);
  });

  it('goes on from the tallies of the run before, and forgets one that is unlocked', () => {
    const before = guard();
    fail(before, 'li', '10.0.0.1', 5);
    const tally = before.tally('li');
    const after = new SignInGuard((name) => name === 'li', PER_NAME, new Map(tally ? [['li', tally]] : []));
    expect(after.begin('li', '10.0.0.2', 0)).toBe(900_000);
    expect(after.isLocked('li', 0)).toBe(true);
    after.unlock('li');
    expect(after.begin('li', '10.0.0.2', 0)).toBe(0);
  });
});
