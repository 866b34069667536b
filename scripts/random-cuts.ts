/**
 * Random cuts of the cloud under call load: node scripts/random-cuts.ts [--minutes 60] [--seed N] [--callers 2] [--keep FOLDER]
 * Prints what was found as JSON; ends with 1 when the ledger is not exact, a call was lost or not routed. The same seed gives the same order of cuts.
 * --keep: where the data of a failed run goes.
 * Needs root and nftables, for the black holes and the loss.
 */
import { parseArgs } from 'node:util';
import { randomCuts } from '../testkit/src/random-cuts.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string' },
    callers: { type: 'string', default: '2' },
    keep: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
console.error(`random-cuts: ${values.minutes} min, --seed ${seed}`);
const figures = await randomCuts({
  lastsMs: Number(values.minutes) * 60_000,
  seed,
  callers: Number(values.callers),
  outageMs: [2000, 20_000],
  pauseMs: [3000, 12_000],
  heartbeatMs: 1000,
  ...(values.keep === undefined ? {} : { keepAt: values.keep }),
  say: (line) => console.error(`${new Date().toISOString()}  ${line}`),
});
console.log(JSON.stringify(figures, null, 2));
process.exitCode = figures.exact ? 0 : 1;
