import { describe, expect, it } from 'vitest';
import { failuresOf, lastLine, sum, tallyOf } from './tally.ts';

const report = (...files: { status: string; tests: string[] }[]): string =>
  JSON.stringify({ testResults: files.map(({ status, tests }) => ({ status, assertionResults: tests.map((one) => ({ status: one })) })) });

describe('counting tests', () => {
  it('counts passed and failed, and neither for skipped', () => {
    expect(tallyOf(report({ status: 'failed', tests: ['passed', 'passed', 'failed', 'skipped', 'pending', 'todo'] }), false)).toEqual({
      passed: 2,
      failed: 1,
    });
  });

  it('counts a file that could not be loaded as a failure, though it has no tests', () => {
    expect(tallyOf(report({ status: 'failed', tests: [] }, { status: 'passed', tests: ['passed'] }), false)).toEqual({
      passed: 1,
      failed: 1,
    });
  });

  it('is never green when vitest itself ended badly, as it does after an unhandled rejection', () => {
    expect(tallyOf(report({ status: 'passed', tests: ['passed'] }), false)).toEqual({ passed: 1, failed: 1 });
  });

  it.each([undefined, '', '{', '{}', 'null'])('takes the report %j for a failure', (text) => {
    expect(tallyOf(text, true).failed).toBe(1);
  });

  it('names what failed, file by file', () => {
    const text = JSON.stringify({
      testResults: [
        { name: '/a.test.ts', status: 'passed', assertionResults: [{ status: 'passed', fullName: 'fine' }] },
        {
          name: '/b.test.ts',
          status: 'failed',
          assertionResults: [
            { status: 'passed', fullName: 'fine too' },
            { status: 'failed', fullName: 'broken' },
          ],
        },
        { name: '/c.test.ts', status: 'failed', assertionResults: [] },
      ],
    });
    expect(failuresOf(text)).toEqual([
      { path: '/b.test.ts', failedTests: ['broken'] },
      { path: '/c.test.ts', failedTests: [] },
    ]);
    expect(failuresOf(undefined)).toEqual([]);
  });

  it('ends in one line of fixed form', () => {
    expect(
      lastLine(
        sum([
          { passed: 4, failed: 0 },
          { passed: 10, failed: 2 },
        ]),
      ),
    ).toBe('14 passed, 2 failed');
  });
});
