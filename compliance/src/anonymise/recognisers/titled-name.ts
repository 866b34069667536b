/** Persons by less than their full name: a surname with a title (王先生), short forms (老李, 小王, 阿强), a surname that is given or spelt (我姓章, 立早章). Pure. */
import type { Claim } from '../kinds.ts';
import { PUBLIC_NAMES, RIGHT_CUES, SHORT_GIVEN, SHORT_SURNAMES, SPELT_SURNAME, TITLES_OF_SURNAMES } from '../reading/name-cues.ts';
import type { Reading } from '../reading/reading.ts';
import type { Segments } from '../reading/segments.ts';
import { COMPOUND, NEVER_GIVEN, SURNAMES } from '../reading/surnames.ts';

const isHan = (char: string): boolean => char >= '\u4e00' && char <= '\u9fff' && char.length === 1;
/** 总 and 哥 go on in many words. */
/** What is done to persons, which the segmenter may join to a surname that it does not take for one: 请方|同学. */
const TOWARDS = '转经请找给叫让问跟和与向替帮陪是把被约等下';
/** 李先生牛肉面, 康师傅红包: a brand. */
export const SOLD =
  /^(?:牛肉面|拉面|面馆|火锅|麻辣烫|烤鸭|炸鸡|奶茶|红包|礼盒|糕点|辣酱|水饺|包子|酸菜|方便面|门店|旗舰店|专卖|超市|饭店|餐厅|加盟|联名|优惠|代金券|满减|团购)/;
const SAYS = /^[说让问讲您你刚那]/;
/** Spelt without a pause behind the surname or in its place: 我姓弓长张, 我姓章立早章. */
const SPELLING =
  /^(?:弓长张|立早章|木子李|耳东陈|口天吴|双人徐|言午许|古月胡|人可何|走肖赵|禾呈程|双口吕|三横王|水工江|西早覃|木易杨|美女姜|草肃萧|文刀刘|卯金刘|双木林|干勾于|人禾余)/;
const SPELT = new RegExp(`(?:${SPELLING.source.slice(1)})(?=[^\\u4e00-\\u9fff]|$)`, 'g');
const CLOSING = /^(?:[^\u4e00-\u9fff]|$|[的是您你说那在也要就都来给和、,吗呢吧]|让|答应|今天|昨天|明天|推荐|告诉)/;
const SURNAME_GIVEN = /(?:我姓|免贵姓|贵姓|他姓|她姓|本人姓|(?:^|[,。:;\n ])姓)(?:是)?(?=[\u4e00-\u9fff])/g;
const AFTER_SURNAME = /^(?:[^\u4e00-\u9fff]|$|叫|单名|名|全名|先生|女士|的)/;

export function* titledName({ text, segments }: Reading): Generator<Claim> {
  for (let at = 0; at < text.length; at += 1) {
    const end = withTitle(text, segments, at) ?? shortForm(text, segments, at);
    if (end === undefined) continue;
    yield { type: 'PERSON_NAME', start: at, end, sureness: 58 };
    at = end - 1;
  }
  for (const found of text.matchAll(SURNAME_GIVEN)) {
    const start = found.index + found[0].length;
    const end = start + surnameAt(text, start);
    const spelling = SPELLING.exec(text.slice(start, start + 3))?.[0].length ?? 0;
    if (spelling > 0) yield { type: 'PERSON_NAME', start, end: start + spelling, sureness: 65 };
    else if (end > start && (AFTER_SURNAME.test(text.slice(end, end + 2)) || SPELLING.test(text.slice(end, end + 3))))
      yield { type: 'PERSON_NAME', start, end, sureness: 64 };
  }
  for (const found of text.matchAll(SPELT))
    yield { type: 'PERSON_NAME', start: found.index, end: found.index + found[0].length, sureness: 56 };
  for (const found of text.matchAll(SPELT_SURNAME)) {
    const start = found.index + found[0].length;
    const spelt = found[1] ?? /([\u4e00-\u9fff])[,。 、]/.exec(found[0])?.[1];
    const surname = surnameAt(text, start);
    if (surname === 0 || !text.slice(start, start + surname).endsWith(spelt ?? '')) continue;
    let end = start + surname;
    while (end < start + surname + 2 && isHan(text.charAt(end)) && !NEVER_GIVEN.has(text.charAt(end))) end += 1;
    if (end > start + surname) yield { type: 'PERSON_NAME', start, end, sureness: 75 };
  }
}

function surnameAt(text: string, at: number): number {
  return COMPOUND.has(text.slice(at, at + 2)) ? 2 : SURNAMES.has(text.charAt(at)) ? 1 : 0;
}

function withTitle(text: string, segments: Segments, at: number): number | undefined {
  const surname = surnameAt(text, at);
  if (surname === 0) return undefined;
  const title = TITLES_OF_SURNAMES.longestAt(text, at + surname + (text.charAt(at + surname) === '副' ? 1 : 0));
  if (title === undefined) return undefined;
  if (
    SOLD.test(text.slice(title.end, title.end + 4)) ||
    (PUBLIC_NAMES.has(text.slice(at, title.end)) && RIGHT_CUES.longestAt(text, title.end) === undefined)
  )
    return undefined;
  const single = title.end - title.start === 1;
  if (!segments.isBreak(at) && isHan(text.charAt(at - 1)) && (single || !TOWARDS.includes(text.charAt(at - 1)))) return undefined;
  if (single && !(CLOSING.test(text.slice(title.end, title.end + 2)) && (segments.isBreak(title.end) || SAYS.test(text.charAt(title.end)))))
    return undefined;
  if ((segments.endAt[at] ?? 0) >= title.end && segments.sortAt(at) !== 'unknown' && segments.sortAt(at) !== 'name') return undefined; // 班主任, 施工
  const first = segments.endAt[at] ?? 0; // 高老师 may be one word or two, but 时老 is none
  if (single && SAYS.test(text.charAt(title.end))) return title.end;
  return single && first > title.end ? undefined : segments.isBreak(title.end) || title.end - title.start > 1 ? title.end : undefined;
}

function shortForm(text: string, segments: Segments, at: number): number | undefined {
  const first = text.charAt(at);
  if (first !== '老' && first !== '小' && first !== '阿' && first !== '大') return undefined;
  const second = text.charAt(at + 1);
  const known =
    first === '阿'
      ? SHORT_GIVEN.has(second) || SHORT_SURNAMES.has(second)
      : SHORT_SURNAMES.has(second) || (first === '小' && SHORT_GIVEN.has(second));
  const end =
    at + 2 + (/^[哥姐弟妹子爷](?![\u4e00-\u9fff]{0,1}[车卡])/.test(text.slice(at + 2, at + 4)) && SHORT_SURNAMES.has(second) ? 1 : 0);
  if (!known || first === '大' || !segments.isBreak(at) || !(segments.isBreak(end) || text.startsWith('家的', end))) return undefined;
  const after = text.charAt(end);
  const goesOn = RIGHT_CUES.longestAt(text, end) !== undefined || '是的在和、,说那昨今明都也还就要想没不家'.includes(after);
  return goesOn || !isHan(after) ? end : undefined;
}
