/**
 * Persons by their given name alone (建华, 美玲, 子涵妈妈): the characters must be what given names are made of, no word
 * of the dictionary, and stand between what is done to persons and what persons do. Also one part of a name of another people (木合塔尔说). Pure.
 */
import type { Claim } from '../kinds.ts';
import { givenLikeness } from '../reading/given-names.ts';
import { isLeftCue, KIN, RIGHT_CUES } from '../reading/name-cues.ts';
import type { Reading } from '../reading/reading.ts';
import type { Segments } from '../reading/segments.ts';
import { SOUNDS } from './dotted-name.ts';

const isHan = (char: string): boolean => char >= '\u4e00' && char <= '\u9fff' && char.length === 1;
/** Sounds alone are a brand as often; so many of them and a person's deed are not. */
const FEWEST_SOUNDS = 3;
const MOST_SOUNDS = 8;

export function* givenName({ text, segments }: Reading): Generator<Claim> {
  for (let at = 0; at < text.length; at += 1) {
    if (!segments.isBreak(at)) continue;
    const end = alone(text, segments, at) ?? sounding(text, segments, at);
    if (end === undefined) continue;
    yield { type: 'PERSON_NAME', start: at, end, sureness: 57 };
    at = end - 1;
  }
}

/** What only persons do, where nothing announces one: 说, but not 要 or 被. */
const PERSONS_ONLY =
  /^(?:说|称|讲|来电|来过|反映|投诉|本人|电话|身份证|的(?:身份证|手机|电话|卡|工资|养老|医保|社保|存折|学籍|疫苗|贷款|妈|爸|户口|病历|保单)|[叫让问给帮替骗跟]我|告诉|答应|介绍|推荐|去世|住院|签[字了的]|不在家|在家|没接|接电话|啊[,您你])/;

function alone(text: string, segments: Segments, start: number): number | undefined {
  const end = start + 2;
  if (givenLikeness(text, start, end) < 1 || !segments.isBreak(end)) return undefined;
  const sort = segments.endAt[start] === end ? segments.sortAt(start) : 'unknown';
  if (sort === 'word' || sort === 'deed') return undefined;
  const kin = KIN.longestAt(text, end) !== undefined;
  const led = isLeftCue(text, start);
  const before = led || !isHan(text.charAt(start - 1));
  const after =
    (led ? RIGHT_CUES.longestAt(text, end) !== undefined : PERSONS_ONLY.test(text.slice(end, end + 5))) ||
    (led && (segments.sortAt(end) === 'deed' || !isHan(text.charAt(end)))) ||
    ('和跟与、'.includes(text.charAt(end)) && givenLikeness(text, end + 1, end + 3) === 1);
  return before && (kin || after) ? end : undefined;
}

function sounding(text: string, segments: Segments, start: number): number | undefined {
  let end = start;
  while (end - start < MOST_SOUNDS && SOUNDS.has(text.charAt(end))) end += 1;
  while (end > start && !segments.isBreak(end) && KIN.longestAt(text, end) === undefined) end -= 1;
  if (end - start < FEWEST_SOUNDS) return undefined;
  if ((segments.endAt[start] ?? 0) >= end && segments.sortAt(start) === 'word') return undefined;
  if (KIN.longestAt(text, end) !== undefined) return end;
  if (isLeftCue(text, start)) return RIGHT_CUES.longestAt(text, end) === undefined ? undefined : end;
  return !isHan(text.charAt(start - 1)) && PERSONS_ONLY.test(text.slice(end, end + 5)) ? end : undefined;
}
