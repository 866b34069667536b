import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLog } from '../audit/audit-log.ts';
import type { AuditEntry } from '../audit/entry.ts';
import { render, REPORT_FORMS } from '../report/render.ts';
import { newNoteKey, signerFrom } from '../tlog/signed-note.ts';
import { ACTIVITY_KINDS, type ActivityKind, activityReport, readActivity } from './activity-report.ts';
import { periodOf } from './period.ts';

const HOUR_MS = 3_600_000;
const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const period = periodOf('2026-11-02', '2026-11-03');
let home: TempDir;
let dir = '';

/** Hours since the first of November in China, then what was done. */
const DONE: readonly [number, Partial<AuditEntry>][] = [
  [23.9, { act: 'recording.play', object: 'rec-before' }],
  [24, { act: 'agent.sign_in', who: 'li.wei' }],
  [25, { act: 'agent.sign_in', who: 'li.wei', outcome: 'failed' }],
  [26, { act: 'recording.play', object: 'rec-1', purpose: '投诉', outcome: 'intent' }],
  [26, { act: 'recording.play', object: 'rec-1', purpose: '投诉' }],
  [30, { act: 'user.roles', who: 'wang.fang', role: 'security_admin', object: 'user:li.wei' }],
  [49, { act: 'key.rotate', who: 'os:root', role: 'operator', object: 'key:audit-signer' }],
  [50, { act: 'factor.enrol', who: 'li.wei' }],
  [71.9, { act: 'sip.ban', who: 'gateway', role: 'process', object: 'source:203.0.113.9' }],
  [72, { act: 'recording.export', object: 'rec-after' }],
];

beforeAll(async () => {
  home = tempDir();
  dir = join(home.path, 'audit');
  const start = Date.parse('2026-11-01T00:00:00+08:00');
  for (const [hours, entry] of DONE) {
    const clock = new FakeClock(start + hours * HOUR_MS);
    const log = await AuditLog.open({
      dir,
      signer,
      clock,
      onFault: (fault) => {
        throw fault;
      },
    });
    const plain = { who: 'chen.jing', role: 'agent', from: '10.0.0.7', object: '', purpose: '', correlation: 'act-1' };
    await log.append({ ...plain, act: 'session.list', outcome: 'done', ...entry });
    await log.close();
  }
});
afterAll(() => home.remove());

const frame = { ...period, site: 'demo', takenAt: '2026-11-03T15:59:59.999Z', language: 'en' } as const;
const found = async (kind: ActivityKind): Promise<string[]> =>
  (await readActivity(dir, kind, period)).map(({ number, act, outcome }) => `${number} ${act} ${outcome}`);

describe('a report on what was done', () => {
  it.for([
    ['access', ['1 agent.sign_in done', '2 agent.sign_in failed', '5 user.roles done']],
    ['recordings', ['4 recording.play done']],
    ['privileged', ['5 user.roles done', '6 key.rotate done']],
    ['sign-ins', ['2 agent.sign_in failed', '8 sip.ban done']],
    ['keys', ['6 key.rotate done', '7 factor.enrol done']],
  ] as const)('%s: what ended on the days of the period, China time, each once', async ([kind, entries]) => {
    expect(await found(kind)).toEqual(entries);
  });

  it('shows who, what, from where and why, by day, and for access who holds which role', async () => {
    const { rows, sections } = activityReport('recordings', await readActivity(dir, 'recordings', period), [], frame);
    expect(rows.rows).toEqual([['4', '2026-11-01 18:00:00', 'recording.play', 'done', 'chen.jing', 'agent', '10.0.0.7', 'rec-1', '投诉']]);
    expect(sections[0]?.tables[0]?.rows).toEqual([['2026-11-02', '1', '0']]);
    const accounts = [{ id: 'li.wei', roles: ['system_admin'], isDisabled: true }];
    const access = activityReport('access', await readActivity(dir, 'access', period), accounts, frame);
    expect(access.sections[0]?.tables[0]?.rows).toEqual([['2026-11-02', '3', '1']]);
    expect(access.sections[1]?.tables[0]?.rows).toEqual([['li.wei', 'system_admin', 'yes']]);
  });

  it.for(ACTIVITY_KINDS)('%s: the same days give the same bytes in every form', async (kind) => {
    for (const form of REPORT_FORMS) {
      const [first, second] = [await readActivity(dir, kind, period), await readActivity(dir, kind, period)];
      const made = await render(activityReport(kind, first, [], frame), form);
      expect((await render(activityReport(kind, second, [], frame), form)).equals(made)).toBe(true);
    }
  });

  it('holds on paper what the log holds, in Chinese as well', async () => {
    const path = join(home.path, 'recordings.pdf');
    writeFileSync(
      path,
      await render(activityReport('recordings', await readActivity(dir, 'recordings', period), [], { ...frame, language: 'zh' }), 'pdf'),
    );
    const text = execFileSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' });
    for (const word of ['录音访问报告', 'rec-1', '投诉', 'chen.jing']) expect(text).toContain(word);
    expect(text).not.toContain('rec-after');
  });

  it.for([
    ['2026-11-03', '2026-11-02'],
    ['2026-13-01', '2026-13-02'],
    ['', '2026-11-02'],
  ] as const)('is refused for the days %j', ([from, to]) => {
    expect(() => periodOf(from, to)).toThrow(expect.objectContaining({ code: 'REPORT_PERIOD_INVALID' }));
  });
});
