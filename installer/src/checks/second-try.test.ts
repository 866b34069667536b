import { describe, expect, it } from 'vitest';
import { afterSecondTry, type FailedFile, MOST_FILES, worthASecondTry } from './second-try.ts';

const file = (over: Partial<FailedFile> = {}): FailedFile => ({
  path: '/site/test/call.test.ts',
  source: "import { expect } from 'vitest';",
  failedTests: ['a call'],
  ...over,
});

describe('a second try', () => {
  it('is for a few files', () => {
    const few = Array.from({ length: MOST_FILES }, () => file());
    expect(worthASecondTry(few)).toEqual(few);
    expect(worthASecondTry([...few, file()])).toEqual([]);
  });

  it('is for nobody when a file with random values is among them: what it found stays found', () => {
    expect(worthASecondTry([file(), file({ source: "import fc from 'fast-check';" })])).toEqual([]);
  });

  it('is for nobody when a file could not be loaded', () => {
    expect(worthASecondTry([file({ failedTests: [] })])).toEqual([]);
  });

  it('counts a test once, as what it was the second time', () => {
    const failed = [file({ failedTests: ['one', 'two'] })];
    expect(afterSecondTry({ passed: 10, failed: 2 }, failed, { passed: 3, failed: 0 })).toEqual({ passed: 12, failed: 0 });
    expect(afterSecondTry({ passed: 10, failed: 2 }, failed, { passed: 2, failed: 1 })).toEqual({ passed: 11, failed: 1 });
  });

  it('hides nothing that failed elsewhere, nor a new failure', () => {
    const failed = [file({ failedTests: ['one'] })];
    expect(afterSecondTry({ passed: 10, failed: 2 }, failed, { passed: 3, failed: 0 })).toEqual({ passed: 11, failed: 1 });
    expect(afterSecondTry({ passed: 10, failed: 1 }, failed, { passed: 0, failed: 1 })).toEqual({ passed: 10, failed: 1 });
  });
});
