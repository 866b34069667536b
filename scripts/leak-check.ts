/**
 * `node scripts/leak-check.ts [--minutes 10] [--lanes 20] [--talk-seconds 2]`: calls for so long, then JSON with what the gateway keeps of each and a
 * verdict; exit status 1 when it keeps something or there were too few calls to say. Eight hours: `--minutes 480`. A bounded form is in test/leaks.test.ts.
 */
import { parseArgs } from 'node:util';
import { leakCheck } from '../bench/parts/leak-check.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    lanes: { type: 'string', default: '20' },
    'talk-seconds': { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log('usage: node scripts/leak-check.ts [--minutes 10] [--lanes 20] [--talk-seconds 2]');
} else {
  const found = await leakCheck({
    minutes: Number(values.minutes),
    lanes: Number(values.lanes),
    talkMs: Number(values['talk-seconds']) * 1000,
  });
  console.log(JSON.stringify(found));
  process.exitCode = found.leaks === false ? 0 : 1;
}
