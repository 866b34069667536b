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
    '灵另凌铃领林玲临令动冻东O欧',
    '要腰妖夭吆么邀药摇医衣依LI',
    '而儿耳尔亮Z',
    '山伞散善闪',
    '是寺思死似四司丝事',
    '我武舞无吴午屋S',
    '流留柳刘溜楼',
    '期妻其起器气骑棋怪乖',
    '吧爸巴扒把拔霸B',
    '就酒久救旧狗够钩沟',
  ]),
);
/** Slips that are link words too: 号码是二…, 我…; they are digits only behind a digit. */
const LINKS = new Set('是就我把吧其无而');
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

function digitAt(text: string, at: number, slips: boolean, afterDigit = true): Symbol | undefined {
  const char = text.charAt(at);
  if (isWrittenDigit(char)) return { value: char, length: 1, script: 'written' };
  const numeral = NUMERALS.get(char);
  if (numeral !== undefined) return { value: numeral, length: 1, script: 'spoken' };
  const slip = slips && (afterDigit || !LINKS.has(char)) ? SLIPS.get(char) : undefined;
  if (slip === undefined || (isLetter(char) && (isLetter(text.charAt(at - 1)) || isLetter(text.charAt(at + 1))))) return undefined;
  return { value: slip, length: 1, script: 'slip' };
}

/**
 * 两个138…: two of something whose number follows, or two ones and 38. At the start of a run both are read; undefined where there is no doubt.
 */
export function doubtfulTimesAt(text: string, at: number): number | undefined {
  const end = TIMES.longestAt(text, at)?.end;
  return end !== undefined && isWrittenDigit(text.charAt(end)) && isWrittenDigit(text.charAt(end + 1)) ? end : undefined;
}

function repeatedAt(text: string, at: number, slips: boolean): Symbol | undefined {
  const times = TIMES.longestAt(text, at);
  const digit = times === undefined ? undefined : digitAt(text, times.end, slips);
  if (times === undefined || digit === undefined) return undefined;
  return { value: digit.value.repeat(times.value), length: times.end + digit.length - at, script: 'spoken' };
}

/** The symbol that begins at `at`, if one does. `afterDigit`: an X is read only behind a digit. */
export function symbolAt(text: string, at: number, { letters, slips }: Reader, afterDigit: boolean): Symbol | undefined {
  const simple = repeatedAt(text, at, slips) ?? digitAt(text, at, slips, afterDigit);
  if (simple !== undefined) return simple;
  const char = text.charAt(at);
  if (isLetter(char)) {
    const word = isLetter(text.charAt(at - 1)) ? undefined : ENGLISH.longestAt(text, at);
    if (word !== undefined && !isLetter(text.charAt(word.end))) return { value: word.value, length: word.end - at, script: 'spoken' };
    if (letters) return { value: char, length: 1, script: 'written' };
    return afterDigit && char === 'X' && !isLetter(text.charAt(at + 1)) ? { value: 'X', length: 1, script: 'written' } : undefined;
  }
  if (letters) return undefined;
  const x = afterDigit ? SPOKEN_X.longestAt(text, at) : undefined;
  return x === undefined ? undefined : { value: 'X', length: x.end - at, script: 'written' };
}
