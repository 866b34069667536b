/** Expiry of a card beside its keyword: 08/27, 0827, 2027年8月, 零八二七. Dates of coupons and contracts are none. Pure. */
import type { Claim } from '../kinds.ts';
import { REACH, type Reading } from '../reading/reading.ts';
import { windowsOf } from '../reading/runs.ts';

const NUM = '(?:[0-9]{1,2}|十[一二]?|[零〇]?[一二三四五六七八九])';
const YEAR = '(?:20)?[2-4][0-9]|[二两][零〇]?[二三四][零〇一二三四五六七八九]|[二三四][零〇一二三四五六七八九]';
const FORMS = new RegExp(
  `(?:${NUM}[ ]?(?:/|-|\\\\|\\.|斜杠|斜线|杠|月)[ ]?(?:${YEAR})年?|(?:${YEAR})(?:年|/|-|\\.)[ ]?${NUM}月?)(?![0-9日号年])`,
  'g',
);
const DIGITS = /^(?:(?:0[1-9]|1[0-2])(?:20)?[2-4]\d|(?:20)?[2-4]\d(?:0[1-9]|1[0-2]))$/;
const LOOK_AHEAD = 32;
/** 12/29到期 */
const LAST_FORM = /(?<![0-9/])((?:0[1-9]|1[0-2])[/-](?:20)?[2-4][0-9])[ ,是]{0,3}$/;

export function* cardExpiry(reading: Reading): Generator<Claim> {
  const { text, keywords } = reading;
  for (const word of keywords.after(0, text.length)) {
    if (word.value !== 'CARD_EXPIRY' || !onCard(reading, word.start, word.end)) continue;
    const before = LAST_FORM.exec(text.slice(Math.max(0, word.start - LOOK_AHEAD), word.start));
    if (before !== null && keywords.near('BANK_CARD', word.start, REACH.far))
      yield {
        type: 'CARD_EXPIRY',
        start: word.start - before[0].length,
        end: word.start - before[0].length + (before[1]?.length ?? 0),
        sureness: 82,
      };
    const behind = text.slice(word.end, word.end + LOOK_AHEAD);
    FORMS.lastIndex = 0;
    const form = FORMS.exec(behind);
    if (form === null || /[。;]/.test(behind.slice(0, form.index)) || /\d/.test(behind.slice(0, form.index))) continue;
    const start = word.end + form.index;
    if (/^[-/.]\d|^\d{1,2}[日号]/.test(text.slice(start + form[0].length, start + form[0].length + 3))) continue; // a full date
    yield { type: 'CARD_EXPIRY', start, end: start + form[0].length, sureness: 83 };
  }
  for (const runs of [reading.digits, reading.slips])
    for (const run of runs)
      for (const { start, end, apart } of windowsOf(run, [4, 6], DIGITS)) {
        if (!apart) continue;
        if (!keywords.claims('CARD_EXPIRY', start, REACH.middle) || !onCard(reading, start, end)) continue;
        if (/^[年月日号元天]/.test(text.slice(end, end + 1))) continue;
        yield { type: 'CARD_EXPIRY', start, end, sureness: runs === reading.digits ? 82 : 71 };
      }
}

/** What expires is not a coupon, a document or a contract. */
function onCard({ keywords }: Reading, start: number, end: number): boolean {
  for (const word of keywords.before(start, REACH.far)) {
    if (['BANK_CARD', 'CVV', 'CARD_EXPIRY'].includes(word.value)) return true;
    if (
      ['EXPIRES', 'OTHER', 'RESIDENT_ID', 'PASSPORT', 'DRIVER_LICENCE', 'HK_MACAO_PERMIT', 'TAIWAN_PERMIT', 'SMS_CODE'].includes(word.value)
    )
      return false;
  }
  for (const word of keywords.after(end, REACH.behind)) if (word.value === 'EXPIRES' || word.value === 'OTHER') return false;
  return true;
}
