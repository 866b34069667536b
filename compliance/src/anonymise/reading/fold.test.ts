import { describe, expect, it } from 'vitest';
import { fold } from './fold.ts';

const placed = (source: string): [string, string][] => {
  const { text, start, end } = fold(source);
  return text.split('').map((unit, i) => [unit, source.slice(start[i], end[i])]);
};

describe('fold', () => {
  it('reads full-width, circled, mathematical and dingbat digits as digits', () => {
    expect(fold('１②𝟑❹➄➏⓪㈧⒐').text).toBe('1234560八9');
  });

  it('keeps for each unit the piece of the source it came from, surrogate pairs and keycaps whole', () => {
    expect(placed('a𝟗8️⃣')).toEqual([
      ['A', 'a'],
      ['9', '𝟗'],
      ['8', '8️⃣'],
    ]);
    expect(placed('⑩')).toEqual([
      ['1', '⑩'],
      ['0', '⑩'],
    ]);
  });

  it('drops characters that nobody sees', () => {
    expect(fold('1\u200b3\u200d8\ufeff\u00ad0').text).toBe('1380');
  });

  it('brings traditional forms of the keywords to one spelling', () => {
    expect(fold('身份證號碼、手機').text).toBe('身份证号码、手机');
  });
});
