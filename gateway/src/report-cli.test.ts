/** The command as a process, on the folder of a site: takes real evidence of this machine, signs it, and checks it elsewhere with the public key. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AuditLog } from '@keepline/compliance/audit';
import { openKeyStore } from '@keepline/compliance/keys';
import { systemClock as clock } from '@keepline/contracts/clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Store } from './store/store.ts';
import { allTables } from './store/tables/all.ts';

const CLI = fileURLToPath(new URL('./report-cli.ts', import.meta.url));
const DAYS = ['--from', '2020-01-01', '--to', '2099-12-31'] as const;
let home: TempDir;
let data = '';
let key = '';
let evidence = '';

const run = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [CLI, ...args], { cwd: home.path, encoding: 'utf8' });
const onSite = (...args: string[]): SpawnSyncReturns<string> => run(...args, '--data', data, '--json');
const at = (name: string): string => join(home.path, name);
const acts = (): string => readFileSync(join(data, 'audit/entries.jsonl'), 'utf8');

beforeAll(async () => {
  home = tempDir();
  data = at('site');
  mkdirSync(data, { mode: 0o700 });
  const keys = await openKeyStore(join(data, 'keys'), { site: 'demo', clock });
  key = keys.auditSigner().verifierKey;
  await (await Store.open(join(data, 'main.db'), allTables)).close();
  const onFault = (fault: Error): void => {
    throw fault;
  };
  const log = await AuditLog.open({ dir: join(data, 'audit'), signer: keys.auditSigner(), clock, onFault });
  const who = { who: 'li.wei', role: 'system_admin', from: '10.0.0.7', object: '', purpose: '', correlation: 'act-1' };
  await log.append({ ...who, act: 'agent.sign_in', outcome: 'failed' });
  await log.close();
  const made = onSite('mlps', ...DAYS, '--format', 'json', '--out', at('mlps.json'));
  if (made.status !== 0) throw new Error(made.stderr);
  evidence = JSON.parse(made.stdout).evidence;
});
afterAll(() => home.remove());

// up to five processes a test, each of which may take seconds to start on a busy machine
describe('keepline report', { timeout: 90_000 }, () => {
  it('takes evidence as acts in the audit log, and what it signed is proven elsewhere with the public key alone', () => {
    expect(acts().match(/"act":"evidence.take"/g)).toHaveLength(74);
    expect(acts()).toContain('"object":"mlps:json:2020-01-01..2099-12-31"');
    const { status, stdout } = run('verify', at('mlps.json'), '--key', key, '--json');
    expect({ status, said: JSON.parse(stdout) }).toMatchObject({ status: 0, said: { ok: true, kind: 'mlps', proven: 74 } });
  });

  it('makes the same bytes from the same evidence again, and never over a file', () => {
    for (const name of ['first', 'second'])
      expect(onSite('mlps', '--evidence', evidence, '--format', 'oscal', '--out', at(`${name}.oscal`)).status).toBe(0);
    const six = readdirSync(at('first.oscal'));
    expect(six).toHaveLength(6);
    for (const name of six) expect(readFileSync(join(at('first.oscal'), name))).toEqual(readFileSync(join(at('second.oscal'), name)));
    expect(run('verify', at('first.oscal'), '--key', key).status).toBe(0);
    expect(onSite('mlps', '--evidence', evidence, '--format', 'oscal', '--out', at('first.oscal'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('EXPORT_TARGET_EXISTS'),
    });
  });

  it('finds a changed byte', () => {
    expect(onSite('sign-ins', ...DAYS, '--format', 'csv', '--out', at('sign-ins.csv')).status).toBe(0);
    const text = readFileSync(at('sign-ins.csv'), 'utf8');
    expect(text).toContain('"agent.sign_in","failed","li.wei"');
    expect(run('verify', at('sign-ins.csv'), '--key', key).status).toBe(0);
    writeFileSync(at('sign-ins.csv'), text.replace('li.wei', 'li.wen'));
    expect(run('verify', at('sign-ins.csv'), '--key', key)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('REPORT_NOT_GENUINE'),
    });
  });

  it('says what the newest evidence covers, and keeps a document for what no machine sees', () => {
    const covered: unknown = JSON.parse(onSite('coverage').stdout);
    expect(covered).toMatchObject({ items: 74, automatic: { items: 40 }, partly: { items: 31, attested: 0 } });
    writeFileSync(at('plan.pdf'), 'plan');
    const given = ['--file', at('plan.pdf'), '--by', 'network office', '--valid-until', '2099-12-31'];
    expect(onSite('attest', '8.1.2.1.a', ...given).status).toBe(0);
    expect(onSite('attest', '8.1.4.1.a', ...given)).toMatchObject({ status: 1, stderr: expect.stringContaining('ATTESTATION_INVALID') });
    expect(acts()).toContain('"act":"attestation.add"');
  });

  it.for([[], ['mlps', ...DAYS], ['access', ...DAYS, '--out', 'x', '--format', 'oscal'], ['verify', 'x']])(
    'shows the usage for %j',
    (args) => {
      expect(run(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining('usage:') });
    },
  );
});
