/** Fixed lines: area code (10, 2x, three digits from 3 to 9) and seven or eight digits, an extension with them; without area only beside a keyword. Pure. */
import type { Claim } from '../kinds.ts';
import { GAP } from '../reading/gaps.ts';
import { REACH, type Reading } from '../reading/reading.ts';
import { windowsOf } from '../reading/runs.ts';
import { namedOtherwise, partOfSomethingElse } from './surroundings.ts';

const WITH_AREA = /^(?:(?:00)?86)?0?(?:10[2-8]\d{7}|2\d[2-8]\d{7}|[3-9]\d{2}[2-8]\d{6,7})$/;
const LOCAL = /^[2-8]\d{6,7}$/;
const PUBLIC = /^(?:400|800)/;
const EITHER = new RegExp(`${WITH_AREA.source}|${LOCAL.source}`);
const LENGTHS = [7, 8, 10, 11, 12, 13, 14, 15] as const;
const EXTENSION = /^(?:[ ,]{0,2}(?:转|分机|分机号|EXT|X)[: .]{0,2}\d{1,6}|-\d{1,5}(?!\d))/;

export function* landline(reading: Reading): Generator<Claim> {
  const { text, keywords } = reading;
  for (const runs of [reading.digits, reading.slips])
    for (const run of runs)
      for (const window of windowsOf(run, LENGTHS, EITHER)) {
        const { symbols, start, end, strongestGap } = window;
        const ownLine = keywords.claims('LANDLINE', start, REACH.middle) || keywords.follows('LANDLINE', end);
        const named = ownLine || keywords.claims('MOBILE', start, REACH.middle) || keywords.follows('MOBILE', end);
        if (keywords.claims('HOTLINE', start, REACH.middle, ['MOBILE', 'LANDLINE']) && !ownLine) continue;
        if (runs === reading.slips && !ownLine) continue;
        const area = /^(?:0[1-9]|86|0086)/.test(symbols) && WITH_AREA.test(symbols);
        const bare = !PUBLIC.test(symbols) && (LOCAL.test(symbols) ? named && window.alone : ownLine && WITH_AREA.test(symbols));
        if (!area && !bare) continue;
        if (!named && (strongestGap > GAP.dot || partOfSomethingElse(text, window) || namedOtherwise(reading, window))) continue;
        if (!named && !window.alone && !/^0\d{9,11}$/.test(symbols)) continue;
        const extension = EXTENSION.exec(text.slice(end, end + 12))?.[0] ?? '';
        const bracket = text.charAt(start - 1) === '(' || text.charAt(start - 1) === '+' ? 1 : 0;
        yield {
          type: 'LANDLINE',
          start: start - bracket,
          end: end + extension.length,
          sureness: (named ? 70 : 55) + (runs === reading.slips ? (symbols.startsWith('0') ? 1 : -4) : 0),
        };
      }
}
