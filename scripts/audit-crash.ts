/**
 * Kills processes that append to an audit log with SIGKILL at random points and checks that nothing promised was lost.
 * Usage: node scripts/audit-crash.ts [--runs N] [--seed N] [--keep]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crashRuns } from '../compliance/src/audit/testing/crash-runs.ts';

const USAGE = `usage: node scripts/audit-crash.ts [--runs N] [--seed N] [--keep]

  --runs N  how many processes are killed, 1000 by default
  --seed N  the points at which they are killed, 1 by default
  --keep    leave the logs in the temporary folder; they are left in any case when something is wrong`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  if (values.help || !Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  const dir = mkdtempSync(join(tmpdir(), 'keepline-audit-crash-'));
  const startedMs = performance.now();
  const report = await crashRuns(dir, runs, seed, {
    told: ({ kills, promised, faults }) => console.error(`${kills} killed, ${promised} promised, ${faults.length} faults`),
  });
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const sound = report.faults.length === 0;
  if (sound && !values.keep) rmSync(dir, { recursive: true });
  console.log(JSON.stringify({ ...report, faults: report.faults.slice(0, 20), seed, seconds, ...(sound && !values.keep ? {} : { dir }) }));
  return sound ? 0 : 1;
}

process.exitCode = await main();
