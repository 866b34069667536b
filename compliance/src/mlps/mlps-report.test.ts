/** From one body of evidence, sealed in a real audit log, to every form of the report. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { render, REPORT_FORMS } from '../report/render.ts';
import { newNoteKey, signerFrom } from '../tlog/signed-note.ts';
import { CATALOGUE } from './catalogue.ts';
import { type Evidence, evidenceText, keepEvidence, parseEvidence, readEvidence } from './evidence.ts';
import { coverage, judge } from './judge.ts';
import { mlpsReport } from './mlps-report.ts';
import { oscalFiles } from './oscal.ts';
import { alarmDelivered } from './judges/checks.ts';
import { sampleEvidence, sampleFacts, TAKEN_MS } from './testing/sample-facts.ts';

const signer = signerFrom(newNoteKey('keepline/demo-bank/audit'));
let home: TempDir;
let evidence: Evidence;
beforeAll(async () => {
  home = tempDir();
  evidence = await sampleEvidence(join(home.path, 'audit'), signer, new FakeClock(TAKEN_MS));
});
afterAll(() => home.remove());

describe('judging the facts of a site', () => {
  const verdictOf = (item: string): string | undefined => judge(sampleFacts).find((result) => result.item === item)?.verdict;

  it('finds the session that is too old, does not guess about the firewall, and takes the paper for what no machine sees', () => {
    expect(verdictOf('8.1.4.1.a')).toBe('met');
    expect(verdictOf('8.1.4.1.b')).toBe('partly');
    const session = judge(sampleFacts).flatMap(({ checks }) => checks.filter(({ holds }) => holds === false));
    expect(session.map(({ found }) => found)).toContain('1 of 1 (limits 15 / 720 min)');
    const unseen = judge(sampleFacts).flatMap(({ checks }) => checks.filter(({ holds }) => holds === undefined));
    expect(unseen.map(({ found }) => found)).toContain('nft failed: Operation not permitted');
    expect(verdictOf('8.1.2.1.a')).toBe('met');
  });

  it('counts every item once', () => {
    const { items, verdicts, automatic, partly } = coverage(judge(sampleFacts));
    expect([items, automatic.items, partly.items, partly.attested]).toEqual([74, 40, 31, 1]);
    expect(Object.values(verdicts).reduce((sum, n) => sum + n, 0)).toBe(74);
    expect(automatic.met).toBeLessThan(automatic.measured);
  });

  it('calls nothing met when nothing could be measured', () => {
    const blind = Object.fromEntries(
      Object.entries(sampleFacts).map(([name, fact]) => [
        name,
        typeof fact === 'object' && 'measured' in fact ? { measured: false, why: 'gone' } : fact,
      ]),
    );
    const { automatic, partly } = coverage(judge({ ...sampleFacts, ...blind, attestations: [] }));
    expect([automatic.measured, automatic.met, partly.collected, partly.met]).toEqual([0, 0, 0, 0]);
  });

  it('asks for the receipt of an alarm: a receiver that took it in time, by webhook or by the SIEMs', () => {
    const held = (change: object) => {
      const facts = {
        ...sampleFacts,
        alarms: {
          measured: true,
          value: { raised: 3, standing: 0, hasWebhook: true, receipts: 3, overdue: 0, siemTargets: 0, siemBehind: 0, ...change },
        },
      } as const;
      return alarmDelivered(facts).holds;
    };
    expect(held({})).toBe(true);
    expect(held({ hasWebhook: false })).toBe(false);
    expect(held({ hasWebhook: false, siemTargets: 1 })).toBe(true);
    expect(held({ hasWebhook: false, siemTargets: 1, siemBehind: 6000 })).toBe(false);
    expect(held({ receipts: 2, overdue: 1 })).toBe(false);
    expect(held({ raised: 0, receipts: 0 })).toBe(null);
  });
});

describe('evidence', () => {
  it('is kept private and proves each judgement by the audit log, anywhere, with the public key', async () => {
    const path = await keepEvidence(home.path, evidence);
    expect(path).toMatch(/evidence\/20261120T030405\.000Z\.json$/);
    expect(await readEvidence(path)).toEqual(evidence);
    expect(parseEvidence(evidenceText(evidence), path, signer.verifierKey).results).toHaveLength(74);
  });

  it('is refused with a changed judgement, a missing or borrowed proof, or another key', () => {
    const { results, proofs } = evidence;
    const better = results.map((result) => (result.item === '8.1.4.1.b' ? { ...result, verdict: 'met' as const } : result));
    const borrowed = proofs.map((proof, i) => ({ ...proof, proof: proofs[(i + 1) % proofs.length]?.proof ?? '' }));
    for (const forged of [{ results: better }, { proofs: proofs.slice(1) }, { proofs: borrowed }, { format: 'other/1' }])
      expect(() => parseEvidence(JSON.stringify({ ...evidence, ...forged }), 'x.json')).toThrow(
        expect.objectContaining({ code: 'EVIDENCE_INVALID' }),
      );
    const other = signerFrom(newNoteKey('keepline/demo-bank/audit')).verifierKey;
    expect(() => parseEvidence(evidenceText(evidence), 'x.json', other)).toThrow(expect.objectContaining({ code: 'EVIDENCE_INVALID' }));
  });
});

describe('the MLPS report', () => {
  it.for(REPORT_FORMS)('as %s is the same, byte for byte, whenever it is made', async (form) => {
    const again: Evidence = JSON.parse(evidenceText(evidence));
    const first = await render(mlpsReport(evidence, 'zh'), form);
    expect((await render(mlpsReport(again, 'zh'), form)).equals(first)).toBe(true);
  });

  it('as PDF holds its words as text, in both languages, with every item and the checkpoint', async () => {
    const texts: Record<string, string> = {};
    for (const language of ['zh', 'en'] as const) {
      const path = join(home.path, `${language}.pdf`);
      writeFileSync(path, await render(mlpsReport(evidence, language), 'pdf'));
      texts[language] = execFileSync('pdftotext', [path, '-'], { encoding: 'utf8' });
      for (const { item, testUnit } of CATALOGUE) {
        expect(texts[language]).toContain(item);
        expect(texts[language]).toContain(testUnit);
      }
      expect(texts[language]).toContain(evidence.checkpoint.split('\n')[2]);
      expect(execFileSync('pdffonts', [path], { encoding: 'utf8' })).toMatch(/NotoSansHans-Regular .* yes yes yes/);
    }
    expect(texts['zh']).toContain('网络安全等级保护三级');
    expect(texts['zh']).toContain('demo-bank');
    expect(texts['zh']).toContain('部分符合');
    expect(texts['en']).toContain('MLPS level 3');
    expect(texts['en']).toContain('partly met');
    expect(texts['en']).not.toContain('部分符合');
  });

  it('as CSV has one row per item, and the name of who attests is no formula', async () => {
    const { rows } = mlpsReport(evidence, 'en').rows;
    expect(rows.map(([item]) => item)).toEqual(CATALOGUE.map(({ item }) => item));
    const text = (await render(mlpsReport(evidence, 'en'), 'csv')).toString();
    expect(text).toContain(`,"'=SUM(A1) `);
    expect(text).not.toContain(',"=');
  });
});

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Every name with its value, at any depth. */
function fieldsOf(value: Json, name = ''): [string, string][] {
  if (typeof value === 'string') return [[name, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Array.isArray(value)
    ? value.flatMap((each: Json) => fieldsOf(each, name))
    : Object.entries(value).flatMap(([key, each]) => fieldsOf(each, key));
}

describe('OSCAL', () => {
  it('is the same whenever it is made, in six files of version 1.1.2', () => {
    const files = oscalFiles(evidence);
    expect(oscalFiles(JSON.parse(evidenceText(evidence)))).toEqual(files);
    expect(files.map(({ name }) => name).toSorted()).toEqual([
      'assessment-plan.json',
      'assessment-results.json',
      'catalog.json',
      'component-definition.json',
      'profile.json',
      'system-security-plan.json',
    ]);
    for (const { name, bytes } of files) {
      const document: Record<string, { metadata: { 'oscal-version': string } }> = JSON.parse(bytes.toString());
      expect(Object.keys(document)).toEqual([name === 'catalog.json' ? 'catalog' : name.replace('.json', '')]);
      expect(Object.values(document)[0]?.metadata['oscal-version']).toBe('1.1.2');
    }
  });

  it('refers only to what is there, and names everything once', () => {
    const files = oscalFiles(evidence);
    const fields = files.flatMap(({ bytes }) => fieldsOf(JSON.parse(bytes.toString())));
    const of = (...names: string[]): string[] => fields.flatMap(([name, value]) => (names.includes(name) ? [value] : []));
    const uuids = of('uuid').toSorted();
    // the party and the components of the site stand in each file that names them
    for (const uuid of uuids) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    for (const uuid of of('party-uuids', 'subject-uuid', 'component-uuid', 'observation-uuid')) expect(uuids).toContain(uuid);
    for (const href of of('href', 'source')) expect(files.map(({ name }) => name)).toContain(href);
    const ids = new Set(of('id'));
    for (const id of of('control-id', 'with-ids', 'target-id', 'role-id', 'role-ids')) expect(ids).toContain(id);
    for (const { item } of CATALOGUE) expect(ids).toContain(`mlps-${item}`);
    for (const { bytes } of files) {
      const own = fieldsOf(JSON.parse(bytes.toString())).flatMap(([name, value]) => (name === 'uuid' ? [value] : []));
      expect(new Set(own).size).toBe(own.length);
    }
  });

  it('has a finding and an observation per item, which say what the evidence says', () => {
    const file = oscalFiles(evidence).find(({ name }) => name === 'assessment-results.json');
    const { 'assessment-results': shown }: { 'assessment-results': { results: { findings: Finding[]; observations: unknown[] }[] } } =
      JSON.parse(file?.bytes.toString() ?? '');
    const [result] = shown.results;
    expect(result?.observations).toHaveLength(74);
    const stated = result?.findings.map(({ target }) => [target['target-id'], target.status.state]);
    expect(stated).toEqual(
      evidence.results.map(({ item, verdict }) => [
        `mlps-${item}_smt`,
        verdict === 'met' || verdict === 'not_applicable' ? 'satisfied' : 'not-satisfied',
      ]),
    );
  });
});
interface Finding {
  readonly target: { readonly 'target-id': string; readonly status: { readonly state: string } };
}
