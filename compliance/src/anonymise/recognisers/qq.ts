/** QQ numbers beside their keyword: five to eleven digits, the first not zero. Pure. */
import type { Claim } from '../kinds.ts';
import { REACH, type Reading } from '../reading/reading.ts';
import { windowsOf } from '../reading/runs.ts';
import { partOfSomethingElse } from './surroundings.ts';

export function* qq(reading: Reading): Generator<Claim> {
  const { keywords, text } = reading;
  for (const runs of [reading.digits, reading.slips])
    for (const run of runs)
      for (const window of windowsOf(run, [5, 6, 7, 8, 9, 10, 11], /^[1-9]\d+$/)) {
        const { start, end } = window;
        if (!window.apart) continue;
        const directly = keywords.nearest(start, 2)?.value === 'QQ';
        if (!keywords.claims('QQ', start, REACH.middle, ['WECHAT']) && !keywords.follows('QQ', end)) continue;
        if (!directly && partOfSomethingElse(text, window)) continue;
        yield { type: 'QQ', start, end, sureness: runs === reading.digits ? 82 : directly ? 83 : 72 };
      }
}
