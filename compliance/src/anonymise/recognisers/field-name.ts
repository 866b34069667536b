/**
 * Names that a form, a note or a question asks for: all that stands between a label that asks for a person (诉求人：, 姓名, 接待你的是谁？) and the
 * end of the field. There a name may be an ordinary word (万里, 富强), have three given characters, or a surname that no list has. Pure.
 */
import type { Claim } from '../kinds.ts';
import { givenLikeness } from '../reading/given-names.ts';
import { HOMOGRAPHS, NO_ANSWER, RIGHT_CUES } from '../reading/name-cues.ts';
import type { Reading } from '../reading/reading.ts';
import type { Segments } from '../reading/segments.ts';
import { COMPOUND, NEVER_GIVEN, SURNAMES } from '../reading/surnames.ts';

/** What is filled in by a person's name: any part that somebody plays (…人, …员), and the words for names. */
const LABEL =
  /(?:[\u4e00-\u9fff]{1,5}(?:人|员|者)|姓名|名字|户名|全名|本名|现名|曾用名|取名|户主|机主|房主|车主|业主|卡主|店主|雇主|租户|租客|房客|用户|用电户|客户|患者|孕妇|产妇|伤者|死者|逝者|法人|配偶|签名|签字|署名|签收|录入|审核|复核|审批|经办|主办|主刀|主治|护工|甲方|乙方|丙方|转让方|受让方|收款方|付款方|发包方|承包方|联系|司机|对象|委托)(?:姓名|名称|\([^)\n]{1,4}\))?/g;
/** Between the label and what is filled in. */
const FILLED = /(?: {0,3}[:=|—-] {0,2}| {1,3}|是|为|叫|叫做|名叫|改为|改成|换成|变更为)["“'【]{0,1}/y;
/** A field ends here, or another begins: 地址, 电话. */
const FIELD_ENDS =
  /^(?:[^\u4e00-\u9fff·]|$|[和与及](?=[\u4e00-\u9fff]{2,4}(?:[,。;、 \n]|$))|(?:地址|住址|电话|手机|身份证|证件|账号|帐号|卡号|性别|年龄|开户|先生|女士|小姐|同志|家属|本人))/;
/** A question for a name that ends one speaker's turn; the answer is the other's. */
const ASKED =
  /(?:姓名|贵姓|户名|名字|全名|怎么称呼|如何称呼|尊姓|叫什么|姓什么|哪位|是谁|找谁|谁(?:接待|经办|办)[^\n]{0,6})[^\n]{0,10}\n[^\n:]{1,8}: ?(?:嗯|呃|啊|哦|哎|那个|是的?|对|有|就?叫|我?叫|我?姓|我是|是我|,|。| ){0,6}/g;
/** The last line of a letter. */
const SIGNED = /(?:(?:^|\n) ?(?:—|--|-)[—-]?|(?:此致|敬礼|敬上|谨上|落款)[:\n ]) ?(?=[\u4e00-\u9fff]{2,4}(?:[ ,\n]|$))/g;
const isHan = (char: string): boolean => char >= '\u4e00' && char <= '\u9fff' && char.length === 1;

export function* fieldName({ text, segments }: Reading): Generator<Claim> {
  for (const label of text.matchAll(LABEL)) {
    FILLED.lastIndex = label.index + label[0].length;
    const filled = FILLED.exec(text)?.[0];
    const start = label.index + label[0].length + (filled?.length ?? 0);
    const end = fieldAt(text, segments, start, /[:=|]/.test(filled ?? ''), filled === undefined);
    if (end !== undefined) yield { type: 'PERSON_NAME', start, end, sureness: 63 };
  }
  for (const signed of text.matchAll(SIGNED)) {
    const start = signed.index + signed[0].length;
    const end = fieldAt(text, segments, start, true);
    if (end !== undefined) yield { type: 'PERSON_NAME', start, end, sureness: 61 };
  }
  for (const question of text.matchAll(ASKED)) {
    const start = question.index + question[0].length;
    const end = fieldAt(text, segments, start, true);
    if (end !== undefined) yield { type: 'PERSON_NAME', start, end, sureness: 63 };
  }
}

/** 钱多多, 张点点: what no given name has by itself. */
const isDoubled = (text: string, end: number): boolean =>
  text.charAt(end - 1) === text.charAt(end) || text.charAt(end - 1) === text.charAt(end - 2);

/** End of the name that fills the field from `start`. `firm`: a colon stands before it, so that an ordinary word may be a name; `bare`: nothing does. */
function fieldAt(text: string, segments: Segments, start: number, firm: boolean, bare = false): number | undefined {
  const surname = COMPOUND.has(text.slice(start, start + 2)) ? 2 : SURNAMES.has(text.charAt(start)) ? 1 : 0;
  for (let end = start + 1; end <= start + Math.max(surname, 1) + 3; end += 1) {
    if (!isHan(text.charAt(end - 1)) || (end > start + 1 && NEVER_GIVEN.has(text.charAt(end - 1)) && !isDoubled(text, end)))
      return undefined;
    const closed = FIELD_ENDS.test(text.slice(end, end + 8));
    if (!closed && !(end > start + 1 && RIGHT_CUES.longestAt(text, end) !== undefined && segments.isBreak(end))) continue;
    const name = text.slice(start, end);
    if (bare && !closed && givenLikeness(text, start + Math.max(surname, 1), end) === 0) return undefined;
    if (NO_ANSWER.has(name)) return undefined;
    const known = (segments.endAt[start] ?? 0) >= end && segments.sortAt(start) !== 'unknown' && segments.sortAt(start) !== 'name';
    // 申请人|应|提供: what may be a surname and is mostly something else
    const split =
      HOMOGRAPHS.has(text.charAt(start)) &&
      segments.endAt[start] === start + 1 &&
      segments.endAt[start + 1] === end &&
      segments.sortAt(start + 1) !== 'unknown';
    if (split && !(closed && firm)) return undefined;
    if (surname > 0 && end > start + surname)
      return known && !(closed && firm) && givenLikeness(text, start + surname, end) === 0 ? undefined : end;
    if (surname > 0 && end === start + surname) return closed && firm ? end : undefined;
    // without a surname only what no dictionary knows, or what given names are made of
    return closed && end - start >= 2 && end - start <= 3 && !known && givenLikeness(text, start, end) > 0 ? end : undefined;
  }
  return undefined;
}
