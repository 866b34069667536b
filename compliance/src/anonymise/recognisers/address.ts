/**
 * Postal addresses by their structure: division, street, estate, building, unit, room, each a name or number and its suffix. A chain counts
 * when it leads to a door or a village, or when a keyword announces it. Branches of the bank are public and pass. Pure.
 */
import type { Claim } from '../kinds.ts';
import { PLACES } from '../reading/places.ts';
import type { Reading } from '../reading/reading.ts';
import { WordTree, words } from '../reading/word-tree.ts';
import { NUMERAL, type Part, partAt, tailAt } from './address-parts.ts';

const SEPARATOR =
  /(?:[ ,、\-·]|嗯|呃|额|那个|就是|然后|的){1,4}|[与和跟同](?=[\u4e00-\u9fff]{1,7}(?:路|街|道|巷|胡同)[^。,]{0,3}(?:交|口))/y;
/** Where a street meets a number, an estate a building: an address without a known place is found from here. */
const DOORSTEP = new RegExp(
  `(?:路|街|大道|道|巷|弄|胡同|里|村|屯|庄|镇|乡|园|苑|小区|花园|公寓|大厦|广场|城|府|湾|庭|郡|居|区|街道|院|厦|苑|寓|宿舍|家属院|家属楼|大楼|工业区|[农林牧]场|嘎查|苏木|连|坊|国际|新城|绿洲|中心)[ ,]?[${NUMERAL}]{1,9}(?:-[0-9]{1,3})? ?(?:号|弄|栋|幢|座|组|队|单元|室|巷|期|区|支弄|楼|#|连|社)|[\\u4e00-\\u9fff](?=[${NUMERAL}]{1,4}(?:栋|幢|号楼|#楼?|号院|期|座)[${NUMERAL}]{1,4}(?:单元|门|室|层|楼|号(?!楼)|[-0-9]{3,9}))|(?:社区|小区|新村|[期区园苑城府湾里居庭郡])[0-9]{1,3}-[0-9]{1,2}-[0-9]{1,4}(?![-0-9])|(?:镇|乡|苏木|街道|街办)(?=[\\u4e00-\\u9fff]{2,6}(?:村|嘎查|屯)(?:[\\u4e00-\\u9fff]{0,5}[${NUMERAL}]{1,4}[组队社号排]|[^\\u4e00-\\u9fff]|$))|[村园市场](?=[东南西北](?:门[${NUMERAL}]{1,3}号|头))|[\\u4e00-\\u9fff](?=(?:东|西|南|北)头第[${NUMERAL}]{1,2}[家户])`,
  'g',
);
const INTRODUCTIONS = new WordTree<true>(
  words(
    '几栋 几栋几单元 几号楼 几号 门牌 门牌号 具体门牌 哪个小区 小区 小区名字 哪条路 哪个路 什么路 哪里 住哪 住哪里 寄哪 寄哪里 寄到哪里 具体位置 故障地点 报修点 报修点位于 用水地址 用电地址 用气地址 供暖地址 装机地址 派单地址 上门 请放 放 放到 报修 就在 住着 住在了 安置在 现居地 户籍在 落户 家在 家里在 人现在在 停在 存放在 单位在 学校在 店铺在 厂在 住 现在住 寄 地址 寄件地址 取件地址 详细地址 具体地址 配送地址 邮递地址 安装地址 维修地址 报修地址 故障地址 服务地址 投保地址 标的地址 房屋地址 身份证地址 现住址 现地址 常住地址 联系住址 家庭住址 住址 住所 住在 家住 现住 现住在 在外租住 只知道在 知道在 老家 老家在 老家是 祖籍 房子在 厂子在 门店在 店在 抵押房产位于 位于 坐落于 坐落 房屋坐落 上门地址 上门收件到 上门到 原地址 新地址 旧地址 老地址 地址就写 地址填 地址写 改到 改寄 改寄到 就寄 送 收 我在 人在 现居住 现居住地 房产地址 经营地址 注册地址 办公地址 家在 家是 我家 搬到 搬到了 寄到 寄往 寄给 邮寄到 邮寄地址 寄送地址 快递到 送到 送货到 收货地址 收件地址 通讯地址 联系地址 账单地址 户籍 户籍地 户籍地址 户口 户口在 户口所在地 户籍所在地 籍贯 常住 租住 租住在 居住地 居住在 居住地址 工作地址 单位地址 公司地址 公司在 住的是 地址是 地址改成 地址改为 现居 地止 地只 地直 住纸 住止 ADDRESS',
    true,
  ),
);
const LINK = /(?:[ :,"“?]|请|呢|\n[^\s:\d]{1,6}:|嗯|呃|那个|就是|是|为|在|到|了|我|改成|改为|变更为|更新为|现在|目前|一直|的){0,8}/y;
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
  /** Of the streets, those that are a name before a number and nothing else. */
  readonly bare: number;
}

export function* address({ text }: Reading): Generator<Claim> {
  let covered = 0; // an address is not searched twice
  for (const { start, announced, atDoor } of beginnings(text)) {
    if (start < covered) continue;
    const chain = chainAt(text, start, announced || atDoor);
    if (chain === undefined || !isAddress(chain, announced)) continue;
    if ((announced ? PUBLIC_PLACE : PUBLIC).test(text.slice(Math.max(0, chain.start - 12), chain.start))) continue;
    covered = chain.end;
    yield { type: 'ADDRESS', start: chain.start, end: chain.end, sureness: announced ? 88 : 78 };
  }
}

function isAddress({ divisions, streets, doors, relations, bare }: Chain, announced: boolean): boolean {
  if (announced) return relations >= 1 || divisions + streets >= 2 || (divisions + streets >= 1 && doors >= 1) || doors >= 2;
  if (divisions >= 2 && ((streets >= 1 && relations >= 1) || streets >= 2)) return true;
  return (
    (streets > bare && doors >= 1) ||
    (streets >= 1 && doors >= 2) ||
    (divisions >= 1 && doors >= 2) ||
    (divisions >= 3 && streets >= 1) ||
    divisions >= 4
  );
}

/** Announced by a keyword, or at a known place, or before a doorstep; in the order of the text. */
function beginnings(text: string): { readonly start: number; readonly announced: boolean; readonly atDoor: boolean }[] {
  const found = new Map<number, 'announced' | 'place' | 'door'>();
  for (const word of INTRODUCTIONS.all(text)) {
    LINK.lastIndex = word.end;
    found.set(word.end + (LINK.exec(text)?.[0].length ?? 0), 'announced');
  }
  let lastPlace = -1;
  for (const place of PLACES.all(text)) {
    if (place.start > lastPlace && !found.has(place.start)) found.set(place.start, 'place');
    lastPlace = place.end;
  }
  for (const step of text.matchAll(DOORSTEP)) {
    let start = step.index;
    while (
      start > 0 &&
      !found.has(start) &&
      step.index - start < LOOK_BACK &&
      !(STOP.has(text.charAt(start - 1)) && !/^(?:和[平谐义美顺兴众睦润昌]|向[阳东荣日前])/.test(text.slice(start - 1, start + 1))) &&
      !(/\d/.test(text.charAt(start - 1)) && !/[\u4e00-\u9fff]\d{0,2}$/.test(text.slice(Math.max(0, start - 4), start - 1)))
    )
      start -= 1;
    while (/[ -]/.test(text.charAt(start))) start += 1;
    if (start < step.index && !found.has(start)) found.set(start, 'door');
  }
  return [...found]
    .map(([start, by]) => ({ start, announced: by === 'announced', atDoor: by === 'door' }))
    .toSorted((a, b) => a.start - b.start);
}

/** `named`: buildings without a suffix and institutions count. */
function chainAt(text: string, start: number, named: boolean): Chain | undefined {
  let end = start;
  let at = start;
  const count = { divisions: 0, streets: 0, doors: 0, relations: 0, bare: 0 };
  let last: Part | undefined;
  for (let parts = 0; parts < MOST_PARTS; parts += 1) {
    const part: Part | undefined =
      tailAt(text, at, last) ??
      partAt(
        text,
        at,
        count.streets + count.divisions > 0,
        count.doors > 0 || last?.as === 'estate' || last?.as === 'building',
        named || count.doors > 0,
      );
    if (part === undefined) break;
    last = part;
    count[part.of] += 1;
    if (part.as === 'building') count.bare += 1;
    end = at = part.end;
    SEPARATOR.lastIndex = at;
    at += SEPARATOR.exec(text)?.[0].length ?? 0;
  }
  return end === start ? undefined : { start, end, ...count };
}
