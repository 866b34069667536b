/** Names in latin letters: announced (my name is), with a title (Mr. Li), or a surname of pinyin beside what persons do. The text is folded to upper case. Pure. */
import type { Claim } from '../kinds.ts';
import { ENGLISH_BRANDS, ENGLISH_NAMES } from '../reading/english-names.ts';
import type { Reading } from '../reading/reading.ts';

const NAME = "[A-Z][A-Z'-]{1,15}(?: [A-Z][A-Z'-]{1,15}){1,2}";
const ANNOUNCED = new RegExp(
  `(?:\\b(?:MY NAME IS|NAME IS|NAME ?:|I AM CALLED|I AM|I'M|THIS IS|CARDHOLDER ?:?|ACCOUNT NAME ?:?|ACCOUNT HOLDER ?:?|BENEFICIARY ?:?|PAYEE ?:?|CONTACT(?: PERSON)? ?:?|SPOKE (?:WITH|TO)|SPEAK (?:WITH|TO)|CUSTOMER|CLIENT|DEAR)|(?:BEST |KIND |WARM )?REGARDS,?\\n|SINCERELY,?\\n|YOURS(?: TRULY)?,?\\n|THANKS,?\\n|CHEERS,?\\n|姓名拼音|拼音|英文名字?|卡面印的|户名|姓名|收件人|收货人|收款人|持卡人|联系人|我叫|名字) {0,2}(?:[:是为叫]|IS)? {0,2}(${NAME})`,
  'g',
);
/** One English name by itself: behind what calls or addresses somebody, or before a title in either language. */
const CALLED =
  /(?:英文名字?|[我他她]叫|名叫|我是|他是|她是|找|叫|给|跟|请|联系|让|DEAR|HI|HELLO|THIS IS|NAME IS|I AM|I'M|CALL ME|SPEAK TO|ASK FOR|REGARDS,?\n|THANKS,?\n) {0,2}[:是叫为]? {0,2}([A-Z]{2,12})(?![A-Z0-9])/g;
const HAS_TITLE = /(?<![A-Z0-9])([A-Z]{2,12}) ?(?:小姐|先生|女士|经理|老师|医生|总|姐|哥|妈妈|爸爸|SIR)(?![\u4e00-\u9fff]{0,1}[卡店])/g;
/** An English name and a surname: Michael Liu. */
const FULL = /(?<![A-Z0-9./@_-])([A-Z]{2,12}) ([A-Z][A-Z'-]{1,15})(?![A-Z0-9@_])/g;
/** As passports and tickets print it: CHEN/XIAOLU MS. */
const PRINTED = /(?<![A-Z0-9/])([A-Z]{2,8})\/([A-Z]{2,14})(?: (?:MR|MS|MRS|MISS|MSTR))?(?![A-Z0-9/])/g;
const TITLED = /\b(?:MR|MRS|MS|MISS|DR|SIR|MADAM)\.? [A-Z][A-Z'-]{1,15}(?: [A-Z][A-Z'-]{1,15})?/g;
const PERSON_DOES = new RegExp(`(?:^|[^A-Z])(${NAME}) (?:CALLED|SPEAKING|SAID|LOST|WANTS|ASKED|HERE)\\b`, 'g');
/** Words that follow the announcements and are no names. */
const NOT_NAMES = new Set(
  `NOT ON THE A AN IN AT OF TO FOR AND OR IS ARE WAS MY YOUR OUR THEIR THIS THAT IT HE SHE WE YOU CALLING CALLED FROM ABOUT WITH NO SORRY HERE SPEAKING SAID LOST WANTS ASKED LOOKING TRYING GOING VERY HAPPY GLAD
   INCORRECT WRONG MISSING ALREADY SERVICE SUPPORT CUSTOMER BANK BRANCH CENTER CENTRE CARD ACCOUNT NUMBER MANAGER PLEASE SIR MADAM TEAM ALL NEW OLD FINE OK OKAY SURE READY WAITING HAVING UNABLE REQUIRED OPTIONAL
   US BY CAN COULD WILL WOULD SHOULD HAS HAVE HAD DID DOES DO ID INFO DETAILS AGREEMENT TYPE LEVEL APPLE VISA MASTERCARD CITY TODAY TOMORROW MORNING YESTERDAY BACK AGAIN STILL ALSO JUST URGENT`.split(
    /\s+/,
  ),
);
/** 姓 and the rest of a name end before these. */
const CUT = /^(?:SPEAKING|CALLED|SAID|LOST|WANTS|ASKED|HERE|AND|FROM|ABOUT|TOMORROW|TODAY|AT|YESTERDAY|PLEASE|IS|HAS|WAS)$/;
const CHINESE_SURNAMES = new Set(
  'WANG LI ZHANG LIU CHEN YANG HUANG ZHAO WU ZHOU XU SUN MA ZHU HU GUO HE LIN LUO GAO ZHENG LIANG XIE SONG TANG HAN DENG FENG CAO PENG ZENG XIAO TIAN DONG PAN YUAN CAI JIANG YU DU YE CHENG WEI SU LV LU DING REN SHEN YAO ZHONG CUI TAN FAN LIAO SHI JIN JIA XIA FU FANG ZOU XIONG BAI MENG QIN QIU HOU YIN XUE YAN LEI LONG DUAN HAO KONG SHAO MAO CHANG WAN GU LAI WU KANG HE QIAN DAI WONG CHAN LEE CHEUNG LAM HO NG TAM LEUNG'.split(
    ' ',
  ),
);

export function* latinName({ text }: Reading): Generator<Claim> {
  yield* englishName(text);
  for (const found of text.matchAll(ANNOUNCED))
    yield* named(found.index + found[0].length - (found[1] ?? '').length, found[1] ?? '', 70, false);
  for (const found of text.matchAll(PERSON_DOES)) {
    const name = found[1] ?? '';
    yield* named(found.index + found[0].indexOf(name), name, 66, true);
  }
  for (const found of text.matchAll(TITLED)) {
    const words = found[0].split(' ');
    const end = CUT.test(words.at(-1) ?? '') ? found[0].lastIndexOf(' ') : found[0].length;
    if (end > 3 && !NOT_NAMES.has(words[1] ?? '')) yield { type: 'PERSON_NAME', start: found.index, end: found.index + end, sureness: 72 };
  }
}

function* englishName(text: string): Generator<Claim> {
  for (const found of text.matchAll(CALLED)) {
    const end = found.index + found[0].length;
    if (ENGLISH_NAMES.has(found[1] ?? '')) yield { type: 'PERSON_NAME', start: end - (found[1] ?? '').length, end, sureness: 64 };
  }
  for (const found of text.matchAll(HAS_TITLE))
    if (ENGLISH_NAMES.has(found[1] ?? ''))
      yield { type: 'PERSON_NAME', start: found.index, end: found.index + found[0].length, sureness: 64 };
  for (const found of text.matchAll(FULL)) {
    const [whole, given = '', surname = ''] = found;
    if (!ENGLISH_NAMES.has(given) || NOT_NAMES.has(surname) || ENGLISH_BRANDS.test(whole) || CUT.test(surname)) continue;
    yield { type: 'PERSON_NAME', start: found.index, end: found.index + whole.length, sureness: 65 };
  }
  for (const found of text.matchAll(PRINTED))
    if (CHINESE_SURNAMES.has(found[1] ?? ''))
      yield { type: 'PERSON_NAME', start: found.index, end: found.index + found[0].length, sureness: 73 };
}

function* named(start: number, whole: string, sureness: number, chinese: boolean): Generator<Claim> {
  const words = whole.split(' ');
  const cut = words.findIndex((word, at) => CUT.test(word) || (at >= 2 && NOT_NAMES.has(word))); // Zhang Wei calling about
  const name = cut < 0 ? words : words.slice(0, cut);
  if (name.length < 2 || name.some((word) => NOT_NAMES.has(word))) return;
  if (chinese && !name.some((word) => CHINESE_SURNAMES.has(word))) return;
  yield { type: 'PERSON_NAME', start, end: start + name.join(' ').length, sureness };
}
