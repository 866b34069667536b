import { parseSite } from '@keepline/contracts/site-file';
import { expect, it } from 'vitest';
import { judgeRetention } from './site.ts';

it('doctor says that a new site deletes nothing by itself, and who has to confirm what before it does', () => {
  expect(judgeRetention(parseSite({}).retention.automatic)).toMatchObject({
    verdict: 'warn',
    found: expect.stringContaining('nothing is deleted by itself'),
    next: expect.stringContaining('compliance officer'),
  });
  expect(judgeRetention(true)).toMatchObject({ verdict: 'ok', next: '' });
});
