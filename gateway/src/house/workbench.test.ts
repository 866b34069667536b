/**
 * The pages of the workbench over real HTTP, with real database, ledger, policy, keys and audit log; `cloud-sync` is the real process, without a
 * cloud. Proposals are put into its own database as its receiver does.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { AuditLog } from '@keepline/compliance/audit';
import { audited } from '@keepline/compliance/audited';
import { openKeyStore } from '@keepline/compliance/keys';
import { signNote } from '@keepline/compliance/note';
import { installPolicy, policyInForce, PolicySource } from '@keepline/compliance/policy';
import { Outbox } from '@keepline/cloud-sync/outbox';
import { systemClock as clock } from '@keepline/contracts/clock';
import { pinOf, signDownlink } from '@keepline/contracts/downlink';
import { newId } from '@keepline/contracts/ids';
import { parseSite } from '@keepline/contracts/site-file';
import { eventually } from '@keepline/testkit/eventually';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSite, type TestSite } from '../api/testing/open-site.ts';
import { enrolled, headersOf, type Person } from '../api/testing/people.ts';
import { drillReport, reportText } from '../cloud-link/drill-report.ts';
import { keepDrill } from '../cloud-link/drill-shelf.ts';
import { checkFlow } from '../ivr/flow-check.ts';
import { Connection } from '../store/connection.ts';
import { Store } from '../store/store.ts';
import { allTables } from '../store/tables/all.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const SYNC = fileURLToPath(new URL('../../../cloud-sync/src/main.ts', import.meta.url));
const signer = generateKeyPairSync('ed25519');
const site = parseSite({ downlink: { keys: [pinOf('ops', signer.publicKey)] } });
const siteFlow = checkFlow(
  {
    ...{ flow: 'main', version: 1, language: 'zh', start: 'bye', prompts: { hello: { zh: '您好', en: 'Hello' } } },
    nodes: { bye: { do: 'hangup', prompt: 'hello' } },
  },
  'test',
  [],
);

let folder: TempDir;
let store: Store;
let log: AuditLog;
let bench: Workbench;
let house: TestSite;
let sync: ChildProcess;
const people: Record<'officer' | 'admin' | 'supervisor', Person> = {} as never;
const get = (who: Person, path: string) => house.ask('GET', path, headersOf(who));
const post = (who: Person, path: string, body: object) => house.ask('POST', path, { ...headersOf(who), body });
const written = (): string =>
  readdirSync(join(folder.path, 'audit'), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'))
    .join('');

beforeAll(async () => {
  folder = tempDir();
  const data = folder.path;
  mkdirSync(join(data, 'run'));
  const keys = await openKeyStore(join(data, 'keys'), { site: site.site, clock });
  log = await AuditLog.open({ dir: join(data, 'audit'), signer: keys.auditSigner(), clock, onFault: () => {} });
  store = await Store.open(join(data, 'main.db'), allTables);
  const outbox = await Outbox.open(join(data, 'outbox.db'), { maxEvents: 100, maxBytes: 1e6, maxAgeDays: 7, clock, onExpired: () => {} });
  await outbox.close();
  const ground = {
    ...{ site, data, keys, store, policy: new PolicySource(data, () => {}), onFault: () => {} },
    audited: <T>(act: Parameters<typeof audited>[1], context: Omit<Parameters<typeof audited>[2], 'correlation'>, run: () => Promise<T>) =>
      audited(log, act, { correlation: newId('act', clock.now()), ...context }, run),
  };
  const link = {
    status: () => ({ state: 'down' as const, sinceMs: 1, why: 'x', condition: 'server_away' as const, backlog: 3, oldestUnsentMs: 9 }),
  };
  bench = await openWorkbench(ground, siteFlow, link);
  house = await openSite({ workbench: bench.parts });
  people.officer = await enrolled(house, 'officer', ['compliance_officer']);
  people.admin = await enrolled(house, 'admin', ['system_admin']);
  people.supervisor = await enrolled(house, 'leader', ['supervisor']);
}, 60_000);
afterAll(async () => {
  await house.close();
  await bench.close();
  await store.close();
  await log.close();
  folder.remove();
});

/** The receiver of `cloud-sync` verifies and stores; here its table is filled, so that the check of the gateway itself is what is seen. */
async function proposed(version: number, payload: unknown, key = signer.privateKey): Promise<string> {
  const id = newId('dl', clock.now());
  const valid = { notBeforeMs: clock.now() - 1000, notAfterMs: clock.now() + 3_600_000 };
  const body = JSON.stringify(
    signDownlink({ v: 1, id, site: site.site, kind: 'skills.table', version, ...valid, payload, key: 'ops' }, key),
  );
  const database = await Connection.open(join(folder.path, 'downlink.db'));
  await database.run(
    'INSERT INTO proposals (id, kind, version, key, received_ms, bytes, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[id, 'skills.table', version, 'ops', clock.now(), body.length, body],
  );
  await database.close();
  return id;
}
const skills = (...given: string[]) => ({ agents: [{ id: 'agent1', skills: given }], reason: 'more card calls at noon' });

describe('while cloud-sync is away', () => {
  it('the link page still answers, without figures, and says that nothing was rehearsed', async () => {
    const { status, json } = await get(people.supervisor, '/api/cloud');
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({
        link: { state: 'down', sinceMs: 1, why: 'x', condition: 'server_away', backlog: 3, oldestUnsentMs: 9 },
        ...{ figures: null, changes: [], drill: null },
      }),
    ]);
    for (const answer of [await get(people.admin, '/api/downlink'), await post(people.officer, '/api/cloud/reconcile', {})])
      expect([answer.status, answer.code]).toEqual([503, 'CLOUD_SYNC_UNREACHABLE']);
    expect(written()).toMatch(/"act":"cloud.reconcile".*"outcome":"failed"/);
  });
});

describe('with cloud-sync', () => {
  beforeAll(async () => {
    const data = folder.path;
    writeFileSync(join(data, 'site.yaml'), `site: ${site.site}\n`);
    const given = ['--site', join(data, 'site.yaml'), '--outbox', join(data, 'outbox.db'), '--socket', join(data, 'run/cloud-sync.sock')];
    sync = spawn(process.execPath, [SYNC, ...given], { stdio: 'ignore' });
    await eventually('cloud-sync answers', async () => (await get(people.admin, '/api/downlink')).status === 200, 60_000);
  }, 90_000);
  afterAll(async () => {
    if (sync.exitCode === null) {
      sync.kill();
      await once(sync, 'exit');
    }
  });

  it('the balance is told, and reconciling is an audited act of whoever presses the button', async () => {
    const zero = { produced: 0, delivered: 0, expired: 0, quarantined: 0, waiting: 0, unaccounted: 0 };
    expect((await get(people.supervisor, '/api/cloud')).json).toMatchObject({ figures: zero });
    const answer = await post(people.supervisor, '/api/cloud/reconcile', {});
    expect([answer.status, answer.json]).toEqual([200, { verdict: 'one_sided', figures: zero, stream: null, difference: null }]);
    expect(written()).toMatch(/"act":"cloud.reconcile","who":"leader","role":"supervisor".*"outcome":"done"/);
  });

  it('the last drill is the newest report whose signature is good', async () => {
    const balance = { verdict: 'balanced', counts: { produced: 1, delivered: 1, expired: 0, quarantined: 0, waiting: 0 }, stream: 1 };
    const cutAtMs = Date.UTC(2026, 10, 1);
    const times = { cutAtMs, plannedSeconds: 60, endedAtMs: cutAtMs + 60_000, reportedAtMs: cutAtMs + 90_000 };
    const report = drillReport({
      site: site.site,
      ...times,
      before: [],
      during: [],
      changes: [],
      balanceBefore: balance,
      balanceAfter: balance,
    });
    const note = signNote(reportText(report), (await openKeyStore(join(folder.path, 'keys'), { site: site.site, clock })).auditSigner());
    await keepDrill(folder.path, report.cutAt, note);
    expect((await get(people.officer, '/api/cloud')).json).toMatchObject({
      drill: { cutAtMs, seconds: 60, callsLost: 0, passed: report.passed },
    });
    await keepDrill(folder.path, '2026-11-02T00:00:00.000Z', note.replace(site.site, 'other'));
    expect((await get(people.officer, '/api/cloud')).json).toMatchObject({ drill: null });
  });

  it('a proposal is shown against what is in force, approved with a reason, and taken back', async () => {
    const before = site.agents[0]?.skills.join(', ');
    const id = await proposed(4, skills('loans'));
    expect((await get(people.supervisor, `/api/downlink/${id}`)).json).toMatchObject({
      ...{ kind: 'skills.table', version: 4, reason: 'more card calls at noon', more: 0 },
      changes: [{ what: 'agent1', before, after: 'loans' }],
    });
    expect((await post(people.officer, `/api/downlink/${id}/approve`, { reason: '' })).code).toBe('PERMISSION_REFUSED');
    expect((await post(people.admin, `/api/downlink/${id}/approve`, { reason: 'two\nlines' })).code).toBe('REQUEST_INVALID');
    expect((await post(people.admin, `/api/downlink/${id}/approve`, { reason: 'agreed with the team' })).status).toBe(204);
    const approved = {
      proposals: [{ id, decision: 'approved', who: 'admin' }],
      inForce: expect.arrayContaining([{ kind: 'skills.table', version: 4 }]),
    };
    expect((await get(people.supervisor, '/api/downlink')).json).toMatchObject(approved);
    expect((await post(people.admin, `/api/downlink/${id}/approve`, { reason: '' })).code).toBe('DOWNLINK_DECIDED');
    const back = await post(people.admin, '/api/downlink/kinds/skills.table/rollback', { reason: 'too many loans' });
    expect([back.status, back.json]).toEqual([200, { version: 0 }]);
    expect((await post(people.admin, '/api/downlink/kinds/skills.table/rollback', { reason: '' })).code).toBe('DOWNLINK_NOTHING_APPLIED');
    for (const act of ['approve', 'rollback'])
      expect(written()).toMatch(new RegExp(`"act":"downlink.${act}","who":"admin","role":"system_admin".*"outcome":"done"`));
    expect(written()).toContain('agreed with the team');
  });

  it('what another key signed is neither shown nor approved, but can be put aside', async () => {
    const id = await proposed(9, skills('cards'), generateKeyPairSync('ed25519').privateKey);
    expect((await get(people.admin, `/api/downlink/${id}`)).code).toBe('DOWNLINK_NOT_TRUSTED');
    expect((await post(people.admin, `/api/downlink/${id}/approve`, { reason: '' })).code).toBe('DOWNLINK_NOT_TRUSTED');
    expect((await post(people.admin, `/api/downlink/${id}/reject`, { reason: '' })).code).toBe('REQUEST_INVALID');
    expect((await post(people.admin, `/api/downlink/${id}/reject`, { reason: 'not ours' })).status).toBe(204);
    const rows = { proposals: expect.arrayContaining([expect.objectContaining({ id, decision: 'rejected', reason: 'not ours' })]) };
    expect((await get(people.admin, '/api/downlink')).json).toMatchObject(rows);
    expect((await get(people.admin, `/api/downlink/${newId('dl', 1)}`)).code).toBe('DOWNLINK_UNKNOWN');
  });
});

describe('what left the building', () => {
  it('is shown by day and exported as an audited act, byte for byte as at the console', async () => {
    const database = await Connection.open(join(folder.path, 'outbox.db'));
    await database.run(
      'INSERT INTO egress (day, type, events, bytes, expired, quarantined) VALUES (?, ?, ?, ?, ?, ?)',
      ...['2026-11-05', 'call.ended', 12, 3456, 1, 2],
    );
    await database.close();
    const span = '?from=2026-11-01&to=2026-11-30';
    expect((await get(people.supervisor, `/api/egress${span}`)).json).toEqual([
      { day: '2026-11-05', type: 'call.ended', events: 12, bytes: 3456, expired: 1, quarantined: 2 },
    ]);
    const report = await get(people.officer, `/api/egress/report${span}`);
    expect([report.status, report.headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8']);
    expect(report.text).toMatch(/^\uFEFF"日期 day".*\r\n"2026-11-05","call.ended","12","3456","1","2","by callId/);
    expect(written()).toMatch(/"act":"egress.export","who":"officer".*csv:2026-11-01\.\.2026-11-30/);
    expect((await get(people.supervisor, `/api/egress/report${span}`)).code).toBe('PERMISSION_REFUSED');
    for (const wrong of [
      '?from=2026-11-30&to=2026-11-01',
      '?from=2020-01-01&to=2026-01-01',
      '?from=1&to=2',
      '?from=2026-02-31&to=2026-13-01',
    ])
      expect((await get(people.supervisor, `/api/egress${wrong}`)).code).toBe('REQUEST_INVALID');
  });
});

describe('the anonymisation policy', () => {
  it('is shown field by field, with what it refused, and follows a change with its history', async () => {
    await store.write((tx) =>
      tx.run(
        `INSERT INTO event_refusals VALUES (1, 'call.ended', 'ANONYMISE_FIELD_UNKNOWN', 5), (2, 'call.ended', 'ANONYMISE_FIELD_UNKNOWN', 7)`,
      ),
    );
    const first = (await get(people.officer, '/api/anonymisation')).json;
    expect(first).toMatchObject({
      ...{ version: 1, source: 'built-in', history: [], omitted: [] },
      refusals: [{ type: 'call.ended', code: 'ANONYMISE_FIELD_UNKNOWN', count: 2, lastMs: 7 }],
      fields: expect.arrayContaining([{ type: 'call.disposed', field: 'note', class: 'C3', leaves: 'nothing' }]),
    });
    const { document } = policyInForce(folder.path);
    const { 'quality.sampled': _left, ...events } = document.events;
    const { hash } = installPolicy(folder.path, { ...document, version: 2, note: 'no samples', events });
    expect((await get(people.supervisor, '/api/anonymisation')).json).toMatchObject({
      ...{ version: 2, source: 'site', hash, omitted: ['quality.sampled'] },
      history: [{ version: 2, hash, note: 'no samples', isInForce: true }],
    });
  });
});
