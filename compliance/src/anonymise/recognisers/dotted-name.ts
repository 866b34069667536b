/**
 * Names of two parts with a dot between them, as Uygur, Kazakh and foreign names are written in Chinese (阿依古丽·买买提). The characters by which
 * foreign sounds are written show how far a part goes where nothing else bounds it; announcements and titles do the rest. Pure.
 */
import type { Claim } from '../kinds.ts';
import { ETHNIC_PARTS } from '../reading/name-cues.ts';
import type { Reading } from '../reading/reading.ts';

const DOT = /[·•‧・.](?=[\u4e00-\u9fff])/g;
/** Written for their sound, mostly. */
export const SOUNDS: ReadonlySet<string> = new Set(
  `阿艾买提麦合木吐尔逊古丽娜依热迪不都努巴特苏扎西顿珠卓玛才仁次多吉央金格桑丹增尼达瓦平措洛索朗拉姆白曲珍嘎旺堆强边乌兰其日勒图雅那萨托娅哈斯琴毕力坦呼玉素甫曼卜帕祖吾卡德明伊司义亚森肉孜库班凯撒里穆罕默则汗赛福赫别克什江孜佐热万沙吾肯拜居吉思塔巴雅敖登宝音布和孟朝鲁
   约翰安娜玛丽彼得保罗迈克罗伯特戴维杰森史密斯威廉姆汤凯瑟琳露西亨利查理乔治路易莎苏珊艾米莉亚历山大尼古拉弗谢维奇伊万诺夫娃科夫斯基列尔德温顿森菲利普詹森贝瑞雷欧文`,
);
const LONGEST_PART = 7;
/** Fewer sounds than this in the whole are a product or a branch: 金卡·尊享版. */
const FEWEST_SOUNDS = 4;
const SHARE = 0.6;

const isHan = (char: string): boolean => char >= '\u4e00' && char <= '\u9fff' && char.length === 1;
const soundsIn = (part: string): number => part.split('').filter((char) => SOUNDS.has(char)).length;

export function* dottedName({ text }: Reading): Generator<Claim> {
  let covered = 0;
  for (const { index } of text.matchAll(DOT)) {
    if (index <= covered) continue;
    const start = Math.max(startOf(text, index), covered);
    let end = endOf(text, index + 1);
    if (/[·•‧・.]/.test(text.charAt(end))) end = Math.max(end, endOf(text, end + 1));
    const sounds = soundsIn(text.slice(start, index)) + soundsIn(text.slice(index + 1, end));
    if (start > index - 2 || end < index + 2 || sounds < FEWEST_SOUNDS || sounds < (end - start - 1) * SHARE) continue;
    covered = end;
    yield { type: 'PERSON_NAME', start, end, sureness: 83 };
  }
}

/** The part as far as its sounds go back; whole where it is bounded. */
function startOf(text: string, dot: number): number {
  let start = dot;
  while (dot - start < LONGEST_PART && SOUNDS.has(text.charAt(start - 1))) start -= 1;
  return start;
}

function endOf(text: string, from: number): number {
  let end = from;
  for (
    let part = ETHNIC_PARTS.longestAt(text, end);
    part !== undefined && end - from < LONGEST_PART;
    part = ETHNIC_PARTS.longestAt(text, end)
  )
    ({ end } = part);
  while (end - from < LONGEST_PART && SOUNDS.has(text.charAt(end))) end += 1;
  let bounded = end;
  while (bounded - from < LONGEST_PART && isHan(text.charAt(bounded))) bounded += 1;
  return isHan(text.charAt(bounded)) || bounded - end > 1 ? end : bounded;
}
