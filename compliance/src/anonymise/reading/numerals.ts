/** The characters and words that people write and say for single digits, and for a digit several times. Folded forms. Pure. */
import { WordTree, words } from './word-tree.ts';

export interface Symbol {
  /** One or more digits, `X`, or a letter where letters are read. */
  readonly value: string;
  readonly length: number;
  /** `written`: 0–9 and letters; `spoken`: numerals and number words. A change of script is a soft break, a slip has one on either side. */
  readonly script: 'written' | 'spoken' | 'slip';
}

const digitsOf = (rows: readonly string[]): [string, string][] =>
  rows.flatMap((row, digit) => row.split('').map((char): [string, string] => [char, String(digit)]));

/** 幺 拐 洞 勾 and 两 are how digits are read out over a bad line. */
const NUMERALS = new Map(digitsOf(['零〇洞', '一幺壹弌', '二两贰', '三叁', '四肆', '五伍', '六陆', '七拐柒', '八捌', '九勾玖']));
/** What speech recognition writes for a digit it heard among digits; read as one only where a keyword expects a number. */
const SLIPS = new Map(
  digitsOf([
    '灵另凌铃领O欧',
    '要腰妖夭吆么医衣依LI',
    '而儿耳尔Z',
    '山伞散',
    '是寺思死似',
    '我武舞无吴S',
    '流留柳刘',
    '期妻其起器',
    '吧爸巴扒把B',
    '就酒久救',
  ]),
);
const ENGLISH = new WordTree([
  ...['ZERO', 'ONE', 'TWO', 'THREE', 'FOUR', 'FIVE', 'SIX', 'SEVEN', 'EIGHT', 'NINE'].flatMap((word, digit) => words(word, String(digit))),
  ...words('OH', '0'),
]);
/** How often the digit behind it comes. */
const TIMES = new WordTree([
  ...words('DOUBLE_ DOUBLE 俩 双', 2),
  ...words('TRIPLE_ TRIPLE 仨', 3),
  ...['二两2', '三3', '四4', '五5', '六6', '七7', '八8', '九9'].flatMap((chars, i) =>
    chars.split('').flatMap((char) => words(`${char}个 ${char}个_ ${char}连 ${char}遍 ${char}个连着的 ${char}个连续的`, i + 2)),
  ),
]);
const SPOKEN_X = new WordTree(words('大写X 大写的X 字母X 艾克斯 埃克斯 爱克斯 叉 ×', 'X'));

const isWrittenDigit = (char: string): boolean => char >= '0' && char <= '9' && char.length === 1;
export const isLetter = (char: string): boolean => char >= 'A' && char <= 'Z' && char.length === 1;

export interface Reader {
  /** Letters are symbols too: for plates, passports and company codes. */
  readonly letters: boolean;
  readonly slips: boolean;
}

function digitAt(text: string, at: number, slips: boolean): Symbol | undefined {
  const char = text.charAt(at);
  if (isWrittenDigit(char)) return { value: char, length: 1, script: 'written' };
  const numeral = NUMERALS.get(char);
  if (numeral !== undefined) return { value: numeral, length: 1, script: 'spoken' };
  const slip = slips ? SLIPS.get(char) : undefined;
  return slip === undefined ? undefined : { value: slip, length: 1, script: 'slip' };
}

function repeatedAt(text: string, at: number, slips: boolean): Symbol | undefined {
  const times = TIMES.longestAt(text, at);
  if (times === undefined) return undefined;
  const digit = digitAt(text, times.end, slips);
  if (digit === undefined) return undefined;
  // 两个138…: two of something whose number follows, not two ones
  if (digit.script === 'written' && isWrittenDigit(text.charAt(times.end + 1)) && !isWrittenDigit(text.charAt(at - 1))) return undefined;
  return { value: digit.value.repeat(times.value), length: times.end + digit.length - at, script: 'spoken' };
}

/** The symbol that begins at `at`, if one does. `afterDigit`: an X is read only behind a digit. */
export function symbolAt(text: string, at: number, { letters, slips }: Reader, afterDigit: boolean): Symbol | undefined {
  const simple = repeatedAt(text, at, slips) ?? digitAt(text, at, slips);
  if (simple !== undefined) return simple;
  const char = text.charAt(at);
  if (letters) return isLetter(char) ? { value: char, length: 1, script: 'written' } : undefined;
  if (isLetter(char)) {
    if (!isLetter(text.charAt(at - 1))) {
      const word = ENGLISH.longestAt(text, at);
      if (word !== undefined && !isLetter(text.charAt(word.end))) return { value: word.value, length: word.end - at, script: 'spoken' };
    }
    return afterDigit && char === 'X' && !isLetter(text.charAt(at + 1)) ? { value: 'X', length: 1, script: 'written' } : undefined;
  }
  const x = afterDigit ? SPOKEN_X.longestAt(text, at) : undefined;
  return x === undefined ? undefined : { value: 'X', length: x.end - at, script: 'written' };
}
