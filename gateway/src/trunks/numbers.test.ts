/** The numbering plan as a table: what a trunk writes, what it is, and what goes out again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialString, type NumberKind, type NumberRules, readNumber } from './numbers.ts';

const BEIJING: NumberRules = { areaCode: '10', extensions: '', outbound: 'national', prefix: '' };
const HANGZHOU: NumberRules = { ...BEIJING, areaCode: '571' };

/** Written, kind, E.164, extension. */
const READ: ReadonlyArray<readonly [string, NumberKind, string, string?]> = [
  ...['13800138000', '013800138000', '8613800138000', '+8613800138000', '008613800138000', '+86 138 0013 8000', '138-0013-8000'].map(
    (text) => [text, 'mobile', '+8613800138000'] as const,
  ),
  ...['(+86)13800138000', '+86-138-0013-8000', ' 13800138000 ', '１３８００１３８０００', '138.0013.8000', '138 0013 8000'].map(
    (text) => [text, 'mobile', '+8613800138000'] as const,
  ),
  ...['14500000000', '15012345678', '16612345678', '17012345678', '18912345678', '19912345678'].map(
    (text) => [text, 'mobile', `+86${text}`] as const,
  ),
  ['12012345678', 'unknown', ''],
  ['1380013800', 'unknown', ''],
  ['138001380000', 'unknown', ''],
  ...['01088886666', '1088886666', '+861088886666', '861088886666', '00861088886666', '88886666', '010-88886666', '(010)88886666'].map(
    (text) => [text, 'landline', '+861088886666'] as const,
  ),
  ...['+86 (0)10 8888 6666', '+86 10 8888 6666', '010 8888 6666', '010－88886666', '8888-6666', '+8601088886666'].map(
    (text) => [text, 'landline', '+861088886666'] as const,
  ),
  ['02161234567', 'landline', '+862161234567'],
  ['2161234567', 'landline', '+862161234567'],
  ['02023456789', 'landline', '+862023456789'],
  ['02223456789', 'landline', '+862223456789'],
  ['02323456789', 'landline', '+862323456789'],
  ['02423456789', 'landline', '+862423456789'],
  ['02523456789', 'landline', '+862523456789'],
  ['02723456789', 'landline', '+862723456789'],
  ['02823456789', 'landline', '+862823456789'],
  ['02923456789', 'landline', '+862923456789'],
  ['02623456789', 'unknown', ''],
  ['057187654321', 'landline', '+8657187654321'],
  ['57187654321', 'landline', '+8657187654321'],
  ['+8657187654321', 'landline', '+8657187654321'],
  ['075526001234', 'landline', '+8675526001234'],
  ['03118765432', 'landline', '+863118765432'],
  ['09912345678', 'landline', '+869912345678'],
  ['08982345678', 'landline', '+868982345678'],
  ['0101234567', 'unknown', ''],
  ['010188886666', 'unknown', ''],
  ['01098886666', 'unknown', ''],
  ['0571876543', 'unknown', ''],
  ['010-88886666-8001', 'landline', '+861088886666', '8001'],
  ['01088886666转8001', 'landline', '+861088886666', '8001'],
  ['01088886666轉8001', 'landline', '+861088886666', '8001'],
  ['01088886666,8001', 'landline', '+861088886666', '8001'],
  ['01088886666;ext=8001', 'landline', '+861088886666', '8001'],
  ['01088886666 ext. 8001', 'landline', '+861088886666', '8001'],
  ['01088886666x8001', 'landline', '+861088886666', '8001'],
  ['+861088886666#12', 'landline', '+861088886666', '12'],
  ['0571-87654321-6', 'landline', '+8657187654321', '6'],
  ['4008895588', 'service', '+864008895588'],
  ['400-889-5588', 'service', '+864008895588'],
  ['+864008895588', 'service', '+864008895588'],
  ['8008108888', 'service', '+868008108888'],
  ['800-810-8888', 'service', '+868008108888'],
  ['4008895588转2', 'service', '+864008895588', '2'],
  ['95588', 'short', ''],
  ['95533', 'short', ''],
  ['95599', 'short', ''],
  ['955880', 'short', ''],
  ['95017123', 'short', ''],
  ['+8695588', 'short', ''],
  ['01095588', 'short', ''],
  ['057195588', 'short', ''],
  ['96110', 'short', ''],
  ['961234', 'short', ''],
  ['12345', 'short', ''],
  ['12315', 'short', ''],
  ['12378', 'short', ''],
  ['10086', 'short', ''],
  ['10010', 'short', ''],
  ['10000', 'short', ''],
  ['114', 'short', ''],
  ['110', 'emergency', ''],
  ['119', 'emergency', ''],
  ['120', 'emergency', ''],
  ['122', 'emergency', ''],
  ['+86110', 'unknown', ''],
  ['+85221234567', 'international', '+85221234567'],
  ['0085221234567', 'international', '+85221234567'],
  ['+85328123456', 'international', '+85328123456'],
  ['+886223456789', 'international', '+886223456789'],
  ['00886223456789', 'international', '+886223456789'],
  ['+12125550123', 'international', '+12125550123'],
  ['0012125550123', 'international', '+12125550123'],
  ['+44 20 7946 0018', 'international', '+442079460018'],
  ['+44 (0)20 7946 0018', 'international', '+442079460018'],
  ['+4930123456', 'international', '+4930123456'],
  ['+1234567890123456', 'unknown', ''],
  ['+123456', 'unknown', ''],
  ['+01234567', 'unknown', ''],
  ['000123456789', 'unknown', ''],
  ['', 'anonymous', ''],
  ['anonymous', 'anonymous', ''],
  ['Anonymous', 'anonymous', ''],
  ['unavailable', 'anonymous', ''],
  ['Restricted', 'anonymous', ''],
  ['agent1', 'unknown', ''],
  ['1', 'unknown', ''],
  ['99', 'unknown', ''],
];

describe('a number as a trunk writes it', () => {
  it.each(READ.map(([text, kind, e164, extension = '']) => [text, kind, e164, extension] as const))(
    '%s is %s %s %s',
    (text, kind, e164, extension) => {
      expect(readNumber(text, BEIJING)).toMatchObject({ kind, e164, extension });
    },
  );

  it('is read from a hundred sides', () => expect(READ.length).toBeGreaterThanOrEqual(100));

  it('is local to the area of the site', () => {
    expect(readNumber('87654321', HANGZHOU)).toMatchObject({ kind: 'landline', e164: '+8657187654321' });
    expect(readNumber('87654321', { ...HANGZHOU, areaCode: '' }).kind).toBe('unknown');
  });

  it('is an extension first where the site says what extensions look like', () => {
    const pbx: NumberRules = { ...BEIJING, extensions: '8[0-9]{3}|110' };
    expect(readNumber('8001', pbx)).toMatchObject({ kind: 'extension', national: '8001' });
    expect(readNumber('18001', pbx).kind).not.toBe('extension');
  });
});

describe('a number as a trunk dials it', () => {
  it.each([
    ['13800138000', 'e164', '', '+8613800138000'],
    ['13800138000', 'national', '', '13800138000'],
    ['+8613800138000', 'local', '9', '913800138000'],
    ['88886666', 'e164', '', '+861088886666'],
    ['+861088886666', 'national', '', '01088886666'],
    ['+861088886666', 'local', '', '88886666'],
    ['057187654321', 'local', '', '057187654321'],
    ['+85221234567', 'national', '0', '00085221234567'],
    ['+85221234567', 'e164', '', '+85221234567'],
    ['4008895588', 'e164', '', '4008895588'],
    ['95588', 'e164', '9', '995588'],
    ['110', 'e164', '9', '9110'],
  ] as const)('%s as %s with prefix "%s" is %s', (text, outbound, prefix, dialled) => {
    const rules: NumberRules = { ...BEIJING, outbound, prefix };
    expect(dialString(readNumber(text, rules), rules)).toBe(dialled);
  });

  it('is nothing for what fits no plan', () => {
    for (const text of ['', 'anonymous', '1380013800', 'agent1']) expect(dialString(readNumber(text, BEIJING), BEIJING)).toBeNull();
  });

  it('comes back as the same number, whichever way the trunk writes it', () => {
    const mobile = fc.stringMatching(/^1[3-9][0-9]{9}$/);
    const fixed = fc.stringMatching(/^0(10|2[0-57-9])[2-8][0-9]{7}$/);
    const abroad = fc.stringMatching(/^\+[1-79][0-9]{7,12}$/);
    fc.assert(
      fc.property(fc.oneof(mobile, fixed, abroad), fc.constantFrom('e164', 'national', 'local'), (text, outbound) => {
        const rules: NumberRules = { ...BEIJING, outbound };
        const number = readNumber(text, rules);
        expect(readNumber(dialString(number, rules) ?? '', rules)).toEqual(number);
      }),
    );
  });

  it('survives any text in bounded time', () => {
    fc.assert(fc.property(fc.string({ maxLength: 500 }), (text) => readNumber(text, BEIJING).kind !== undefined));
    expect(readNumber(`1${'-'.repeat(50_000)}`, BEIJING).kind).toBe('unknown');
  });
});
