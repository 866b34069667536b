/** `./keepline test`: types, lint, format, then every test; the last line counts them, and the exit status is 0 only without a failure. */
import { checks } from '../checks/check-list.ts';
import { runTests, runTool } from '../checks/run-tests.ts';
import { lastLine, sum, type Tally } from '../checks/tally.ts';
import type { Run } from './command.ts';

export const run: Run = async ({ words, flag }, { machine, say }) => {
  const tallies: Tally[] = [];
  // A part was asked for: only the tests it names.
  for (const check of words.length === 0 ? checks : []) {
    say(`${check.name}: ${check.command.join(' ')}`);
    const status = await runTool(machine, check.command);
    tallies.push(status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
    if (status !== 0) say(`${check.name}: failed`);
  }
  say('tests: vitest run');
  if (words.length === 0) say('left out: installing on a booted machine, which takes minutes: ./keepline test install');
  tallies.push(await runTests(machine, words, flag('unit')));
  const total = sum(tallies);
  console.log(lastLine(total));
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
};
