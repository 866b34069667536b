import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isChangeDue, passwordFault } from './password-policy.ts';

const policy = { minLength: 12, privilegedMaxAgeMs: 90 * 86_400_000 };

describe('a new password', () => {
  it.each(['Blue-kettle-7', 'zwölf Möwen 8!', 'correct-horse-battery', '我的口令Abc123456!x', 'kzpm-3hq7-wte9-rxv2'])(
    'is taken: %s',
    (password) => {
      expect(passwordFault(password, 'li', policy)).toBeUndefined();
    },
  );

  it.each([
    ['short-1A', 'fewer than 12 characters'],
    ['onlysmallletters', '1 of four classes'],
    ['small-and-signs', '2 of four classes'],
    ['aaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'different characters'],
    ['Wang.jun-2026', 'name of the account'],
    ['x'.repeat(257), 'more than 256'],
  ])('is refused: %s', (password, why) => {
    expect(passwordFault(password, 'wang.jun', policy)).toContain(why);
  });

  it('is never quoted in the reason it was refused for', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 7, maxLength: 30, unit: 'grapheme' }), (password) => {
        const why = passwordFault(password, 'li', policy);
        expect(why?.includes(password) ?? false).toBe(false);
      }),
    );
  });
});

describe('an old password', () => {
  const day = 86_400_000;
  it.each([
    [false, 400, false],
    [true, 89, false],
    [true, 90, true],
  ])('of a privileged (%s) account after %i days must change: %s', (isPrivileged, days, due) => {
    expect(isChangeDue({ mustChange: false, changedAtMs: 0 }, { isPrivileged }, days * day, policy)).toBe(due);
    expect(isChangeDue({ mustChange: true, changedAtMs: 0 }, { isPrivileged }, days * day, policy)).toBe(true);
  });
});
