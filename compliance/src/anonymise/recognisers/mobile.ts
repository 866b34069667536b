/** Mobile numbers: mainland (MIIT plan: 1, then 3–9, eleven digits, with or without +86), and those of Hong Kong, Macao and Taiwan with their code. Pure. */
import type { Claim } from '../kinds.ts';
import { GAP } from '../reading/gaps.ts';
import { REACH, type Reading } from '../reading/reading.ts';
import { type Run, type Window, windowsOf } from '../reading/runs.ts';
import { namedOtherwise, partOfSomethingElse } from './surroundings.ts';

const MAINLAND = /^(?:00?86|86|0)?1[3-9]\d{9}$/;
const ABROAD = /^(?:00)?(?:852[4-9]\d{7}|8536\d{7}|8869\d{8})$/;
const EITHER = new RegExp(`${MAINLAND.source}|${ABROAD.source}`);
const LENGTHS = [11, 12, 13, 14, 15] as const;
const DOTTED = /^(?:3,4,4|3,8|2,3,4,4)$/;
/** Groups people write a mobile number in; within a longer run of groups only these count. */
const WRITTEN = /^(?:11|3,4,4|3,8|7,4|3,3,5|4,3,4|5,6|3,5,3|2,11|2,3,4,4|2,3,8|13|14|4,11)$/;
/** More groups than this are a list, unless a keyword says otherwise. */
const MOST_GROUPS = 6;

export function* mobile(reading: Reading): Generator<Claim> {
  for (const run of reading.digits) yield* inRun(reading, run, false);
  for (const run of reading.slips) yield* inRun(reading, run, true);
}

function* inRun(reading: Reading, run: Run, slips: boolean): Generator<Claim> {
  for (const window of windowsOf(run, LENGTHS, EITHER)) {
    if (!MAINLAND.test(window.symbols) && !isAbroad(reading, window)) continue;
    const named = isNamed(reading, window);
    if (slips ? !named : !named && !plausible(reading, window)) continue;
    const start = reading.text.charAt(window.start - 1) === '+' ? window.start - 1 : window.start;
    yield { type: 'MOBILE', start, end: window.end, sureness: (named ? 80 : 58) - (slips ? 8 : 0) };
  }
}

const isAbroad = ({ text, keywords }: Reading, { symbols, start }: Window): boolean =>
  ABROAD.test(symbols) && (text.charAt(start - 1) === '+' || symbols.startsWith('00') || keywords.claims('MOBILE', start, REACH.middle));

const isNamed = ({ keywords }: Reading, { start, end }: Window): boolean =>
  keywords.claims('MOBILE', start, REACH.far, ['PARTIAL', 'WECHAT', 'LANDLINE', 'HOTLINE']) ||
  keywords.claims('WECHAT', start, REACH.near) ||
  keywords.follows('MOBILE', end);

function plausible(reading: Reading, window: Window): boolean {
  const { groups, strongestGap } = window;
  const shape = groups.join(',');
  if (partOfSomethingElse(reading.text, window) || namedOtherwise(reading, window)) return false;
  if (strongestGap === GAP.dot && !DOTTED.test(shape)) return false;
  if (strongestGap === GAP.comma && /^\d{1,3}(?:,\d{3})+$/.test(reading.text.slice(window.start, window.end))) return false;
  if (!window.alone && !WRITTEN.test(shape)) return strongestGap === GAP.turn;
  const spoken = !/\d/.test(reading.text.slice(window.start, window.end));
  return spoken || groups.length <= MOST_GROUPS || strongestGap === GAP.soft;
}
