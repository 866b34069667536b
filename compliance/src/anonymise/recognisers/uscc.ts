/** Unified social credit codes: GB 32100-2015, eighteen digits and letters without I O S V Z, check modulo 31. Pure. */
import type { Claim } from '../kinds.ts';
import { REACH, type Reading } from '../reading/reading.ts';
import { windowsOf } from '../reading/runs.ts';
import { namedOtherwise } from './surroundings.ts';

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const SHAPE = /^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$/;
/** Departments and kinds of bodies in use. */
const HEAD = /^(?:1[1-39]|2[19]|3[1-59]|4[19]|5[1-39]|6[129]|7[129]|8[19]|9[1-3]|A[19]|N[1-39]|Y1)[1-9]/;

export function* uscc(reading: Reading): Generator<Claim> {
  for (const run of reading.codes)
    for (const window of windowsOf(run, [18], SHAPE)) {
      const { start, end } = window;
      const named = reading.keywords.near('USCC', start, REACH.far) || reading.keywords.follows('USCC', end);
      const proven = HEAD.test(window.symbols) && hasCheckCharacter(window.symbols);
      const lettered = /[A-Z]/.test(window.symbols); // no order number has letters and this check character by chance
      if (!named && (!proven || (!lettered && namedOtherwise(reading, window)))) continue;
      yield { type: 'USCC', start, end, sureness: named ? (proven ? 99 : 64) : lettered ? 90 : 53 };
    }
}

export function hasCheckCharacter(code: string): boolean {
  let sum = 0;
  let weight = 1;
  for (const char of code.slice(0, 17)) {
    sum += ALPHABET.indexOf(char) * weight;
    weight = (weight * 3) % 31; // powers of three, GB 32100 annex A
  }
  return ALPHABET[(31 - (sum % 31)) % 31] === code[17];
}
