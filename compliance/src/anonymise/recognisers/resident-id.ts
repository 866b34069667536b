/** Resident identity numbers: GB 11643-1999 (18 with check) and the old form of 15; residence permits of Hong Kong, Macao, Taiwan and foreigners too. Pure. */
import type { Claim } from '../kinds.ts';
import { REACH, type Reading } from '../reading/reading.ts';
import { type Run, type Window, windowsOf } from '../reading/runs.ts';
import { namedOtherwise, partOfSomethingElse } from './surroundings.ts';

const PROVINCE = /^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9[1-9])/;
const SHAPE = /^(?:\d{15}|\d{17}[\dX])$/;
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const CHECK = '10X98765432';

export function* residentId(reading: Reading): Generator<Claim> {
  for (const run of reading.digits) yield* inRun(reading, run, false);
  for (const run of reading.slips) yield* inRun(reading, run, true);
}

function* inRun(reading: Reading, run: Run, slips: boolean): Generator<Claim> {
  for (const window of windowsOf(run, [15, 18], SHAPE)) {
    const sureness = surenessOf(reading, window, slips);
    if (sureness > 0) yield { type: 'RESIDENT_ID', start: window.start, end: window.end, sureness };
  }
}

function surenessOf(reading: Reading, window: Window, slips: boolean): number {
  const { symbols, start, end } = window;
  const named = reading.keywords.near('RESIDENT_ID', start, REACH.far) || reading.keywords.follows('RESIDENT_ID', end);
  if (symbols.length === 18) {
    if (hasCheckDigit(symbols) && PROVINCE.test(symbols) && isDate(symbols.slice(6, 14))) return slips && !named ? 0 : 97;
    // a digit misheard or mistyped: still nearly everything of a real one
    return named && !namedOtherwise(reading, window) ? (slips ? 61 : 63) : 0;
  }
  if (!PROVINCE.test(symbols)) return 0;
  const dated = isDate(`19${symbols.slice(6, 12)}`);
  if (named && !namedOtherwise(reading, window) && (dated || (window.alone && !slips))) return dated ? 75 : 60;
  return !slips && dated && !namedOtherwise(reading, window) && !partOfSomethingElse(reading.text, window) ? 52 : 0;
}

export function hasCheckDigit(id: string): boolean {
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(id[i]), 0);
  return CHECK[sum % 11] === id[17];
}

export function isDate(yyyymmdd: string): boolean {
  const year = Number(yyyymmdd.slice(0, 4));
  const month = Number(yyyymmdd.slice(4, 6));
  const day = Number(yyyymmdd.slice(6, 8));
  return year >= 1880 && year <= 2099 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}
