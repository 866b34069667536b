/** Bank cards (ISO/IEC 7812): issuer ranges met in China with Luhn check; beside a keyword also cards with a digit misheard. Pure. */
import type { Claim } from '../kinds.ts';
import { GAP } from '../reading/gaps.ts';
import { REACH, type Reading } from '../reading/reading.ts';
import { type Run, type Window, windowsOf } from '../reading/runs.ts';
import { namedOtherwise, partOfSomethingElse } from './surroundings.ts';

/** UnionPay 62 (16–19) and its older ranges, Visa, Mastercard, JCB, American Express, Diners, Discover. */
const ISSUER =
  /^(?:62\d{14,17}|9558\d{15}|6(?:0|5)\d{14}|69\d{14,17}|10[03]\d{16}|4\d{15}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|35\d{14}|3[47]\d{13}|3[068]\d{12}|9\d{15,18})$/;
/** Those that are common enough to believe without any keyword. */
const COMMON = /^(?:62|9558|4|5[1-5]|35|3[47])/;
const LENGTHS = [14, 15, 16, 17, 18, 19] as const;

export function* bankCard(reading: Reading): Generator<Claim> {
  for (const run of reading.digits) yield* inRun(reading, run, false);
  for (const run of reading.slips) yield* inRun(reading, run, true);
}

function* inRun(reading: Reading, run: Run, slips: boolean): Generator<Claim> {
  for (const window of windowsOf(run, LENGTHS, /^\d+$/)) {
    const sureness = surenessOf(reading, window, slips);
    if (sureness > 0) yield { type: 'BANK_CARD', start: window.start, end: window.end, sureness };
  }
}

function surenessOf(reading: Reading, window: Window, slips: boolean): number {
  const { symbols, start, end } = window;
  const { keywords } = reading;
  const named = keywords.claims('BANK_CARD', start, REACH.far, ['PARTIAL', 'AMOUNT', 'CARD_EXPIRY']) || keywords.follows('BANK_CARD', end);
  const known = ISSUER.test(symbols);
  const luhn = passesLuhn(symbols);
  if (named && known && luhn) return slips ? 90 : 92;
  if (named && (known || (luhn && symbols.length >= 16))) return slips ? 64 : 66;
  if (slips || !known || !luhn || !COMMON.test(symbols)) return named && !slips && symbols.length >= 16 && window.alone ? 61 : 0;
  if (namedOtherwise(reading, window) || partOfSomethingElse(reading.text, window)) return 0;
  return window.strongestGap >= GAP.comma && window.groups.length > 8 ? 0 : 59;
}

/** ISO/IEC 7812-1 annex B. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
