/**
 * Names by the tagger that was trained on made texts: a second opinion beside the rules. What it alone finds needs a wide margin; what is
 * known to everybody, or followed by what is sold, is left out as the rules leave it out. Pure.
 */
import type { Claim } from '../kinds.ts';
import { givenLikeness } from '../reading/given-names.ts';
import { HOMOGRAPHS, isLeftCue, KIN, PUBLIC_NAMES, RIGHT_CUES } from '../reading/name-cues.ts';
import { bestSpans, spanScore } from '../reading/name-tagger.ts';
import type { Reading } from '../reading/reading.ts';
import type { Segments, Sort } from '../reading/segments.ts';
import { COMPOUND, SURNAMES } from '../reading/surnames.ts';
import { NO_PERSON } from './full-name.ts';
import { SOLD } from './titled-name.ts';

/** Scores of a name found by the tagger alone, in units of its weights; chosen on the tuning halves of the sets in compliance/fixtures. */
const ENOUGH = 10;
/** The same where the characters are one ordinary word, or begin with what is a word more often than a surname. */
const ENOUGH_FOR_A_WORD = 40;
/** The same where they are a word of one character and another word. */
const ENOUGH_FOR_WORDS = 100;
/** The same without any cue beside it. */
const ENOUGH_ALONE = 20;
const SHORTEST = 2;
const LONGEST = 5;

export function* taggedName({ text, segments, names }: Reading): Generator<Claim> {
  for (const { start, end, score } of bestSpans(names())) {
    if (end - start < SHORTEST || end - start > LONGEST || !beginsLikeOne(text, start)) continue;
    if (score < enoughFor(text, segments, start, end)) continue;
    const behind = text.slice(end, end + 4);
    if (SOLD.test(behind) || NO_PERSON.test(behind) || PUBLIC_NAMES.has(text.slice(start, end))) continue;
    yield { type: 'PERSON_NAME', start, end, sureness: 55 };
  }
}

function enoughFor(text: string, segments: Segments, start: number, end: number): number {
  if (splitsInWords(text, segments, start, end)) return ENOUGH_FOR_WORDS;
  if (segments.endAt[start] === end && isWord(segments.sortAt(start))) return ENOUGH_FOR_A_WORD;
  if (!hasCue(text, start, end)) return ENOUGH_ALONE;
  return HOMOGRAPHS.has(text.charAt(start)) && givenLikeness(text, start + 1, end) === 0 ? ENOUGH_FOR_A_WORD : ENOUGH;
}

/** Beside it stands what stands beside persons; else it may as well be a brand (谢馥春的粉盒). */
const hasCue = (text: string, start: number, end: number): boolean =>
  isLeftCue(text, start) || RIGHT_CUES.longestAt(text, end) !== undefined || KIN.longestAt(text, end) !== undefined;

const isWord = (sort: Sort): boolean => sort === 'word' || sort === 'deed';
/** 高|先进, 曾|放弃, 和|客户. */
const splitsInWords = (text: string, segments: Segments, start: number, end: number): boolean =>
  HOMOGRAPHS.has(text.charAt(start)) &&
  segments.endAt[start] === start + 1 &&
  segments.endAt[start + 1] === end &&
  isWord(segments.sortAt(start + 1)) &&
  end - start > 2;

/**
 * Whether a name that the rules propose is none: it is two words, or its end cuts one (转给水电部|门, 和随|机), and the tagger is against it. Only
 * what the rules found by cues and no more is doubted.
 */
export function isDoubtful({ text, segments, names }: Reading, { type, start, end, sureness }: Claim): boolean {
  if (type !== 'PERSON_NAME' || sureness > MOST_DOUBTED || end - start > 3 || !HAN_ONLY.test(text.slice(start, end))) return false;
  const score = spanScore(names(), start, end);
  const cut = !segments.isBreak(end) && isWord(segments.sortAround(end));
  return (cut || splitsInWords(text, segments, start, end)) && score < 0;
}
/** What was announced (sureness 80) may be; what was spelt out is not. */
const MOST_DOUBTED = 80;
const HAN_ONLY = /^[\u4e00-\u9fff]+$/;

const beginsLikeOne = (text: string, start: number): boolean =>
  SURNAMES.has(text.charAt(start)) || COMPOUND.has(text.slice(start, start + 2)) || '老小阿'.includes(text.charAt(start));
