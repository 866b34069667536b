import { tempDir } from '@keepline/testkit/temp-dir';
import { expect, it } from 'vitest';
import { crashRuns } from './testing/crash-runs.ts';

/** `node scripts/audit-crash.ts --runs 1000` is the long form. */
const KILLS = 24;

it(`no entry that was promised is lost when ${KILLS} processes are killed at random points, and no verdict is a false alarm`, async () => {
  const scratch = tempDir();
  try {
    const report = await crashRuns(scratch.path, KILLS, 20_260, { killsPerRound: 12 });
    expect(report).toMatchObject({ kills: KILLS, faults: [] });
    expect(report.promised).toBeGreaterThan(KILLS); // else they died before they did anything
  } finally {
    scratch.remove();
  }
}, 120_000);
