/**
 * The path of a compliance officer, by the API alone: a second factor, what is covered, a report made and fetched with its signature, one entry
 * proven; then both checked with the public key in a folder where nothing else is. Real doors, keys, audit log and processes.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifyEntryProof } from '@keepline/compliance/audit-prove';
import { type ReportOrder, ReportCoverage, ReportRun } from '@keepline/contracts/reports';
import { eventually } from '@keepline/testkit/eventually';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cookieOf } from '../api/testing/ask.ts';
import { enrolled, headersOf, type Person } from '../api/testing/people.ts';
import { type OpenBench, openBench } from './testing/open-bench.ts';

const CLI = fileURLToPath(new URL('../report-cli.ts', import.meta.url));
const ORDER: ReportOrder = { kind: 'mlps', form: 'json', language: 'zh', from: '2020-01-01', to: '2099-12-31', purpose: 'yearly grading' };
const Entries = Type.Array(Type.Object({ number: Type.Number(), act: Type.String(), who: Type.String(), outcome: Type.String() }));
let bench: OpenBench;
let officer: Person;
/** The clean machine. */
let away: TempDir;

const get = (path: string) => bench.house.ask('GET', path, headersOf(officer));
const order = (wish: Partial<ReportOrder> = {}) =>
  bench.house.ask('POST', '/api/reports', { ...headersOf(officer), body: { ...ORDER, ...wish } });
const runs = async (): Promise<ReportRun[]> => Value.Parse(Type.Array(ReportRun), (await get('/api/reports')).json);
const ended = async (id: string): Promise<ReportRun> => {
  let found: ReportRun | undefined;
  await eventually(
    'the report',
    async () => (found = (await runs()).find((run) => run.id === id))?.endedAtMs !== 0 && found !== undefined,
    120_000,
  );
  if (!found) throw new Error('the report is not listed');
  return found;
};
const verify = (path: string, key: string): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [CLI, 'verify', path, '--key', key, '--json'], { cwd: away.path, encoding: 'utf8' });
/** All files of a report as they come down; @returns the name of the report */
async function fetchTo(folder: string, { id, files }: ReportRun): Promise<string> {
  for (const { name, bytes } of files) {
    const { status, text, headers } = await get(`/api/reports/${id}/files/${name}`);
    expect([status, headers['content-disposition'], Buffer.byteLength(text)]).toEqual([200, `attachment; filename="${name}"`, bytes]);
    writeFileSync(join(folder, name), text);
  }
  return files.at(-1)?.name.replace(/\.note$/, '') ?? '';
}

beforeAll(async () => {
  bench = await openBench();
  officer = await enrolled(bench.house, 'officer', ['compliance_officer']);
  away = tempDir();
}, 60_000);
afterAll(async () => {
  await bench.close();
  away.remove();
});

it('goes from sign-in to what an auditor holds in hand, every step in the audit log', { timeout: 240_000 }, async () => {
  // the password alone opens nothing
  const half = await bench.house.ask('POST', '/api/sign-in', { body: { agent: officer.id, password: officer.password } });
  expect((await bench.house.ask('GET', '/api/reports/coverage', { headers: { cookie: cookieOf(half) } })).code).toBe(
    'SECOND_FACTOR_NEEDED',
  );
  const proven = await bench.house.ask('POST', '/api/session/second-factor', {
    headers: { cookie: cookieOf(half) },
    body: { recoveryCode: officer.recoveryCodes[0] },
  });
  expect(proven.status).toBe(200);
  officer = { ...officer, cookie: cookieOf(half) };

  expect((await get('/api/reports/coverage')).code).toBe('EVIDENCE_ABSENT');
  const begun = await order();
  expect([begun.status, begun.json]).toEqual([202, expect.objectContaining({ kind: 'mlps', by: 'officer', state: 'running', files: [] })]);
  const busy = await order();
  expect([busy.status, busy.code, busy.headers['retry-after']]).toEqual([503, 'REPORT_BUSY', '30']);
  const run = await ended(Value.Parse(ReportRun, begun.json).id);
  expect([run.state, run.fault, run.files.length]).toEqual(['done', '', 2]);

  const covered = Value.Parse(ReportCoverage, (await get('/api/reports/coverage')).json);
  expect(covered).toMatchObject({ items: 74, automatic: { items: 40 }, partly: { items: 31 } });
  expect(covered.automatic.measured).toBeGreaterThan(0);

  // the key comes by another way than what it checks: here from the start of the site
  const { verifierKey } = Value.Parse(Type.Object({ verifierKey: Type.String() }), (await get('/api/audit/key')).json);
  const name = await fetchTo(away.path, run);
  expect(JSON.parse(verify(join(away.path, name), verifierKey).stdout)).toMatchObject({ ok: true, kind: 'mlps', proven: 74 });

  const entries = Value.Parse(Entries, (await get('/api/audit?act=evidence.take&limit=500')).json);
  expect(entries).toHaveLength(74);
  const one = entries[0]?.number ?? -1;
  const proof = (await get(`/api/audit/${one}/proof`)).text;
  const shown = verifyEntryProof(proof, verifierKey);
  expect([shown.entry, JSON.parse(shown.line)]).toEqual([one, expect.objectContaining({ act: 'evidence.take' })]);
  for (const [i, line] of proof.split('\n').entries()) {
    if (line === '') continue;
    const middle = Math.floor(line.length / 2);
    const changed = `${line.slice(0, middle)}${line[middle] === 'A' ? 'B' : 'A'}${line.slice(middle + 1)}`;
    const forged = proof.split('\n').with(i, changed).join('\n');
    expect(() => verifyEntryProof(forged, verifierKey)).toThrow(/proof|note|checkpoint|key|entry/i);
  }

  const acts = bench.written();
  expect(acts).toMatch(/"act":"report.make","who":"officer","role":"compliance_officer".*"purpose":"yearly grading","outcome":"done"/);
  expect(acts).toMatch(new RegExp(`"act":"report.read","who":"officer".*"object":"report:${run.id}/${name}"`));
  expect(acts).toMatch(/"act":"audit.read","who":"officer".*"object":"audit:entry-/);
});

it('gives the six files of OSCAL with one signature, and finds one that was changed', { timeout: 180_000 }, async () => {
  const { verifierKey } = Value.Parse(Type.Object({ verifierKey: Type.String() }), (await get('/api/audit/key')).json);
  const run = await ended(Value.Parse(ReportRun, (await order({ form: 'oscal' })).json).id);
  expect(run.files).toHaveLength(7);
  const folder = join(away.path, 'mlps-2020-01-01-2099-12-31.oscal');
  mkdirSync(folder);
  await fetchTo(folder, run);
  const note = run.files.at(-1)?.name ?? '';
  const signed = (await get(`/api/reports/${run.id}/files/${note}`)).text;
  spawnSync('rm', [join(folder, note)]);
  writeFileSync(join(away.path, note), signed);
  expect(readdirSync(folder)).toHaveLength(6);
  expect(verify(folder, verifierKey)).toMatchObject({ status: 0 });
  writeFileSync(join(folder, 'catalog.json'), '{}');
  expect(verify(folder, verifierKey)).toMatchObject({ status: 1, stderr: expect.stringContaining('REPORT_NOT_GENUINE') });
});

it('tells why a report was not made, and gives nothing that is no report', { timeout: 120_000 }, async () => {
  const [keys, aside] = [join(bench.data, 'keys'), join(bench.data, 'keys.aside')];
  renameSync(keys, aside);
  const run = await ended(Value.Parse(ReportRun, (await order({ kind: 'access', form: 'csv' })).json).id);
  renameSync(aside, keys);
  expect([run.state, run.fault, run.files]).toEqual(['failed', 'KEY_STORE_ABSENT', []]);
  expect(bench.written()).toMatch(/"act":"report.make","who":"officer".*"object":"access:csv:.*"outcome":"failed"/);
  for (const path of [`${run.id}/files/run.json`, `${run.id}/files/access-2020-01-01-2099-12-31.csv`, 'rpt-0/files/x'])
    expect([path, (await get(`/api/reports/${path}`)).code]).toEqual([path, 'REPORT_FILE_UNKNOWN']);
  expect((await order({ from: '2026-02-02', to: '2026-02-01' })).code).toBe('REQUEST_INVALID');
  expect((await order({ kind: 'keys', form: 'oscal' })).code).toBe('REQUEST_INVALID');
  expect((await get('/api/audit/99999999/proof')).code).toBe('AUDIT_ENTRY_ABSENT');
});
