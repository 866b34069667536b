import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Progress, stageOf } from './session-stage.ts';

const progress: fc.Arbitrary<Progress> = fc.record({
  hasFactor: fc.boolean(),
  factorProven: fc.boolean(),
  mustChangePassword: fc.boolean(),
  isPrivileged: fc.boolean(),
});

describe('a sign-in', () => {
  it('is open for a privileged role only with a proven factor and a password of its own', () => {
    fc.assert(
      fc.property(progress, (at) => {
        if (stageOf(at) !== 'open') return;
        expect(at.mustChangePassword).toBe(false);
        if (at.isPrivileged) expect(at.hasFactor && at.factorProven).toBe(true);
        if (at.hasFactor) expect(at.factorProven).toBe(true);
      }),
    );
  });

  it('comes to an end: each step done leads to a later one, at most three', () => {
    fc.assert(
      fc.property(progress, (start) => {
        let at = start;
        const seen: string[] = [];
        while (stageOf(at) !== 'open') {
          const stage = stageOf(at);
          expect(seen).not.toContain(stage);
          seen.push(stage);
          if (stage === 'second_factor') at = { ...at, factorProven: true };
          else if (stage === 'password_change') at = { ...at, mustChangePassword: false };
          else at = { ...at, hasFactor: true, factorProven: true };
        }
        expect(seen.length).toBeLessThanOrEqual(3);
      }),
    );
  });

  it('with a second factor never reaches the password change without it', () => {
    expect(stageOf({ hasFactor: true, factorProven: false, mustChangePassword: true, isPrivileged: true })).toBe('second_factor');
  });
});
