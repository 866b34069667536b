/** The mark of a restore: what was left is read, and what is no mark any more is still told. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, expect, it } from 'vitest';
import { forgetRestored, markRestored, RESTORED_FILE, restoredMark } from './restored-mark.ts';

const home = tempDir();
afterAll(() => home.remove());
const RESTORED = { id: '20261123T033000Z-1', who: 'os:li', role: 'operator', from: 'console', at: '2026-11-23T04:00:00.000Z' };

it('is read as it was left, until it was told', () => {
  expect(restoredMark(home.path)).toBeUndefined();
  markRestored(home.path, RESTORED);
  expect(restoredMark(home.path)).toEqual(RESTORED);
  forgetRestored(home.path);
  expect(restoredMark(home.path)).toBeUndefined();
});

it.each(['', 'rubbish', 'null', '[]', JSON.stringify({ ...RESTORED, id: 7, who: 'two words', role: '', at: 'x'.repeat(97) })])(
  'is told though it was spoilt: %j',
  (text) => {
    writeFileSync(join(home.path, RESTORED_FILE), text);
    expect(restoredMark(home.path)).toMatchObject({ id: 'unknown', who: 'unknown', role: 'unknown', at: 'unknown' });
  },
);
