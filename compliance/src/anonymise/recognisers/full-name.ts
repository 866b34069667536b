/**
 * Full names that nothing announces but that stand where persons stand: between what is done to persons and what persons do. Evidence is
 * added up: what the segmenter makes of the characters, what stands before, what stands behind. Pure.
 */
import type { Claim } from '../kinds.ts';
import { ETHNIC_PARTS, HOMOGRAPHS, isLeftCue, KIN, NO_LAST, PUBLIC_NAMES, RIGHT_CUES } from '../reading/name-cues.ts';
import { givenLikeness } from '../reading/given-names.ts';
import { spanScore } from '../reading/name-tagger.ts';
import type { Reading } from '../reading/reading.ts';
import type { Segments } from '../reading/segments.ts';
import { COMPOUND, NEVER_GIVEN, NOT_NAMES, SURNAMES } from '../reading/surnames.ts';

/** Evidence that makes a name, in points; one strong cue is needed besides. Set on the tuning half of the first-sight set. */
const ENOUGH = 5;
const STRONG = 2;
/** A word of the right sort, where the word itself says nothing. */
const FAIR = 1.5;
const WEAK = 1;

/** Points for characters that are one word of this sort. */
const LIKENESS = { unknown: 3, name: 3, deed: -1, word: -1 } as const;

/** Where the tagger is so much against a name, the evidence is chance: 杜康酒是真的吗. */
const CERTAINLY_NONE = -100;

/** What is named after a person or sounds like it: 徐家汇分行, 李宁专柜. */
export const NO_PERSON =
  /^(?:分行|支行|分理处|营业[厅部]|网点|路[上口的店段]|大街|大道|地铁|站[台点口]|广场|大厦|机场|专柜|专卖|旗舰|门店|直营|牌[的子]|品牌|股份|集团|公司|证券|基金|保险|大学|酒店|餐厅|饭店|超市|商场|景区|公园|门票|[出自]版|电影|小说|歌|首歌|演唱会|音乐会|画展|书画|字帖|诗[集词]|相声|主演|代言|故居|纪念|祠|庙|墓|像|雕像|雕塑|奖学金|奖$|奖[项金]|定[律理]|图书馆|艺术馆|博物馆|麻辣|火锅|烧烤|烤|炒|炸|卤|面馆|米[线粉]|粉面|水饺|饺子|馄饨|包子|生煎|汤包|糕点|糕|月饼|粽子|酥|辣酱|酱|醋|酒[业厂]?|茶叶|茶[庄饮]|奶茶|剪刀|菜刀|刀具|眼镜|珠宝|金[店饰]|首饰|服饰|鞋|包包|药[房店业]|凉茶|膏药|阿胶|瓷砖|瓷器|家[纺具居]|地板|厨具|电器|油烟|黄焖|牛[肉腩]|羊[肉汤]|鸭脖|鸭[血货]|鸡[排翅爪煲]|豆[腐浆]|凉皮|肉夹馍|餐饮|小吃|老店|总店|加盟|联名|款[式])/;
const isHan = (char: string): boolean => char >= '\u4e00' && char <= '\u9fff' && char.length === 1;
const isGiven = (char: string): boolean => isHan(char) && !NEVER_GIVEN.has(char);

export function* fullName(reading: Reading): Generator<Claim> {
  const { text, segments, names } = reading;
  const found: { start: number; end: number }[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const named = nameAt(text, segments, at, false);
    const end = named ?? ethnicAt(text, at);
    if (end === undefined || (named !== undefined && spanScore(names(), at, end) < CERTAINLY_NONE)) continue;
    found.push({ start: at, end });
    at = end - 1;
  }
  for (const { start, end } of found) {
    yield { type: 'PERSON_NAME', start, end, sureness: 66 };
    yield* listed(text, segments, end);
    yield* listedBefore(text, segments, start);
  }
}

/** A、B and 和: beside one name another needs no cue of its own. */
function* listed(text: string, segments: Segments, end: number): Generator<Claim> {
  if (!'、和与跟及,'.includes(text.charAt(end)) || end >= text.length) return;
  const next = nameAt(text, segments, end + 1, true);
  if (next !== undefined) yield { type: 'PERSON_NAME', start: end + 1, end: next, sureness: 62 };
}
function* listedBefore(text: string, segments: Segments, start: number): Generator<Claim> {
  if (start < 3 || !'、和与跟及'.includes(text.charAt(start - 1))) return;
  for (const length of [4, 3, 2]) {
    const from = start - 1 - length;
    if (from >= 0 && nameAt(text, segments, from, true) === start - 1) {
      yield { type: 'PERSON_NAME', start: from, end: start - 1, sureness: 62 };
      return;
    }
  }
}

/** End of the name of most evidence that begins at `start`. `inList`: one strong cue is given. */
function nameAt(text: string, segments: Segments, start: number, inList: boolean): number | undefined {
  const two = text.slice(start, start + 2);
  const surname = COMPOUND.has(two) ? 2 : SURNAMES.has(text.charAt(start)) ? 1 : 0;
  if (surname === 0) return undefined;
  const before = leftOf(text, segments, start);
  // 白云 is a word, 业务员白云飞 none
  const longer = before >= STRONG && givenLikeness(text, start + 1, start + 3) === 1 && RIGHT_CUES.longestAt(text, start + 3) !== undefined;
  if (NOT_NAMES.has(two) && !longer) return undefined;
  if (!segments.isBreak(start) && before < STRONG) return undefined;
  let best: { readonly points: number; readonly end: number } | undefined;
  for (let end = start + surname + 1; end <= start + surname + 2; end += 1) {
    if (!isGiven(text.charAt(end - 1))) break;
    if ((NOT_NAMES.has(two) && end - start < 3) || PUBLIC_NAMES.has(text.slice(start, end)) || NO_LAST.has(text.charAt(end - 1))) continue;
    const after = rightOf(text, segments, end);
    const inside = likeness(text, segments, start, end, surname);
    const alone = isFree(text, start, end) ? FAIR : 0; // 【张伟】
    const likely = givenLikeness(text, start + surname, end);
    if (surname === 1 && likely === 0 && HOMOGRAPHS.has(text.charAt(start)) && after < STRONG) continue; // 时|高亮, 和|用途
    const strong =
      before >= STRONG ||
      after >= STRONG ||
      inList ||
      (alone > 0 && inside + likely >= 2) ||
      (inside >= 2.5 && end - start >= 3 && before + after >= STRONG + 0.5);
    const points = inside + likely + before + after + alone + (inList ? STRONG : 0);
    if (inside > 0 && strong && points >= ENOUGH && points >= (best?.points ?? 0)) best = { points, end };
  }
  return best?.end;
}

/** What the segmenter says of these characters as a name; 0 when they are an ordinary word or cut one. */
function likeness(text: string, segments: Segments, start: number, end: number, surname: number): number {
  const { endAt } = segments;
  const short = end - start === 2 ? 0.5 : 0;
  const first = endAt[start] ?? 0;
  if (NO_PERSON.test(text.slice(end, end + 3)) || (first > end && segments.sortAt(start) !== 'unknown')) return 0;
  if (first === end) return LIKENESS[segments.sortAt(start)] - (segments.sortAt(start) === 'name' ? short * 2 : short);
  const whole = segments.isBreak(start) && segments.isBreak(end);
  const given = start + surname;
  const isOneWord = endAt[given] === end;
  if (HOMOGRAPHS.has(text.charAt(start)) && surname === 1 && !(whole && isOneWord && LIKENESS[segments.sortAt(given)] > 0))
    return whole && end - given === 2 ? givenLikeness(text, given, end) : 0;
  // 找梅|长苏, 梁博是: the model guessed a word across the edge, and what is there says otherwise
  if (!segments.isBreak(start) && segments.sortAround(start) !== 'unknown') return 0;
  if (
    !segments.isBreak(end) &&
    (segments.sortAround(end) === 'word' ||
      ((segments.sortAround(end) !== 'unknown' || rightOf(text, segments, end) === 0) && RIGHT_CUES.longestAt(text, end) === undefined))
  )
    return 0; // 徐家|汇 too: a dictionary's word is not cut
  if (!whole) return 2 - short;
  if (first === given && isOneWord)
    return end - given === 1 || LIKENESS[segments.sortAt(given)] > 0 ? 2.5 - short : givenLikeness(text, given, end) > 0 ? 2 : 1;
  return 2 - short;
}

/** With nothing Chinese beside it; of two characters only where the surname is hardly anything else. */
function isFree(text: string, start: number, end: number): boolean {
  return !isHan(text.charAt(start - 1)) && !isHan(text.charAt(end)) && (end - start > 2 || !HOMOGRAPHS.has(text.charAt(start)));
}

function leftOf(text: string, segments: Segments, start: number): number {
  if (isLeftCue(text, start)) return STRONG;
  if (start > 0 && isHan(text.charAt(start - 1)) && segments.isBreak(start) && segments.sortBefore(start) === 'deed') return FAIR;
  return isHan(text.charAt(start - 1)) && !'是了的来日天'.includes(text.charAt(start - 1)) ? 0 : WEAK;
}

function rightOf(text: string, segments: Segments, end: number): number {
  if (
    RIGHT_CUES.longestAt(text, end) !== undefined ||
    KIN.longestAt(text, end) !== undefined ||
    /^收(?:[^\u4e00-\u9fff]|$)/.test(text.slice(end, end + 2))
  )
    return STRONG;
  if (isHan(text.charAt(end)) && segments.isBreak(end) && segments.sortAt(end) === 'deed') return FAIR;
  return isHan(text.charAt(end)) && !'的是了吗吧在有'.includes(text.charAt(end)) ? 0 : WEAK;
}

/** Two or more parts of names of other peoples: 扎西多吉, 买买提艾力. */
function ethnicAt(text: string, start: number): number | undefined {
  let end = start;
  let parts = 0;
  for (let part = ETHNIC_PARTS.longestAt(text, end); part !== undefined && parts < 5; part = ETHNIC_PARTS.longestAt(text, end)) {
    if (parts === 0 && part.end - part.start < 2) return undefined;
    ({ end } = part);
    parts += 1;
    if (/[·•.‧・]/.test(text.charAt(end)) && ETHNIC_PARTS.longestAt(text, end + 1) !== undefined) end += 1;
  }
  return parts >= 2 ? end : undefined;
}
