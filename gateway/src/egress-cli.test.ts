/** The command as a process, on the files a site leaves behind. What it quarantines is made by the real relay code in `cloud-sync`. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { Outbox } from '@keepline/cloud-sync/outbox';
import { Anonymiser } from '@keepline/compliance/anonymise';
import { openKeyStore } from '@keepline/compliance/keys';
import { systemClock as clock } from '@keepline/contracts/clock';
import { type CallId, newId } from '@keepline/contracts/ids';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CLI = fileURLToPath(new URL('./egress-cli.ts', import.meta.url));
const AUDIT_CLI = fileURLToPath(new URL('../../compliance/src/audit-cli.ts', import.meta.url));
const CALLER = '13812345678';
let home: TempDir;
let stopped = '';

const run = (...args: string[]) => spawnSync(process.execPath, [CLI, ...args, '--data', home.path], { encoding: 'utf8' });
const acts = (): string => spawnSync(process.execPath, [AUDIT_CLI, 'list', '--data', home.path, '--json'], { encoding: 'utf8' }).stdout;

beforeEach(async () => {
  home = tempDir();
  await openKeyStore(join(home.path, 'keys'), { site: 'demo', clock });
  const anonymiser = new Anonymiser({ key: new Uint8Array(32).fill(7), site: 'demo' });
  const box = await Outbox.open(join(home.path, 'outbox.db'), { maxEvents: 2, clock });
  const callId: CallId = newId('call', clock.now());
  for (let i = 1; i <= 4; i++) {
    const held = { id: newId('evt', clock.now()), type: 'call.held', timeMs: clock.now(), data: { callId, by: 'agent' } } as const;
    await box.append([anonymiser.event(held)], i);
  }
  await box.close();
  // As the relay leaves an event that the guard has stopped.
  stopped = newId('evt', clock.now());
  const file = new DatabaseSync(join(home.path, 'outbox.db'));
  file
    .prepare('INSERT INTO quarantine (seq, id, type, why, quarantined_ms, body) VALUES (99, ?, ?, ?, ?, ?)')
    .run(stopped, 'cn.keepline.call.held.v1', 'mobile_number in by', clock.now(), JSON.stringify({ by: CALLER }));
  file.close();
});
afterEach(() => home.remove());

describe('keepline cloud egress', () => {
  it('writes the report once, with stable bytes, as an act in the audit log', () => {
    const out = join(home.path, 'report.csv');
    const given = ['egress', '--from', '2020-01-01', '--to', '2099-12-31'];
    expect(run(...given, '--out', out)).toMatchObject({ status: 0, stderr: '' });
    const text = readFileSync(out, 'utf8');
    expect(text).toContain('"cn.keepline.call.held.v1","0","0","2","0","by callId"');
    expect(run(...given).stdout).toBe(text);
    expect(run(...given, '--out', out)).toMatchObject({ status: 1, stderr: expect.stringContaining('EXPORT_TARGET_EXISTS') });
    expect(acts()).toContain('egress.export');
  });

  it.for([
    ['egress'],
    ['egress', '--from', '2026-13-01', '--to', '2026-12-01'],
    ['egress', '--from', '2026-12-02', '--to', '2026-12-01'],
    ['egress', '--from', '2026-12-01', '--to', '2026-12-02', '--format', 'pdf'],
    ['quarantine', 'discard', 'x'],
  ])('shows the usage for %j and touches nothing', (args) => {
    expect(run(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining('usage:') });
  });

  it('lists what was stopped without its content, shows and discards it, and never sends it', () => {
    const list = run('quarantine', 'list');
    expect(list.stdout).toContain(`${stopped}  cn.keepline.call.held.v1  mobile_number in by`);
    expect(list.stdout).not.toContain(CALLER);
    expect(run('quarantine', 'show', stopped).stdout).toContain(CALLER);
    expect(run('quarantine', 'release', stopped)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('QUARANTINE_RELEASE_REFUSED'),
    });
    expect(run('quarantine', 'discard', stopped).status).toBe(0);
    expect(run('quarantine', 'show', stopped)).toMatchObject({ status: 1, stderr: expect.stringContaining('QUARANTINE_ABSENT') });
    expect(run('quarantine', 'list').stdout).toBe('nothing is in quarantine\n');
    const log = acts();
    expect(log).toContain('quarantine.read');
    expect(log).toContain('quarantine.discard');
    expect(log).not.toContain(CALLER);
  });
});
