/**
 * Postal addresses by their structure: division, street, estate, building, unit, room, each a name or number and its suffix. A chain counts
 * when it leads to a door or a village, or when a keyword announces it. Branches of the bank are public and pass. Pure.
 */
import type { Claim } from '../kinds.ts';
import { PLACES } from '../reading/places.ts';
import type { Reading } from '../reading/reading.ts';
import { WordTree, words } from '../reading/word-tree.ts';

const NUMERAL = '0-9A-Z一二三四五六七八九十百千零〇幺两甲乙丙丁';
const SEPARATOR =
  /(?:[ ,、\-·]|嗯|呃|额|那个|就是|然后|的){1,4}|[与和跟同](?=[\u4e00-\u9fff]{1,7}(?:路|街|道|巷|胡同)[^。,]{0,3}(?:交|口))/y;
const DIVISION =
  /[\u4e00-\u9fff]{1,10}?(?:特别行政区|自治区|自治州|自治县|开发区|高新区|新区|街道办?|地区|省|市(?!场)|区|县|旗|州|盟|镇|乡)(?![村路街])/y;
const VILLAGE = /[\u4e00-\u9fff]{1,7}?(?:村民委员会|村委会|居委会|社区|行政村|村|屯|庄子|庄(?!村)|寨(?!村))/y;
const STREET = new RegExp(
  `[\\u4e00-\\u9fff${NUMERAL}]{1,9}?(?:大道|大街|马路|公路|胡同|环路|[东西南北中]?路|[东西南北]街|街|道|巷|弄|里)(?:[东西南北中一二三四五]段)?(?!村|镇|乡|社区)`,
  'y',
);
const ESTATE =
  /[\u4e00-\u9fffA-Z0-9]{2,10}?(?:小区|花园|家园|公寓|大厦|广场|新村|名苑|雅苑|嘉苑|华庭|名城|名邸|公馆|别墅|国际|中心|宿舍|家属院|工业园|产业园|科技园|新城|花苑|佳苑|山庄|豪庭|学校|大学|园|苑|城|府|湾|庭|郡|里|居|楼|天地|一号)(?!村)/y;
/** A building without such a suffix: 翠湖天地3栋. */
const BUILDING = new RegExp(`[\\u4e00-\\u9fffA-Z]{2,8}?(?=[${NUMERAL}]{1,4} ?(?:号楼|号院|号(?![线码])|栋|幢|座|单元|室))`, 'y');
const DOOR = new RegExp(
  `(?:第|附)?[${NUMERAL}]{1,9}(?:-[0-9A-Z]{1,4}){0,2} ?(?:号楼|号院|排|屯|街坊|组团|号门|门牌|单元|号|弄|栋|幢|座|楼|层|室|户|房|组|队|社|巷|支弄|区|期|铺|门)(?:[东西南北前后](?:侧|户)?(?![区院门]))?|[东南西北中前后][区院户]|[东南西北甲乙丙丁][栋座幢区单]元?`,
  'y',
);
const ROOM = new RegExp(
  `(?:[A-Z]?[0-9]{1,4}(?:-[A-Z]?[0-9]{1,4}){1,3}|[A-Z]?[0-9]{3,4}|[一二三四五六七八九][零〇幺一二三四五六七八九]{2,3})(?![0-9元块万年月]|[- ][0-9])`,
  'y',
);
/** Behind an estate, where no building is named: 锦绣花园18-2-103. */
const DASHED = /[A-Z]?[0-9]{1,3}(?:-[A-Z]?[0-9]{1,4}){1,3}(?![-0-9])/y;
/** What villages are made of; a hamlet by the lie of its land only where its name ends there. */
const HAMLET =
  /[\u4e00-\u9fff]{1,5}?(?:自然村|村民小组|小组|组|屯|社|队|(?:湾|塆|坪|沟|坝|岗|岭|堡|坡|冲|岩|埠|墩|圩|浜|桥|店|铺|营|寨|坑|塘|洼|峪|畈|嘴|垸|庄|庙|台)(?![\u4e00-\u9fff]))/y;
/** Where a street meets a number, an estate a building: an address without a known place is found from here. */
const DOORSTEP = new RegExp(
  `(?:路|街|大道|道|巷|弄|胡同|里|村|屯|庄|镇|乡|园|苑|小区|花园|公寓|大厦|广场|城|府|湾|庭|郡|居|区|街道|院|厦|苑|寓)[ ,]?[${NUMERAL}]{1,9}(?:-[0-9]{1,3})? ?(?:号|弄|栋|幢|座|组|队|单元|室|巷|期|区|支弄|楼)`,
  'g',
);
/** Behind a door or a street: a building known by its owner, and where it stands by it. Only within an address. */
const INSTITUTION =
  /[\u4e00-\u9fff]{0,8}?(?:家属院|宿舍楼?|家属楼|老楼|农科院|研究院|研究所|设计院|卫生院|医院|学校|小学|中学|大学|学院|卖场|商场|超市|市场|菜场|地铁站|公交站|火车站|酒店|宾馆|饭店|银行|派出所|政府|邮局|公司|工厂|厂|基地|车站|村委会|幼儿园|机关|大院|门诊)/y;
const RELATION =
  /(?:正)?(?:对面|旁边|旁|楼上|楼下|后面|后身|后院|前面|隔壁|附近|斜对面|[往向]?[东西南北](?:走|约)?\d{1,4}米(?:处|路[东西南北])?|路[东西南北](?![\u4e00-\u9fff])|[东西南北]侧|[东西南北]边|门口|路口|交叉口|交汇处|交口|[东西]?[南北]?角|拐角|内|里面|口)(?:第?[一二三四五六七八九十0-9]{1,2}[排家栋户])?/y;
const INTRODUCTIONS = new WordTree<true>(
  words(
    '住 现在住 寄 地址 家庭地址 家庭住址 住址 住所 住在 家住 现住 现住在 在外租住 只知道在 知道在 老家 老家在 老家是 祖籍 房子在 厂子在 门店在 店在 抵押房产位于 位于 坐落于 坐落 房屋坐落 上门地址 上门收件到 上门到 原地址 新地址 旧地址 老地址 地址就写 地址填 地址写 改到 改寄 改寄到 就寄 送 收 我在 人在 现居住 现居住地 房产地址 经营地址 注册地址 办公地址 家在 家是 我家 搬到 搬到了 寄到 寄往 寄给 邮寄到 邮寄地址 寄送地址 快递到 送到 送货到 收货地址 收件地址 通讯地址 联系地址 账单地址 户籍 户籍地 户籍地址 户口 户口在 户口所在地 户籍所在地 籍贯 常住 租住 租住在 居住地 居住在 居住地址 工作地址 单位地址 公司地址 公司在 住的是 地址是 地址改成 地址改为 现居 地止 地只 地直 住纸 住止 ADDRESS',
    true,
  ),
);
const LINK = /(?:[ :,"“?]|\n[^\s:\d]{1,6}:|嗯|呃|那个|就是|是|为|在|到|了|我|改成|改为|变更为|更新为|现在|目前|一直|的){0,8}/y;
/** 南京胡同, 湖南路: streets that bear the name of a place. */
const STREET_BEHIND = /^(?:[东西南北中]?[路街]|大道|大街|胡同|[东西南北中]?[一二三四]?[巷里])/;
const PUBLIC = /(?:支行|分行|网点|营业厅|营业部|门店|总行|柜台|我行|本行|法院|医院|地铁站|公交站|ATM)[^。;,]{0,6}$/;
const PUBLIC_PLACE =
  /(?:支行|分行|网点|营业厅|营业部|门店|总行|柜台|我行|本行|银行)(?:的)?(?:新|老)?(?:位于|坐落于|坐落|地址|地址是|在|地址在)[:是为在]?$/;
const STOP = new Set('在到是住于去从往向我你他她您给的了着过和与,。;:!?、()"\'“”\n\r\t');
const LOOK_BACK = 20;
const MOST_PARTS = 14;

interface Chain {
  readonly start: number;
  readonly end: number;
  readonly divisions: number;
  readonly streets: number;
  readonly doors: number;
  readonly relations: number;
}

export function* address({ text }: Reading): Generator<Claim> {
  let covered = 0; // an address is not searched twice
  for (const { start, announced } of beginnings(text)) {
    if (start < covered) continue;
    const chain = chainAt(text, start, announced);
    if (chain === undefined || !isAddress(chain, announced)) continue;
    if ((announced ? PUBLIC_PLACE : PUBLIC).test(text.slice(Math.max(0, chain.start - 12), chain.start))) continue;
    covered = chain.end;
    yield { type: 'ADDRESS', start: chain.start, end: chain.end, sureness: announced ? 88 : 78 };
  }
}

function isAddress({ divisions, streets, doors, relations }: Chain, announced: boolean): boolean {
  if (announced) return relations >= 1 || divisions + streets >= 2 || (divisions + streets >= 1 && doors >= 1) || doors >= 2;
  return (streets >= 1 && doors >= 1) || (divisions >= 1 && doors >= 2) || (divisions >= 3 && streets >= 1) || divisions >= 4;
}

/** Announced by a keyword, or at a known place, or before a doorstep; in the order of the text. */
function beginnings(text: string): { readonly start: number; readonly announced: boolean }[] {
  const found = new Map<number, boolean>();
  for (const word of INTRODUCTIONS.all(text)) {
    LINK.lastIndex = word.end;
    found.set(word.end + (LINK.exec(text)?.[0].length ?? 0), true);
  }
  let lastPlace = -1;
  for (const place of PLACES.all(text)) {
    if (place.start > lastPlace && !found.has(place.start)) found.set(place.start, false);
    lastPlace = place.end;
  }
  for (const step of text.matchAll(DOORSTEP)) {
    let start = step.index;
    while (
      start > 0 &&
      !found.has(start) &&
      step.index - start < LOOK_BACK &&
      !(STOP.has(text.charAt(start - 1)) && !/^和[平谐义美顺兴众睦润昌]/.test(text.slice(start - 1, start + 1))) &&
      !/\d/.test(text.charAt(start - 1))
    )
      start -= 1;
    while (/[ -]/.test(text.charAt(start))) start += 1;
    if (start < step.index && !found.has(start)) found.set(start, false);
  }
  return [...found].map(([start, announced]) => ({ start, announced })).toSorted((a, b) => a.start - b.start);
}

function chainAt(text: string, start: number, announced: boolean): Chain | undefined {
  let end = start;
  let at = start;
  const count = { divisions: 0, streets: 0, doors: 0, relations: 0 };
  let last: Part | undefined;
  for (let parts = 0; parts < MOST_PARTS; parts += 1) {
    const part: Part | undefined =
      tailAt(text, at, last) ?? partAt(text, at, count.streets + count.divisions > 0, count.doors > 0, announced || count.doors > 0);
    if (part === undefined) break;
    last = part;
    count[part.of] += 1;
    end = at = part.end;
    SEPARATOR.lastIndex = at;
    at += SEPARATOR.exec(text)?.[0].length ?? 0;
  }
  return end === start ? undefined : { start, end, ...count };
}

type Part = { readonly end: number; readonly of: 'divisions' | 'streets' | 'doors' | 'relations'; readonly as?: 'village' | 'estate' };

/** What only certain parts are followed by: a hamlet behind a village, a bare room behind an estate. */
function tailAt(text: string, at: number, last: Part | undefined): Part | undefined {
  const pattern = last?.as === 'village' ? HAMLET : last?.as === 'estate' ? DASHED : undefined;
  if (pattern === undefined) return undefined;
  pattern.lastIndex = at;
  const found = pattern.exec(text)?.[0];
  return found === undefined || /[我你他她您吗呢吧想要请问查办的]/.test(found) ? undefined : { end: at + found.length, of: 'doors' };
}

function partAt(text: string, at: number, located: boolean, atDoor: boolean, institutions: boolean): Part | undefined {
  const end = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    return found === undefined || /[我你他她您吗呢吧想要请问查办]/.test(found) ? -1 : at + found.length;
  };
  const door = located ? end(DOOR) : -1;
  if (door > 0) return { end: door, of: 'doors' };
  if (located) {
    const relation = end(RELATION);
    if (relation > 0) return { end: relation, of: 'relations' };
  }
  if (atDoor) {
    const room = end(ROOM);
    if (room > 0) return { end: room, of: 'doors' };
  }
  const names = [
    { end: end(DIVISION), of: 'divisions' },
    { end: end(VILLAGE), of: 'streets', as: 'village' },
    { end: end(STREET), of: 'streets' },
    { end: end(ESTATE), of: 'streets', as: 'estate' },
    { end: located || institutions ? end(BUILDING) : -1, of: 'streets' },
    { end: institutions ? end(INSTITUTION) : -1, of: 'streets' },
  ] as const;
  const shortest = names.filter((part) => part.end > 0).toSorted((a, b) => a.end - b.end)[0];
  const place = PLACES.longestAt(text, at);
  if (
    place !== undefined &&
    !STREET_BEHIND.test(text.slice(place.end, place.end + 3)) &&
    !(shortest !== undefined && shortest.end <= place.end + 1 && shortest.end > place.end)
  )
    // 杭州 alone looks whole by its 州; what follows it belongs to it
    return { end: place.end + (/^[省市县区](?!场)/.test(text.slice(place.end, place.end + 2)) ? 1 : 0), of: 'divisions' };
  return shortest;
}
