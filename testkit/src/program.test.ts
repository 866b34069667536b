import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProgram } from './program.ts';
import { tempDir } from './temp-dir.ts';

describe('a program of the distribution', () => {
  it('is found on PATH, and only when it may be run', () => {
    const dir = tempDir();
    try {
      const path = join(dir.path, 'sipp');
      writeFileSync(path, '');
      expect(() => findProgram('sipp', `relative:${dir.path}`)).toThrow('this test needs sipp');
      chmodSync(path, 0o755);
      expect(findProgram('sipp', `relative:${dir.path}`)).toBe(path);
    } finally {
      dir.remove();
    }
  });

  it('that is missing fails the test with the command that brings it', () => {
    expect(() => findProgram('baresip', '/no/such/folder')).toThrow(
      expect.objectContaining({ code: 'TESTKIT_PROGRAM_MISSING', offending: 'baresip', hint: expect.stringContaining('baresip-core') }),
    );
  });
});
