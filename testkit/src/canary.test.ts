import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canariesIn } from './canary.ts';

const NUMBER = '13912345678';
const NAME = '欧阳静怡';
const around = fc.string({ unit: 'grapheme', maxLength: 9 });

describe('the search for canaries', () => {
  it.each([NUMBER, NAME])('finds %s in a longer text, in clear, base64, base64url and hex, wherever it begins', (canary) => {
    fc.assert(
      fc.property(around, around, (before, behind) => {
        const text = Buffer.from(`${before}${canary}${behind}`);
        for (const bytes of [
          text,
          Buffer.from(text.toString('base64')),
          Buffer.from(text.toString('base64url')),
          Buffer.from(text.toString('hex')),
          Buffer.from(text.toString('hex').toUpperCase()),
        ])
          expect(canariesIn(bytes, { it: canary })).not.toEqual([]);
      }),
    );
  });

  it.each([
    ['full-width digits', Buffer.from('号码１３９１２３４５６７８')],
    ['UTF-16', Buffer.from(`a${NUMBER}`, 'utf16le')],
    ['per cent', Buffer.from(encodeURIComponent(NAME))],
    ['JSON escapes', Buffer.from('{"n":"\\u6b27\\u9633\\u9759\\u6021"}')],
  ])('finds them as %s', (_, bytes) => {
    expect(canariesIn(bytes, { number: NUMBER, name: NAME })).not.toEqual([]);
  });

  it('finds nothing in what has none, such as the same number one digit off', () => {
    expect(canariesIn(Buffer.from('13912345679, 欧阳静仪'), { number: NUMBER, name: NAME })).toEqual([]);
  });
});
