/** Dates of birth: a date within reach of 生日, 出生 and the like, before or behind it. Pure. */
import type { Claim } from '../kinds.ts';
import type { Reading } from '../reading/reading.ts';

const N = '[0-9〇零一二三四五六七八九十廿]';
const YEAR = `(?:(?:1[89]|20)[0-9]{2}|[0-9]{2}|[一二][〇零一二三四五六七八九]{3}|[〇零一二三四五六七八九]{2})`;
const GAP = '[ ,、]?(?:嗯|呃|那个|啊)?[ ,、]?';
const DATE = new RegExp(
  [
    `${YEAR} ?年${GAP}${N}{1,3} ?月(?:份)?(?:${GAP}(?:初[一二三四五六七八九十]|${N}{1,3} ?[日号]?))?`,
    `(?:1[89]|20)[0-9]{2} ?[-/.] ?[0-9]{1,2} ?[-/.] ?[0-9]{1,2}`,
    `(?:19|20)[0-9]{2} ?[-/.] ?[0-9]{1,2}(?![0-9])`,
    `[0-9]{1,2}/[0-9]{1,2}/(?:19|20)[0-9]{2}`,
    `(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])`,
    `[3-9][0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?![0-9])`,
    `[一二][〇零九][〇零一二三四五六七八九]{2}[ ,、]?[〇零一][〇零一二三四五六七八九][ ,、]?[〇零一二三][〇零一二三四五六七八九]`,
    `(?:农历|阴历|阳历|公历)?${N}{1,3}月(?:初[一二三四五六七八九十]|${N}{1,3}[日号]?)`,
    `(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]{0,6}\\.? ?[0-9]{1,2},? ?(?:19|20)[0-9]{2}`,
    `[0-9]{1,2} (?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]{0,6} (?:19|20)[0-9]{2}`,
  ].join('|'),
  'g',
);
const REACH = 36;
const LONGEST_LINK = 16;
const BROKEN = /[。;!]|订单|办理|交易|还款|开户|到期/;

export function* birthDate({ text, keywords }: Reading): Generator<Claim> {
  for (const word of keywords.after(0, text.length)) {
    if (word.value !== 'BIRTH_DATE') continue;
    const behind = text.slice(word.end, word.end + REACH);
    DATE.lastIndex = 0;
    const next = DATE.exec(behind);
    if (next !== null && next.index <= LONGEST_LINK && !BROKEN.test(behind.slice(0, next.index)))
      yield { type: 'BIRTH_DATE', start: word.end + next.index, end: word.end + next.index + next[0].length, sureness: 85 };
    const from = Math.max(0, word.start - REACH);
    const before = text.slice(from, word.start);
    DATE.lastIndex = 0; // matchAll begins there
    const last = [...before.matchAll(DATE)].at(-1);
    if (last === undefined || /\d/.test(text.charAt(from + last.index - 1))) continue;
    const link = before.slice(last.index + last[0].length);
    if (/^(?:[ ,]|的?时候|那天|我|是|的|就|在?[^\d。,]{0,4}|本人){0,3}$/.test(link) && link.length <= 8)
      yield { type: 'BIRTH_DATE', start: from + last.index, end: from + last.index + last[0].length, sureness: 84 };
  }
}
