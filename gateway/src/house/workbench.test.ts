/** The API of the workbench over real HTTP (`testing/open-bench.ts` says what is real): who may, what they see, what is written down. */
import { generateKeyPairSync } from 'node:crypto';
import { installPolicy, policyInForce } from '@keepline/compliance/policy';
import { newId } from '@keepline/contracts/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrolled, headersOf, type Person } from '../api/testing/people.ts';
import { type OpenBench, openBench } from './testing/open-bench.ts';

let bench: OpenBench;
let officer: Person;
let admin: Person;
let supervisor: Person;
const get = (who: Person, path: string) => bench.house.ask('GET', path, headersOf(who));
const post = (who: Person, path: string, body: object) => bench.house.ask('POST', path, { ...headersOf(who), body });

beforeAll(async () => {
  bench = await openBench();
  officer = await enrolled(bench.house, 'officer', ['compliance_officer']);
  admin = await enrolled(bench.house, 'admin', ['system_admin']);
  supervisor = await enrolled(bench.house, 'leader', ['supervisor']);
}, 60_000);
afterAll(() => bench.close());

describe('while cloud-sync is away', () => {
  it('the link page still answers, without figures, and says that nothing was rehearsed', async () => {
    const { status, json } = await get(supervisor, '/api/cloud');
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({
        link: { state: 'down', sinceMs: 1, why: 'server_away', condition: 'server_away', backlog: 3, oldestUnsentMs: 9 },
        ...{ figures: null, changes: [], drill: null },
      }),
    ]);
    for (const answer of [await get(admin, '/api/downlink'), await post(officer, '/api/cloud/reconcile', {})])
      expect([answer.status, answer.code]).toEqual([503, 'CLOUD_SYNC_UNREACHABLE']);
    expect(bench.written()).toMatch(/"act":"cloud.reconcile".*"outcome":"failed"/);
  });
});

describe('with cloud-sync', () => {
  beforeAll(() => bench.startSync(), 90_000);

  it('the balance is told, and reconciling is an audited act of whoever presses the button', async () => {
    const zero = { produced: 0, delivered: 0, expired: 0, quarantined: 0, waiting: 0, unaccounted: 0 };
    expect((await get(supervisor, '/api/cloud')).json).toMatchObject({ figures: zero });
    const answer = await post(supervisor, '/api/cloud/reconcile', {});
    expect([answer.status, answer.json]).toEqual([200, { verdict: 'one_sided', figures: zero, stream: null, difference: null }]);
    expect(bench.written()).toMatch(/"act":"cloud.reconcile","who":"leader","role":"supervisor".*"outcome":"done"/);
  });

  it('the last drill is the newest report whose signature is good', async () => {
    const cutAtMs = Date.UTC(2026, 10, 1);
    const passed = await bench.drilled(cutAtMs);
    expect((await get(officer, '/api/cloud')).json).toMatchObject({ drill: { cutAtMs, seconds: 60, callsLost: 0, passed } });
    await bench.drilled(cutAtMs + 86_400_000, true);
    expect((await get(officer, '/api/cloud')).json).toMatchObject({ drill: null });
  });

  it('a proposal is shown against what is in force, approved with a reason, and taken back', async () => {
    const before = bench.site.agents[0]?.skills.join(', ');
    const id = await bench.propose(4, ['loans']);
    expect((await get(supervisor, `/api/downlink/${id}`)).json).toMatchObject({
      ...{ kind: 'skills.table', version: 4, reason: 'more card calls at noon', more: 0 },
      changes: [{ what: 'agent1', before, after: 'loans' }],
    });
    expect((await post(officer, `/api/downlink/${id}/approve`, { reason: '' })).code).toBe('PERMISSION_REFUSED');
    expect((await post(admin, `/api/downlink/${id}/approve`, { reason: 'two\nlines' })).code).toBe('REQUEST_INVALID');
    expect((await post(admin, `/api/downlink/${id}/approve`, { reason: 'agreed with the team' })).status).toBe(204);
    const approved = {
      proposals: [{ id, decision: 'approved', who: 'admin' }],
      inForce: expect.arrayContaining([{ kind: 'skills.table', version: 4 }]),
    };
    expect((await get(supervisor, '/api/downlink')).json).toMatchObject(approved);
    expect((await post(admin, `/api/downlink/${id}/approve`, { reason: '' })).code).toBe('DOWNLINK_DECIDED');
    const back = await post(admin, '/api/downlink/kinds/skills.table/rollback', { reason: 'too many loans' });
    expect([back.status, back.json]).toEqual([200, { version: 0 }]);
    expect((await post(admin, '/api/downlink/kinds/skills.table/rollback', { reason: '' })).code).toBe('DOWNLINK_NOTHING_APPLIED');
    for (const act of ['approve', 'rollback'])
      expect(bench.written()).toMatch(new RegExp(`"act":"downlink.${act}","who":"admin","role":"system_admin".*"outcome":"done"`));
    expect(bench.written()).toContain('agreed with the team');
  });

  it('what another key signed is neither shown nor approved, but can be put aside', async () => {
    const id = await bench.propose(9, ['cards'], generateKeyPairSync('ed25519').privateKey);
    expect((await get(admin, `/api/downlink/${id}`)).code).toBe('DOWNLINK_NOT_TRUSTED');
    expect((await post(admin, `/api/downlink/${id}/approve`, { reason: '' })).code).toBe('DOWNLINK_NOT_TRUSTED');
    expect((await post(admin, `/api/downlink/${id}/reject`, { reason: '' })).code).toBe('REQUEST_INVALID');
    expect((await post(admin, `/api/downlink/${id}/reject`, { reason: 'not ours' })).status).toBe(204);
    const rows = { proposals: expect.arrayContaining([expect.objectContaining({ id, decision: 'rejected', reason: 'not ours' })]) };
    expect((await get(admin, '/api/downlink')).json).toMatchObject(rows);
    expect((await get(admin, `/api/downlink/${newId('dl', 1)}`)).code).toBe('DOWNLINK_UNKNOWN');
  });
});

describe('what left the building', () => {
  it('is shown by day and exported as an audited act, byte for byte as at the console', async () => {
    await bench.leave('2026-11-05', 'call.ended', 12, 3456);
    const span = '?from=2026-11-01&to=2026-11-30';
    expect((await get(supervisor, `/api/egress${span}`)).json).toEqual([
      { day: '2026-11-05', type: 'call.ended', events: 12, bytes: 3456, expired: 1, quarantined: 2 },
    ]);
    const report = await get(officer, `/api/egress/report${span}`);
    expect([report.status, report.headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8']);
    expect(report.text).toMatch(/^\uFEFF"日期 day".*\r\n"2026-11-05","call.ended","12","3456","1","2","by callId/);
    expect(bench.written()).toMatch(/"act":"egress.export","who":"officer".*csv:2026-11-01\.\.2026-11-30/);
    expect((await get(supervisor, `/api/egress/report${span}`)).code).toBe('PERMISSION_REFUSED');
    for (const wrong of [
      '?from=2026-11-30&to=2026-11-01',
      '?from=2020-01-01&to=2026-01-01',
      '?from=1&to=2',
      '?from=2026-02-31&to=2026-13-01',
    ])
      expect((await get(supervisor, `/api/egress${wrong}`)).code).toBe('REQUEST_INVALID');
  });
});

describe('the anonymisation policy', () => {
  it('is shown field by field, with what it refused, and follows a change with its history', async () => {
    await bench.store.write((tx) =>
      tx.run(
        `INSERT INTO event_refusals VALUES (1, 'call.ended', 'ANONYMISE_FIELD_UNKNOWN', 5), (2, 'call.ended', 'ANONYMISE_FIELD_UNKNOWN', 7)`,
      ),
    );
    const first = (await get(officer, '/api/anonymisation')).json;
    expect(first).toMatchObject({
      ...{ version: 1, source: 'built-in', history: [], omitted: [] },
      refusals: [{ type: 'call.ended', code: 'ANONYMISE_FIELD_UNKNOWN', count: 2, lastMs: 7 }],
      fields: expect.arrayContaining([{ type: 'call.disposed', field: 'note', class: 'C3', leaves: 'nothing' }]),
    });
    const { document } = policyInForce(bench.data);
    const { 'quality.sampled': _left, ...events } = document.events;
    const { hash } = installPolicy(bench.data, { ...document, version: 2, note: 'no samples', events });
    expect((await get(supervisor, '/api/anonymisation')).json).toMatchObject({
      ...{ version: 2, source: 'site', hash, omitted: ['quality.sampled'] },
      history: [{ version: 2, hash, note: 'no samples', isInForce: true }],
    });
  });
});
