/** Names of persons: a surname and one or two characters beside what announces a name (我叫, 户名) or follows one (先生, 女士); names with a dot or with spaces between the characters. Pure. */
import type { Claim } from '../kinds.ts';
import { ETHNIC_PARTS, HOMOGRAPHS } from '../reading/name-cues.ts';
import { givenLikeness } from '../reading/given-names.ts';
import type { Reading } from '../reading/reading.ts';
import type { Segments } from '../reading/segments.ts';
import { COMPOUND, NEVER_GIVEN, NOT_NAMES, SURNAMES } from '../reading/surnames.ts';
import { type Word, WordTree, words } from '../reading/word-tree.ts';

/** `sure`: a name must follow; `perhaps`: 我是 goes on in many ways; `titled`: a title must close it. */
type Announcement = 'sure' | 'perhaps' | 'titled';
const ANNOUNCEMENTS = new WordTree<Announcement>([
  ...words(
    '我叫 叫做 名叫 名字叫 名字是 姓名 姓名是 名字 真实姓名 客户姓名 姓名叫 户名 户名是 开户名 开户姓名 账户名 账户名称 账户名字 持卡人 持卡人姓名 收款人 收款人姓名 收款方 付款方 汇款方 甲方 乙方 出租人 承租人 买方 卖方 付款人 汇款人 收件人 寄件人 收货人 联系人 紧急联系人 投保人 被保险人 受益人 借款人 共同借款人 担保人 保证人 申请人 开户人 经手人 办理人 持有人 所有人 报案人 投诉人 来电人 受托人 经办人 代办人 代理人 委托人 法人 法定代表人 法人代表 负责人 户主 机主 车主 业主 存款人 转给 汇给 打给 转账给 本人 配偶 我爱人 我老公 我老婆 我妻子 我丈夫 我儿子 我女儿 我父亲 我母亲 我爸 我妈 我爸爸 我妈妈 我父亲 我母亲 我哥哥 我姐姐 我弟弟 我妹妹 我朋友 我同事 我哥 我姐 我弟 我妹 对方叫 他叫 她叫 孩子叫 儿子叫 女儿叫 老公叫 老婆叫 爱人叫 姓名好 性名 兴名 姓明 开户明 护名 您叫 你叫 称呼 署名 签名 签名人 患者 推荐人 介绍人 全名 大名 小名 中文名 中文名叫 俄语名字 曾用名 原户名 现户名 原名 真名 签约人 签字人 签署人 卡主 领取人 领款人 出借人 承兑人 背书人 质押人 操作人 接收人 发件人 邮寄人 访客 预留人 联络人 取款人 代取人 代签人 见证人 监护人 签收人 债权人 债务人 抵押人 出质人 共有人 借用人 使用人 登记人 预约人 提交人 审批人 复核人 开卡人 付款方 老板娘 监护人 实名 老板叫 媳妇 媳妇儿 我媳妇 我媳妇儿 女朋友 男朋友 叔叔 舅舅 舅妈 姑姑 姑父 姨妈 姨夫 爷爷 奶奶 外公 外婆 姥姥 姥爷 岳父 岳母 公公 婆婆 侄子 侄女 外甥 嫂子 姐夫 妹夫 女婿 儿媳 表哥 表姐 表弟 表妹 堂哥 堂弟 室友 战友 邻居 前妻 前夫 未婚妻 未婚夫 家长 学生家长 继承人 遗产继承人 保管人 出票人 收票人 被告 原告',
    'sure',
  ),
  ...words(
    '我是 这是 您是 你是 请问是 是不是 客户 用户 寻找 找一下 这里是 这边是 叫 爸爸 妈妈 哥哥 姐姐 弟弟 妹妹 儿子 女儿 老公 老婆 爱人 丈夫 妻子 同事 朋友 授权 委托 陪同 经理 顾问 同学 姓名为 名为 董事长 总经理 总裁 院长 校长 行长 科长 处长 局长 队长 改成 改为 换成 变更为 更正为',
    'perhaps',
  ),
  ...words('给 是 找 跟 帮 替 和 与', 'titled'),
]);
const LINK = /(?:[ :,"“'(/-]|嗯|呃|那个|是|为|叫|就是|名字|姓名|一下|的话|的|呢|嘛|啊|叫做|填的|写的|写着|全名|显示的?|登记的?|留的){0,4}/y;
const TITLES = new WordTree<true>(
  words(
    '先生 女士 小姐 太太 同志 师傅 老师 阿姨 大爷 大妈 医生 律师 教授 主任 经理 总监 名下 的手机 的手机号 的手机号码 的身份证 的身份证号 的卡号 的电话 的账号 的银行卡 的生日 的住址 的护照 本人 您好 你好',
    true,
  ),
);
/** What goes on after a name; the longer ones first decide between a name of two and of three characters. */
const GOES_ON = new WordTree<true>(
  words(
    '先生 女士 小姐 太太 同志 师傅 老师 身份 手机 电话 证件 账号 账户 卡号 住址 地址 住在 生日 出生 性别 今年 名下 名字 本人 代办 代签 介绍 这个 那个 想要 想问 想查 需要 打算 可以 客户 开户 户名 联系 银行 现在 刚刚 昨天 今天 明天 已经 曾经 男 女 我 你 您 他 她 的 了 是 在 和 与 跟 及 吗 呢 吧 啊 呀 哦 嗯 呃 想 要 住 说 把 给 来 去 到 对 不 没 有 叫 也 就 先 这 那 电 身 手 卡 请 帮 因 需 办 还 欠 转 汇 打',
    true,
  ),
);
const MINORITY =
  /[\u4e00-\u9fff]{2,7}[·•.‧・][\u4e00-\u9fff]{2,8}?(?=[ ,。;:!?、()"“”\n]|$|先生|女士|小姐|身份|手机|电话|的|是|我|想|要|在|住|,)/y;
/** 王 小 丫 */
const SPACED = /[\u4e00-\u9fff] [\u4e00-\u9fff](?: [\u4e00-\u9fff])?(?![\u4e00-\u9fff])/y;
/** Who speaks, at the beginning of a line of a transcript: 李雷: */
const SPEAKER = /(?:^|\n)[ \t]{0,4}([\u4e00-\u9fff]{2,4}):/g;
const COMMON_SURNAMES = new Set([...SURNAMES].slice(0, 60));
/** What is done for or with somebody: 给孟浩转五千. */
const DEEDS = new Set('转汇打存充还的查办问开改挂取');
const isHan = (char: string): boolean => char >= '\u4e00' && char <= '\u9fff' && char.length === 1;

export function* personName({ text, segments }: Reading): Generator<Claim> {
  for (const word of ANNOUNCEMENTS.all(text)) {
    LINK.lastIndex = word.end;
    const link = LINK.exec(text)?.[0] ?? '';
    yield* announced(text, segments, word, link);
  }
  for (const title of TITLES.all(text)) {
    const start = nameBefore(text, title.start);
    if (start !== undefined) yield { type: 'PERSON_NAME', start, end: title.start, sureness: 76 };
  }
  for (const speaker of text.matchAll(SPEAKER)) {
    const start = speaker.index + speaker[0].length - (speaker[1]?.length ?? 0) - 1;
    const end = start + (speaker[1]?.length ?? 0);
    if (COMMON_SURNAMES.has(text.charAt(start)) && isFullName(text, start, end)) yield { type: 'PERSON_NAME', start, end, sureness: 60 };
  }
}

function* announced(text: string, segments: Segments, word: Word<Announcement>, link: string): Generator<Claim> {
  const start = word.end + link.length;
  MINORITY.lastIndex = start;
  const minority = MINORITY.exec(text)?.[0];
  if (minority !== undefined) {
    yield { type: 'PERSON_NAME', start, end: start + minority.length, sureness: 80 };
    return;
  }
  SPACED.lastIndex = start;
  const spaced = SURNAMES.has(text.charAt(start)) ? SPACED.exec(text)?.[0] : undefined;
  if (spaced !== undefined) {
    yield { type: 'PERSON_NAME', start, end: start + spaced.length, sureness: 82 };
    return;
  }
  const called = link === '' && CALLED.has(text.slice(word.start, word.end)) ? calledName(text, start) : undefined;
  if (called !== undefined) {
    yield { type: 'PERSON_NAME', start, end: called, sureness: 78 };
    return;
  }
  const others = ethnicEnd(text, start);
  if (others !== undefined) {
    yield { type: 'PERSON_NAME', start, end: others, sureness: 74 };
    return;
  }
  const end = nameEnd(text, start);
  if (end === undefined || isWord(text, segments, start, end, word.value)) return;
  if (
    word.value === 'sure' &&
    link === '' &&
    !CALLED.has(text.slice(word.start, word.end)) &&
    isHan(text.charAt(end)) &&
    isOrdinary(segments, start, end)
  )
    return;
  const firm = word.value === 'sure' || TITLES.longestAt(text, end) !== undefined;
  // 我是王小明, but not 我是向来…: a name here is all that is said, or is followed by what follows names
  const goesOn = word.value === 'perhaps' ? closes(text, start, end) : word.value === 'titled' && DEEDS.has(text.charAt(end));
  if (!firm && !goesOn) return;
  yield { type: 'PERSON_NAME', start, end, sureness: word.value === 'sure' ? 80 : 72 };
}

/** After these only a name can be all that is said: 我叫高兴。 is a person though 高兴 is a word. */
const CALLED = new Set(['我叫', '名叫', '他叫', '她叫', '名字叫', '姓名叫', '真名']);
function calledName(text: string, start: number): number | undefined {
  const surname = SURNAMES.has(text.charAt(start)) ? 1 : 0;
  if (surname === 0 || !isGiven(text.charAt(start + 1))) return undefined;
  for (const end of [start + 2, start + 3]) if (!isHan(text.charAt(end)) && isGiven(text.charAt(end - 1))) return end;
  return undefined;
}

/** A whole word of the dictionary and no name: 收款人信息, 户名文字. */
const isOrdinary = ({ endAt, sortAt }: Segments, start: number, end: number): boolean =>
  (endAt[start] ?? 0) >= end && sortAt(start) !== 'unknown' && sortAt(start) !== 'name';

/** A name of another people behind its announcement: of two parts, or of a long one. */
function ethnicEnd(text: string, start: number): number | undefined {
  let end = start;
  let parts = 0;
  for (let part = ETHNIC_PARTS.longestAt(text, end); part !== undefined && parts < 5; part = ETHNIC_PARTS.longestAt(text, end)) {
    if (parts === 0 && part.end - part.start < 2) return undefined;
    ({ end } = part);
    parts += 1;
  }
  return parts >= 2 || end - start >= 3 ? end : undefined;
}

/** 给司令部充…, 妈妈和网点: ordinary words after what may, but need not announce a name. */
function isWord(text: string, { endAt, sortAt, isBreak }: Segments, start: number, end: number, announcement: Announcement): boolean {
  const first = endAt[start] ?? 0;
  const sure = announcement === 'sure';
  if (!sure && first >= end && sortAt(start) !== 'unknown' && sortAt(start) !== 'name') return true;
  if (!HOMOGRAPHS.has(text.charAt(start)) || first !== start + 1 || !isBreak(end) || endAt[start + 1] !== end || end - start !== 3)
    return false;
  // 申请人|应|提供 is no person, 姓名党育才 is one
  if (sure && !'查和于'.includes(text.charAt(start))) return sortAt(start + 1) === 'deed' && givenLikeness(text, start + 1, end) === 0;
  return sortAt(start + 1) !== 'unknown' && sortAt(start + 1) !== 'name';
}

/** End of the name that begins at `start`, if it looks like one. */
function nameEnd(text: string, start: number): number | undefined {
  const two = text.slice(start, start + 2);
  const surname = COMPOUND.has(two) ? 2 : SURNAMES.has(text.charAt(start)) ? 1 : 0;
  const given = start + surname;
  // 蓝天 is a word, 蓝天佑 at the end of its clause a name; 东方 a word, 东方明玉 a name
  const whole = givenLikeness(text, given, given + 2) > 0 && !isHan(text.charAt(start + 3));
  if (surname === 0 || (NOT_NAMES.has(two) && !(surname === 1 && whole) && !(surname === 2 && givenLikeness(text, given, given + 1) > 0)))
    return undefined;
  if (!isGiven(text.charAt(given))) return undefined;
  const second = text.charAt(given + 1);
  if (!isGiven(second)) return given + 1;
  const next = GOES_ON.longestAt(text, given + 1);
  // 我叫张伟想问…, but 我叫张理想,
  return next === undefined || (next.end === given + 2 && !isHan(text.charAt(given + 2))) ? given + 2 : given + 1;
}

const isGiven = (char: string): boolean => isHan(char) && !NEVER_GIVEN.has(char);
/** Nothing, or what goes on after names, or the surname again with a title: 刘德华刘先生. */
const closes = (text: string, start: number, at: number): boolean =>
  !isHan(text.charAt(at)) ||
  GOES_ON.longestAt(text, at) !== undefined ||
  (text.charAt(at) === text.charAt(start) && TITLES.longestAt(text, at + 1) !== undefined);

/** Start of the full name that ends at `end`: the surname alone is not enough to know a person. */
function nameBefore(text: string, end: number): number | undefined {
  for (const length of [3, 4, 2]) {
    const start = end - length;
    if (start < 0 || !isFullName(text, start, end)) continue;
    const before = text.charAt(start - 1);
    if (!isHan(before) || NEVER_GIVEN.has(before) || '好找是姓人名一客接对向问请叫给跟帮与和位为者'.includes(before)) return start;
  }
  return undefined;
}

function isFullName(text: string, start: number, end: number): boolean {
  const surname = COMPOUND.has(text.slice(start, start + 2)) ? 2 : 1;
  if ((GOES_ON.longestAt(text, start + surname) ?? TITLES.longestAt(text, start + surname)) !== undefined) return false; // 王女士您好
  const given = text.slice(start + surname, end);
  if (given.length < 1 || given.length > 2 || !given.split('').every(isGiven)) return false;
  return (surname === 2 || SURNAMES.has(text.charAt(start))) && !NOT_NAMES.has(text.slice(start, start + 2));
}
