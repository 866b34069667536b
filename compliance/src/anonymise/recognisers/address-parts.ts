/**
 * The parts of a postal address and what each ends with: division, village, street, estate, building, door, room, and where it stands by a
 * landmark. Each pattern has a longest length. Pure.
 */
import { PLACES } from '../reading/places.ts';

export const NUMERAL = '0-9A-Z一二三四五六七八九十百千零〇幺两甲乙丙丁';
const DIVISION =
  /[\u4e00-\u9fff]{1,10}?(?:特别行政区|自治区|自治州|自治县|自治旗|管理区|管委会|开发区|高新区|新区|街道办?(?:事处)?|街办|地区|省|市(?!场)|区|县|旗|州|盟|镇|乡|苏木|兵团|分局)(?![村路街])/y;
const VILLAGE =
  /[\u4e00-\u9fff]{1,8}?(?:村民委员会|村委会|居委会|社区|行政村|嘎查|牧委会|(?:[农林牧渔茶]|园艺|种畜)场|村|屯|庄子|庄(?!村)|寨(?!村))/y;
const STREET = new RegExp(
  `[\\u4e00-\\u9fff${NUMERAL}]{1,9}?(?:大道|大街|马路|公路|胡同|环路|[东西南北中]?路|[东西南北]街|街|[国省县]道|道(?![街路])|巷|弄|里|坊)(?:[东西南北中一二三四五]段)?(?!村|镇|乡|社区)`,
  'y',
);
const ESTATE =
  /[\u4e00-\u9fffA-Z0-9]{2,10}?(?:小区|花园|家园|公寓|大厦|广场|新村|名苑|雅苑|嘉苑|华庭|名城|名邸|公馆|别墅|国际|中心|宿舍|家属院|工业园|产业园|科技园|新城|花苑|佳苑|山庄|豪庭|学校|大学|园|苑|城|府|湾|庭|郡|里|居|楼|天地|一号|物流园|商城|商场|写字楼|办公楼|大楼|工业区|宿舍楼|家属楼|家属区|SOHO|大院|经济适用房|安置房|安置小区|公租房|廉租房)(?!村)/y;
/** A building without such a suffix: 翠湖天地3栋. */
const BUILDING = new RegExp(
  `(?:[\\u4e00-\\u9fffA-Z]{2,8}?|[\\u4e00-\\u9fff]{2,4}[0-9]{1,3}[\\u4e00-\\u9fff]{2,4}?)(?=[ ,]?(?:[${NUMERAL}]{1,4} ?(?:号楼|号院|号(?![线码])|#|栋|幢|座|单元|室|期|区)|[0-9]{1,3}-[0-9]{1,2}-[0-9]{3,4}))`,
  'y',
);
const DOOR = new RegExp(
  `(?:第|附|地下|负|甲|乙|老|新|中)?[${NUMERAL}]{1,9}(?:[-之][0-9A-Z一二三四五六七八九]{1,4}){0,2} ?(?:号楼|#楼?|号[库馆铺房厂门站营]|车位|商铺|牧业[${NUMERAL}]{1,2}组|号院|排|屯|街坊|组团|号门|门牌|单元|号(?:之[0-9一二三四五六七八九]{1,3})?|弄|片|栋|幢|座|梯|楼|层|室|户|房|组|队|社|巷|支弄|区|期|铺|门)(?:[东西南北前后](?:[侧户]|(?![\\u4e00-\\u9fff])))?|[东南西北中前后][区院户]|[东南西北甲乙丙丁][栋座幢区单]元?|[东西南北前后]门(?!外)|[东西南北中]?[平瓦楼]房|[东西南北][户侧套]|亭子间|地下室|半地下室?|阁楼|底商|底楼|门面房?|车库|传达室|门卫|收发室|[东西南北]?头?第[${NUMERAL}]{1,3}[家户个间排](?:门|院子)?|[东西南北]头`,
  'y',
);
const ROOM = new RegExp(
  `(?:[A-Z]?-?[0-9]{1,4}(?:-[A-Z]?[0-9]{1,4}[A-Z]?){1,3}|[A-Z]-?[0-9]{3,4}|[0-9]{3,4}(?:-?[A-Z])?|之[0-9]{1,4}|[0-9]{1,2}[A-Z](?![A-Z])|[一二三四五六七八九][零〇幺一二三四五六七八九]{2,3})(?![0-9元块万年月]|[- ][0-9])`,
  'y',
);
/** Behind an estate, where no building is named: 锦绣花园18-2-103. */
const DASHED = /[A-Z]?[0-9]{1,3}(?:-[A-Z]?[0-9]{1,4}){1,3}(?![-0-9])/y;
/** What villages are made of; a hamlet by the lie of its land only where its name ends there. */
const HAMLET =
  /[\u4e00-\u9fff]{1,5}?(?:自然村|村民小组|小组|组|屯|社|队|(?:湾|塆|坪|沟|坝|岗|岭|堡|坡|冲|岩|埠|墩|圩|浜|桥|店|铺|营|寨|坑|塘|洼|峪|畈|嘴|垸|庄|庙|台)(?![\u4e00-\u9fff]))/y;
/** Behind a door or a street: a building known by its owner, and where it stands by it. Only within an address. */
const INSTITUTION =
  /[\u4e00-\u9fff]{0,8}?(?:家属院|宿舍楼?|家属楼|老楼|农科院|研究院|研究所|设计院|卫生院|医院|学校|小学|中学|大学|学院|卖场|商场|超市|市场|菜场|地铁站|公交站|火车站|酒店|宾馆|饭店|银行|派出所|政府|邮局|公司|工厂|厂|基地|车站|村委会|幼儿园|机关|大院|门诊)/y;
const RELATION =
  /(?:正)?(?:对面|旁边|旁|楼上|楼下|后面|后身|后院|前面|隔壁|附近|斜对面|[往向]?[东西南北]{1,2}(?:走|约)?[\d一二两三四五六七八九十百]{1,5}米(?:处|左右)?(?:路[东西南北])?|路[东西南北](?![\u4e00-\u9fff])|[东西南北]侧|[东西南北]边|门口|路口|交叉口|交汇处|交口|[东西]?[南北]?角|拐角|内|里面|口)(?:第?[一二三四五六七八九十0-9]{1,2}[排家栋户])?/y;
/** In no part of an address. */
const SAID = /[我你他她您吗呢吧想要请问查]|办(?!事处|公)/;
/** By a landmark of any name: 修鞋铺旁边那个院子, 老槐树底下. */
const LANDMARK =
  /(?:[\u4e00-\u9fff]{1,8}?|那[个栋座条排家])(?:斜对[面过]|正对面|对[面过]|旁边|边上|隔壁|[前后]面|底下|楼[上下]|[里外]面|附近|[东西南北左右]侧|门口|院内)(?:的?那?[个栋座条排家间]?(?:[\u4e00-\u9fff]{0,3}(?:院子?|[红白灰黄]?楼|平房|房子|巷子|胡同|店|铺子?|厂|超市|菜场|小区)|第[一二三四五六七八九十0-9]{1,2}[家户个](?:门)?)?)/y;
const MORE_OF_A_NAME = /(?:路|街|巷|胡同|大街|区|院|村|苑|园|屯|庄|镇|乡|社区|新村|小区|楼|里)(?=[\u4e00-\u9fff0-9A-Z ])/y;
/** 南京胡同, 湖南路: streets that bear the name of a place. */
const STREET_BEHIND = /^(?:[东西南北中]?[路街]|大道|大街|胡同|[东西南北中]?[一二三四]?[巷里])/;

export type Part = {
  readonly end: number;
  readonly of: 'divisions' | 'streets' | 'doors' | 'relations';
  readonly as?: 'village' | 'estate' | 'building';
};

/** What only certain parts are followed by: a hamlet behind a village, a bare room behind an estate. */
export function tailAt(text: string, at: number, last: Part | undefined): Part | undefined {
  for (const pattern of last?.as === 'village' ? [HAMLET, DASHED] : last?.as === 'estate' ? [DASHED] : []) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined && !(SAID.test(found.replace('嘎查', '')) || found.includes('的')))
      return { end: at + found.length, of: 'doors' };
  }
  return undefined;
}

export function partAt(text: string, at: number, located: boolean, atDoor: boolean, institutions: boolean): Part | undefined {
  const end = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    return found === undefined || SAID.test(found.replace('嘎查', '')) ? -1 : at + found.length;
  };
  const door = located ? end(DOOR) : -1;
  if (door > 0) return { end: door, of: 'doors' };
  if (located) {
    const relation = end(RELATION);
    if (relation > 0) return { end: relation, of: 'relations' };
    const landmark = end(LANDMARK);
    if (landmark > 0 && !/[0-9]|[路街号栋弄]/.test(text.slice(at, landmark))) return { end: landmark, of: 'relations' };
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
    { end: located || institutions ? end(BUILDING) : -1, of: 'streets', as: 'building' },
    { end: institutions ? end(INSTITUTION) : -1, of: 'streets' },
  ] as const;
  const shortest = withMore(text, names.filter((part) => part.end > 0).toSorted((a, b) => a.end - b.end)[0]);
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

/** 经纬七道|街34号: a name may hold the ending of another part. */
function withMore(text: string, part: Part | undefined): Part | undefined {
  if (part === undefined || part.of === 'divisions') return part;
  MORE_OF_A_NAME.lastIndex = part.end;
  const more = MORE_OF_A_NAME.exec(text)?.[0].length ?? 0;
  return more === 0 ? part : { ...part, end: part.end + more };
}
