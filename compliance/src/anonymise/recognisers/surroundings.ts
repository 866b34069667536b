/** What the characters and keywords around a number say about it: a name for something else, money, part of a longer code. Pure. */
import { isLetter } from '../reading/numerals.ts';
import { REACH, type Reading } from '../reading/reading.ts';
import type { Topic } from '../reading/keywords.ts';

interface Place {
  readonly start: number;
  readonly end: number;
}

const UNIT =
  /^[ ]?(?:元|块|万|亿|角|分钱|%|斤|克|千克|公斤|KG|公里|米|人|次|天|年|岁|个|件|台|股|笔|份|秒|分钟|小时|毫秒|兆|MB|GB|美元|港币|欧元|ML|倍|点|号楼|度|字|折)/;
const MONEY_BEFORE = /[¥￥$€£#@]\s?$/;
const NEUTRAL: readonly Topic[] = ['PARTIAL', 'EXPIRES'];

/** An amount, a decimal, a piece of a product code, a masked number. */
export function partOfSomethingElse(text: string, { start, end }: Place): boolean {
  const before = text.charAt(start - 1);
  const after = text.charAt(end);
  if (isLetter(before) || isLetter(after) || before === '_' || before === '*' || after === '*') return true;
  if (after === '.' && isDigit(text.charAt(end + 1))) return true;
  if (before === '.' && isDigit(text.charAt(start - 2))) return true;
  if (/[A-Z0-9][/=-]$/.test(text.slice(Math.max(0, start - 2), start))) return true; // of a web address or a code
  return MONEY_BEFORE.test(text.slice(Math.max(0, start - 2), start)) || UNIT.test(text.slice(end, end + 4));
}

/** A keyword for orders, tickets, money stands before it in the same clause, and none for persons is nearer or behind. */
export function namedOtherwise({ text, keywords }: Reading, { start, end }: Place): boolean {
  for (const word of keywords.before(start, REACH.middle)) {
    if (NEUTRAL.includes(word.value)) continue;
    if (word.value !== 'OTHER' && word.value !== 'AMOUNT') return false;
    const between = text.slice(word.end, start);
    if (between.length > REACH.near && !/[?:是为]/.test(between)) return false;
    if (/[。;!]/.test(between) || (/[,]/.test(between) && between.length > 3)) return false;
    const later = keywords.following(end)?.value ?? 'OTHER';
    return later === 'OTHER' || later === 'AMOUNT';
  }
  return keywords.follows('OTHER', end, 4);
}

const isDigit = (char: string): boolean => char >= '0' && char <= '9' && char.length === 1;
