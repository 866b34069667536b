/**
 * Pure: which test files may be run once more after a failure, and what the two runs amount to (docs/adr/0022).
 *
 * Tests of whole sites depend on the machine: two of them at once beside a browser can keep a thread from its turn for seconds. One file in
 * hundreds then fails for a reason that is not in the product. It is run again alone, by name and in the open; what fails twice has failed.
 */
import type { Tally } from './tally.ts';

/** More failed files than this are no accident: none of them is run again. */
export const MOST_FILES = 3;

/** What a failed test file is judged by. */
export interface FailedFile {
  /** Absolute path. */
  readonly path: string;
  /** Its text: a file that throws dice keeps what it found. */
  readonly source: string;
  readonly failedTests: readonly string[];
}

/**
 * The files to run again: none when there are more than {@link MOST_FILES}, or when a file could not be loaded (no test of it failed), or when one
 * draws random values, since another draw would hide a fault that was found.
 */
export function worthASecondTry(failed: readonly FailedFile[]): readonly FailedFile[] {
  const isAccident = failed.length <= MOST_FILES && failed.every((file) => file.failedTests.length > 0 && !/fast-check/.test(file.source));
  return isAccident ? failed : [];
}

/** @param first the whole run @param again the run of the failed files alone; what they passed at first is counted once */
export function afterSecondTry(first: Tally, failed: readonly FailedFile[], again: Tally): Tally {
  const failedTests = failed.reduce((total, file) => total + file.failedTests.length, 0);
  const stillFailed = Math.min(first.failed, again.failed);
  // A run that ended badly beside its failed tests (an unhandled rejection counts one) stays bad.
  const elsewhere = Math.max(0, first.failed - failedTests);
  return { passed: first.passed + Math.max(0, failedTests - stillFailed), failed: stillFailed + elsewhere };
}
