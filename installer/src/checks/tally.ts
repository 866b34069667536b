/** Pure: counts what passed and failed. */

export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

export const sum = (tallies: readonly Tally[]): Tally => ({
  passed: tallies.reduce((total, { passed }) => total + passed, 0),
  failed: tallies.reduce((total, { failed }) => total + failed, 0),
});

/**
 * Reads vitest's JSON report. A file that could not be loaded has no tests in it and still counts as a failure, and so does a run that
 * ended badly without a failed test (an unhandled rejection, a report that is missing): a green line must mean that all was run.
 */
export function tallyOf(report: string | undefined, exitedWell: boolean): Tally {
  const { passed, failed } = counted(report);
  return { passed, failed: failed === 0 && !exitedWell ? 1 : failed };
}

/** Path and names of the failed tests of each file that failed; none of a file that could not be loaded. [] for a report that is none. */
export function failuresOf(report: string | undefined): Array<{ readonly path: string; readonly failedTests: readonly string[] }> {
  return filesOf(report ?? '').flatMap((file) => {
    if (!isRecord(file) || file.status !== 'failed' || typeof file.name !== 'string') return [];
    const results: unknown[] = Array.isArray(file.assertionResults) ? file.assertionResults : [];
    const failedTests = results.flatMap((test) => (isRecord(test) && test.status === 'failed' ? [String(test.fullName)] : []));
    return [{ path: file.name, failedTests }];
  });
}

function counted(report: string | undefined): Tally {
  const files = filesOf(report ?? '');
  return files.length === 0 ? { passed: 0, failed: 1 } : sum(files.map(tallyOfFile));
}

/** The entries of the report, one per test file; none when it cannot be read. */
function filesOf(report: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(report);
  } catch {
    return [];
  }
  return isRecord(parsed) && Array.isArray(parsed.testResults) ? parsed.testResults : [];
}

function tallyOfFile(file: unknown): Tally {
  if (!isRecord(file) || !Array.isArray(file.assertionResults)) return { passed: 0, failed: 1 };
  const results: unknown[] = file.assertionResults;
  const count = (status: string): number => results.filter((test) => isRecord(test) && test.status === status).length;
  const failed = count('failed');
  return { passed: count('passed'), failed: failed === 0 && file.status === 'failed' ? 1 : failed };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export const lastLine = ({ passed, failed }: Tally): string => `${passed} passed, ${failed} failed`;
