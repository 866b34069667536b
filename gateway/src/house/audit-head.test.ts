/** The ground of a site, really laid, ended and laid again over a folder of the audit log that somebody put back. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseSite } from '@keepline/contracts/site-file';
import { eventually } from '@keepline/testkit/eventually';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Ground, layGround } from './ground.ts';
import { healthOf } from './health.ts';

let home: TempDir;
let ground: Ground;
beforeEach(() => void (home = tempDir()));
afterEach(async () => {
  await ground.close();
  home.remove();
});

const lay = async (): Promise<void> => void (ground = await layGround(parseSite({ log: { level: 'error' } }), home.path));
const act = (object: string) =>
  ground.audited('site.start', { who: 'gateway', role: 'system', from: 'local', object, purpose: '' }, async () => {});
const typesIn = async (): Promise<string[]> => (await ground.events.readAfter(0, 100)).map(({ type, data }) => `${type} ${data}`);
const fine = {
  voice: { recorder: { accepting: () => ({ ok: true }) }, overload: { takesCalls: () => true } },
  cloudSync: { status: () => ({ state: 'up', sinceMs: 0, why: '', backlog: 0, oldestUnsentMs: 0 }) as const },
  ledger: { faults: () => [] },
  trunks: [],
};
const health = () => healthOf({ ...fine, exporter: ground.exporter, alarms: ground.alarms });

it('signs into the database and towards the cloud what the log was, and finds it put back at the next start', async () => {
  await lay();
  await act('site:first');
  await ground.close();
  cpSync(join(home.path, 'audit'), join(home.path, 'audit.copy'), { recursive: true });
  await lay();
  await act('site:second');
  await ground.close();
  rmSync(join(home.path, 'audit'), { recursive: true });
  cpSync(join(home.path, 'audit.copy'), join(home.path, 'audit'), { recursive: true });
  await lay();
  await eventually('the alarm', () => ground.alarms.standing().length > 0);
  expect(ground.alarms.standing()).toMatchObject([{ code: 'AUDIT_FORKED', severity: 'critical' }]);
  expect(health()).toMatchObject({ status: 'degraded', parts: { audit: 'down' }, alarms: ['AUDIT_FORKED'] });
  await expect.poll(typesIn).toContain('alarm.raised {"code":"audit_forked","severity":"critical"}'); // it is written after it stands
  expect((await typesIn()).filter((one) => one.startsWith('audit.checkpointed')).length).toBeGreaterThanOrEqual(2);
  await eventually('the entry', () =>
    readFileSync(join(home.path, 'audit/entries.jsonl'), 'utf8').includes('"object":"alarm:AUDIT_FORKED"'),
  );
}, 60_000);

it('goes on from the log as it is once somebody has ended the alarm, and keeps what the other history was', async () => {
  await lay();
  await act('site:first');
  await ground.close();
  cpSync(join(home.path, 'audit'), join(home.path, 'audit.copy'), { recursive: true });
  await lay();
  await act('site:second');
  await ground.close();
  const known = readFileSync(join(home.path, 'audit/checkpoints.jsonl'), 'utf8').trimEnd().split('\n').at(-1) ?? '';
  rmSync(join(home.path, 'audit'), { recursive: true });
  cpSync(join(home.path, 'audit.copy'), join(home.path, 'audit'), { recursive: true });
  for (let start = 0; start < 2; start++) {
    await lay();
    await eventually('the alarm', () => ground.alarms.standing().length > 0); // also at the second start: nobody has looked
    if (start === 0) await ground.close();
  }
  expect(await ground.alarms.clearNumber(ground.alarms.standing()[0]?.number ?? 0)).toBe(true);
  const folder = join(home.path, 'audit-forks');
  await eventually('the other history', () => existsSync(folder) && readdirSync(folder).length === 1);
  expect(readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8')).toBe(JSON.parse(known));
  await act('site:third');
  await ground.close();
  await lay();
  expect(health()).toMatchObject({ status: 'ok', parts: { audit: 'ok' }, alarms: [] });
}, 60_000);

it('finds it put back under its feet at the next act, which is refused', async () => {
  await lay();
  await act('site:first');
  expect(health()).toMatchObject({ status: 'ok', parts: { audit: 'ok' }, alarms: [] });
  rmSync(join(home.path, 'audit/entries.index'));
  await expect(act('site:second')).rejects.toMatchObject({ code: 'AUDIT_REFUSED' });
  await eventually('the alarm', () => ground.alarms.standing().length > 0);
  expect(health()).toMatchObject({ status: 'degraded', alarms: expect.arrayContaining(['AUDIT_FORKED']) });
  await expect.poll(async () => (await typesIn()).join()).toContain('audit_forked');
}, 60_000);
