/** A restore in a real audit log: told once, by whom and when, and not again at the next start. */
import { join } from 'node:path';
import { AuditLog } from '@keepline/compliance/audit';
import { listEntries } from '@keepline/compliance/audit-list';
import { newNoteKey, signerFrom } from '@keepline/compliance/note';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, expect, it } from 'vitest';
import { markRestored } from '../store/restored-mark.ts';
import { tellRestore } from './restored.ts';

const home = tempDir();
afterEach(() => home.remove());

it('is in the audit log after the first start, once', async () => {
  const dir = join(home.path, 'audit');
  const clock = new FakeClock();
  const signer = signerFrom(newNoteKey('keepline/demo/audit'));
  const log = await AuditLog.open({ dir, signer, clock, onFault: (fault) => expect.unreachable(fault.message) });
  const by = { who: 'os:li', role: 'operator', from: 'console', at: '2026-11-23T04:00:00.000Z' };
  markRestored(home.path, { ...by, id: '20261123T033000Z-1' });
  for (let start = 0; start < 2; start++) await tellRestore(home.path, log, clock);
  await log.close();
  const told = { act: 'backup.restore', who: 'os:li', object: 'backup:20261123T033000Z-1', purpose: `put back ${by.at}` };
  expect(await listEntries(dir, { limit: 10 })).toMatchObject([
    { ...told, outcome: 'intent' },
    { ...told, outcome: 'done' },
  ]);
});
