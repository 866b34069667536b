import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AuditLog } from '@keepline/compliance/audit';
import { verifyAuditLog } from '@keepline/compliance/audit-verify';
import { newNoteKey, signerFrom } from '@keepline/compliance/note';
import { parseSite } from '@keepline/contracts/site-file';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir } from '@keepline/testkit/temp-dir';
import { expect, it } from 'vitest';
import { audited } from '../audit/audited.ts';
import { pruneOnce, startAuditPruning } from './audit-pruning.ts';

const DAY_MS = 86_400_000;

it('archives what is old enough, verifies the archive, lets it go, and finds nothing the next time', async () => {
  const home = tempDir();
  const clock = new FakeClock(Date.UTC(2026, 0, 2));
  const signer = signerFrom(newNoteKey('keepline/demo/audit'));
  const dir = join(home.path, 'audit');
  const open = () => AuditLog.open({ dir, signer, clock, onFault: (fault) => expect.unreachable(fault.message) });
  const old = await open();
  const who = { who: 'gateway', role: 'system', from: 'local', object: '', purpose: '', outcome: 'done' } as const;
  await Promise.all(Array.from({ length: 300 }, (_, i) => old.append({ ...who, act: 'site.start', correlation: `s${i}` })));
  await old.close();
  clock.advance(500 * DAY_MS);
  const log = await open();
  const parts = {
    ...{ site: parseSite({}), data: home.path, signer, clock, onFault: () => {}, log: { info: () => {} } },
    audited: <T>(...[act, context, run]: Parameters<typeof audited<T>> extends [unknown, ...infer R] ? R : never) =>
      audited(log, act, context, run),
  };
  expect(await pruneOnce(parts)).toMatchObject({ from: 0, to: 256 });
  expect(await pruneOnce(parts)).toBeUndefined();
  expect(readdirSync(join(home.path, 'audit-archive'))).toHaveLength(1);
  await log.close();
  expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: true, entries: 304, pruned: { entries: 256 } });
  home.remove();
});

it('refuses a schedule that is none before any door opens, and a retention under six months', () => {
  const parts = {
    data: '/nowhere',
    signer: signerFrom(newNoteKey('k/audit')),
    clock: new FakeClock(),
    onFault: () => {},
    log: { info: () => {} },
  };
  const audit = { ...parseSite({}).audit, pruneSchedule: 'at night' };
  expect(() => startAuditPruning({ ...parts, site: { audit }, audited: async (_act, _context, run) => run() })).toThrow(
    expect.objectContaining({ code: 'RETENTION_SCHEDULE_INVALID' }),
  );
  expect(() => parseSite({ audit: { retentionDays: 182 } })).toThrow(/retentionDays/);
});
