import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '@keepline/contracts/ids';
import { findPersonalData } from './personal-data.ts';

/** The specimen of GB 11643-1999, and one ending in X. */
const RESIDENT_ID = '11010519491231002X';
const RESIDENT_ID_DIGITS = '440524188001010014';
const CARD = '6222020200112233446';

describe('personal data in words', () => {
  it.for([
    ['13800138000', 'mobile_number'],
    ['+86 138 0013 8000', 'mobile_number'],
    ['138-0013-8000', 'mobile_number'],
    ['0086-19912345678', 'mobile_number'],
    ['手机１３８００１３８０００', 'mobile_number'],
    ['电话13800138000号', 'mobile_number'],
    ['tel13800138000x', 'mobile_number'],
    [`身份证${RESIDENT_ID}`, 'resident_id'],
    [`id ${RESIDENT_ID.toLowerCase()}`, 'resident_id'],
    [RESIDENT_ID_DIGITS, 'resident_id'],
    ['110105 19491231 002X', 'resident_id'],
    ['130503670401001', 'resident_id'],
    [CARD, 'bank_card'],
    ['4111 1111 1111 1111', 'bank_card'],
    ['li.jing@example.com', 'email'],
    ['邮箱 李静@例子.中国', 'email'],
    ['a01234567890b', 'long_number'],
  ] as const)('finds %s as %s (Han characters and letters are no boundary)', ([text, finding]) => {
    expect(findPersonalData(text, 'text')).toBe(finding);
  });

  it.for(['', 'cards', 'loans_2', '95588', '400-800-8000', '2026-11-22', '信用卡', 'q1-q2-q3', '1 2 3 4 5'])('lets %s pass', (text) => {
    expect(findPersonalData(text, 'text')).toBeUndefined();
  });

  it('a wrong check digit is not called a resident number or a card, yet a number that long does not pass', () => {
    expect(findPersonalData('110105194912310021', 'text')).toBe('long_number');
    expect(findPersonalData('110105194913310020', 'text')).not.toBe('resident_id'); // no 13th month
    expect(findPersonalData('6222020200112233440', 'text')).toBe('long_number');
  });

  it('finds any mobile number in any surroundings', () => {
    const mobile = fc
      .tuple(fc.integer({ min: 13, max: 19 }), fc.integer({ min: 0, max: 999_999_999 }))
      .map(([head, rest]) => `${head}${String(rest).padStart(9, '0')}`);
    const around = fc.string().filter((text) => !/\d/.test(text.normalize('NFKC')));
    fc.assert(
      fc.property(mobile, around, around, (number, left, right) => {
        expect(findPersonalData(`${left}${number}${right}`, 'text')).toBeDefined();
      }),
    );
  });
});

describe('personal data in identifiers', () => {
  it('does not trip over the digits of identifiers and pseudonyms', () => {
    const time = fc.integer({ min: 1_577_836_800_000, max: 4_102_444_800_000 });
    fc.assert(
      fc.property(time, (ms) => {
        expect(findPersonalData(newId('evt', ms), 'opaque')).toBeUndefined();
      }),
      { numRuns: 5000 },
    );
    expect(findPersonalData('evt-03bb2cc3-fbf0-7a11-8b3c-013800138000', 'opaque')).toBeUndefined();
    expect(findPersonalData('evt-03bb2cc3-fbf0-4a11-8b3c-013800138000', 'opaque')).toBe('mobile_number'); // no identifier of ours
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    for (const encoding of ['hex', 'base64url'] as const) {
      fc.assert(
        fc.property(bytes, (raw) => {
          expect(findPersonalData(`caller-${Buffer.from(raw).toString(encoding)}`, 'opaque')).toBeUndefined();
        }),
        { numRuns: 5000 },
      );
    }
  });

  it('does not join the groups of an identifier into a number', () => {
    expect(findPersonalData('evt-01380013-8000-7000-8000-138001380001', 'opaque')).toBeUndefined();
  });

  it.for([
    ['call-13800138000', 'mobile_number'],
    [`caller-${RESIDENT_ID}`, 'resident_id'],
    [`caller-${CARD}`, 'bank_card'],
    ['13800138000', 'mobile_number'],
    ['caller-li@example.com', 'email'],
  ] as const)('finds %s where a number was put in the place of a pseudonym', ([text, finding]) => {
    expect(findPersonalData(text, 'opaque')).toBe(finding);
  });
});
