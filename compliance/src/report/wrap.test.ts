import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wrap } from './wrap.ts';

/** A Chinese character is twice as wide as a Latin one. */
const widthOf = (character: string): number => (/[\u2e80-\uffef]/.test(character) ? 2 : 1);
const widthOfLine = (line: string): number => Array.from(line).reduce((sum, one) => sum + widthOf(one), 0);

describe('wrapping', () => {
  it.for([
    ['one two three', 7, ['one two', 'three']],
    ['审计日志可离线核对', 8, ['审计日志', '可离线核', '对']],
    ['审计日志，离线', 8, ['审计日', '志，离线']],
    ['0123456789', 4, ['0123', '4567', '89']],
    ['a\n\nb', 9, ['a', '', 'b']],
    ['审计 audit 日志', 9, ['审计', 'audit 日', '志']],
    ['', 9, ['']],
  ] as const)('%j in %d', ([text, width, lines]) => {
    expect(wrap(text, width, widthOf)).toEqual(lines);
  });

  it('loses nothing but spaces at the ends of lines, and no line is too wide', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('ab1 /，。审计日志(𠮷')), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 20 }), (given, width) => {
        const lines = wrap(given, width, widthOf);
        expect(lines.join('').replaceAll(' ', '')).toBe(given.replaceAll(' ', ''));
        for (const line of lines) expect(widthOfLine(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
