import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findChromium } from './agent-browser.ts';
import { type TempDir, tempDir } from './temp-dir.ts';

let folder: TempDir;
beforeEach(() => {
  folder = tempDir();
});
afterEach(() => folder.remove());

describe('the search for Chromium', () => {
  it('takes the first program of the path that may be run', async () => {
    writeFileSync(join(folder.path, 'chromium'), '');
    const program = join(folder.path, 'google-chrome');
    writeFileSync(program, '');
    chmodSync(program, 0o755);
    expect(await findChromium(undefined, ['relative', '', folder.path].join(delimiter))).toBe(program);
  });

  it('prefers what the environment names, and does not fall back from it in silence', async () => {
    const program = join(folder.path, 'chromium');
    writeFileSync(program, '');
    chmodSync(program, 0o755);
    expect(await findChromium(program, '/nowhere')).toBe(program);
    await expect(findChromium('/no/such/chromium', folder.path)).rejects.toMatchObject({ code: 'TESTKIT_CHROMIUM_MISSING' });
  });

  it('says how to install it when there is none', async () => {
    await expect(findChromium(undefined, folder.path)).rejects.toMatchObject({
      code: 'TESTKIT_CHROMIUM_MISSING',
      hint: expect.stringContaining('apt-get install') as string,
    });
  });
});
