/** Number plates: GA 36-2018, a province character, a letter, five symbols or six for new-energy vehicles. Pure. */
import type { Claim } from '../kinds.ts';
import { GAP } from '../reading/gaps.ts';
import type { Reading } from '../reading/reading.ts';
import type { Run } from '../reading/runs.ts';

const PROVINCES = new Set('京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领');
const BODY = /^[A-HJ-NP-Z][A-HJ-NP-Z0-9]{5,6}$/;
/** At least three digits, as every series in use has: a word in capitals behind 新 or 云 is no plate. */
const DIGITS = /\d.*\d.*\d/;
const LAST_CHARACTERS = new Set('挂学警港澳使领');

export function* plate({ text, codes }: Reading): Generator<Claim> {
  for (const run of codes)
    for (const from of letterPositions(run)) {
      const at = run.start[from] ?? 0;
      const province = PROVINCES.has(text.charAt(at - 1))
        ? at - 1
        : ' ,·.、'.includes(text.charAt(at - 1)) && PROVINCES.has(text.charAt(at - 2))
          ? at - 2
          : -1;
      if (province < 0) continue;
      for (const length of [7, 6, 5]) {
        const end = run.end[from + length - 1];
        if (end === undefined || (run.gap[from + length] ?? GAP.turn) === GAP.none) continue;
        const body = run.symbols.slice(from, from + length);
        const special = LAST_CHARACTERS.has(text.charAt(end));
        if (!DIGITS.test(body) || !(length === 5 ? special && /^[A-HJ-NP-Z][A-HJ-NP-Z0-9]{4}$/.test(body) : BODY.test(body))) continue;
        yield { type: 'PLATE', start: province, end: special ? end + 1 : end, sureness: 90 };
        break;
      }
    }
}

function* letterPositions(run: Run): Generator<number> {
  for (let i = 0; i < run.symbols.length; i += 1) if (run.gap[i] !== GAP.none && /[A-Z]/.test(run.symbols.charAt(i))) yield i;
}
