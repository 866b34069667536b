/** The six OSCAL files against closed shapes of the 1.1.2 models, from evidence of a site that is well and of one where nothing could be measured. */
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newNoteKey, signerFrom } from '../tlog/signed-note.ts';
import type { Evidence } from './evidence.ts';
import { judge } from './judge.ts';
import { oscalFiles } from './oscal.ts';
import { OSCAL_SHAPES } from './testing/oscal-shapes.ts';
import { sampleEvidence, sampleFacts, TAKEN_MS } from './testing/sample-facts.ts';

let home: TempDir;
let evidence: Evidence;
beforeAll(async () => {
  home = tempDir();
  evidence = await sampleEvidence(join(home.path, 'audit'), signerFrom(newNoteKey('keepline/demo-bank/audit')), new FakeClock(TAKEN_MS));
});
afterAll(() => home.remove());

const faultsIn = (shown: Evidence): string[] =>
  oscalFiles(shown).flatMap(
    ({ name, bytes }) => OSCAL_SHAPES[name]?.(JSON.parse(bytes.toString()), name) ?? [`${name} is no file of OSCAL`],
  );
const blind = (): Evidence => {
  const facts = Object.fromEntries(
    Object.entries(sampleFacts).map(([name, fact]) => [
      name,
      typeof fact === 'object' && 'measured' in fact ? { measured: false, why: 'gone' } : fact,
    ]),
  );
  return { ...evidence, results: judge({ ...sampleFacts, ...facts, attestations: [] }) };
};

it('are what the models allow, whatever was measured, and also without proofs', () => {
  expect(faultsIn(evidence)).toEqual([]);
  expect(faultsIn(blind())).toEqual([]);
  expect(faultsIn({ ...evidence, proofs: [] })).toEqual([]);
});

it('would be found out by the shapes: a property more, one less, a value of another kind', () => {
  const [file] = oscalFiles(evidence);
  const document: { catalog: Record<string, unknown> } = JSON.parse(file?.bytes.toString() ?? '');
  const check = (change: (catalog: Record<string, unknown>) => void): number => {
    const changed = structuredClone(document);
    change(changed.catalog);
    return OSCAL_SHAPES['catalog.json']?.(changed, '').length ?? 0;
  };
  expect(check(() => {})).toBe(0);
  expect(check((catalog) => (catalog['colour'] = 'red'))).toBe(1);
  expect(check((catalog) => delete catalog['uuid'])).toBe(1);
  expect(check((catalog) => (catalog['groups'] = []))).toBe(1);
  expect(check((catalog) => (catalog['uuid'] = '00000000-0000-0000-0000-000000000000'))).toBe(1);
});
