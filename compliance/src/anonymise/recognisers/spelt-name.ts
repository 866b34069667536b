/**
 * Names that are explained character by character: 温暖，温度的温; 司，司机的司; 雷震打雷的雷. Who says which character is meant has just said the
 * name it belongs to, be it a word or not. Pure.
 */
import type { Claim } from '../kinds.ts';
import type { Reading } from '../reading/reading.ts';
import { COMPOUND, NEVER_GIVEN, SURNAMES } from '../reading/surnames.ts';

/** 温度的温: a word and one of its characters. */
const EXPLAINED =
  /([\u4e00-\u9fff]{2,4})(?:的那个|的|那个)([\u4e00-\u9fff])(?=[^\u4e00-\u9fff]|$|[\u4e00-\u9fff]{1,4}(?:的|那个)|字|然后|就|啊|呀|我)/g;
/** What goes on being said: 该退的退, 想走的走. */
const NO_CHARACTERS = /[是人好对有多少大小来去说要做在不上下吃买退走了]/;
const LOOK_BACK = 14;
/** A name begins behind these. */
const BEGINS = /.*(?:我叫|名叫|姓名|户名|名字|叫做|一下|就是|我姓|贵姓|免贵|[叫姓是为,。:;、? \n我你他她您找给])/s;
const isHan = (char: string): boolean => char >= '\u4e00' && char <= '\u9fff' && char.length === 1;

export function* speltName({ text }: Reading): Generator<Claim> {
  for (const explained of text.matchAll(EXPLAINED)) {
    const [, word = '', char = ''] = explained;
    if (!word.includes(char) || NO_CHARACTERS.test(char)) continue;
    const found = nameBefore(text, explained.index, word, char);
    if (found !== undefined) yield { type: 'PERSON_NAME', ...found, sureness: 68 };
  }
}

/** The stretch of Chinese before the explanation that has the character in it: its last four characters at most. */
function nameBefore(text: string, at: number, word: string, char: string): { start: number; end: number } | undefined {
  // 我叫雷震打雷的雷: what is taken for the word may begin with the name
  const explanation = at + Math.max(0, word.lastIndexOf(char) - 1);
  const from = Math.max(0, explanation - LOOK_BACK);
  let end = explanation;
  while (end > from && /[,。、 ?就是]/.test(text.charAt(end - 1))) end -= 1;
  const before = text.slice(from, end);
  const start = from + (BEGINS.exec(before)?.[0].length ?? 0);
  const name = text.slice(start, end);
  if (name.length < 1 || name.length > 4 || !name.includes(char) || !name.split('').every(isHan)) return undefined;
  if (!SURNAMES.has(name.charAt(0)) && !COMPOUND.has(name.slice(0, 2))) return undefined;
  return name
    .slice(1)
    .split('')
    .some((other) => NEVER_GIVEN.has(other))
    ? undefined
    : { start, end };
}
