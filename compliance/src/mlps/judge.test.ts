import { describe, expect, it } from 'vitest';
import { CATALOGUE, catalogueItem } from './catalogue.ts';
import { JUDGES } from './judge.ts';
import { type Check, verdictOf } from './judgement.ts';

const said = (holds: boolean | null | undefined): Check => ({ what: { zh: '问', en: 'asked' }, found: '', holds });
const paper = {
  item: '8.1.2.1.a',
  by: 'network office',
  sha256: 'ab',
  bytes: 2,
  attestedAt: '2026-11-01T00:00:00Z',
  validUntil: '2027-11-01',
};

describe('the catalogue of MLPS level 3', () => {
  it('has the 74 technical items, 40 measured, 31 partly, 3 attested only, each once and with a test unit of its own', () => {
    const kinds = (kind: string): number => CATALOGUE.filter(({ automatable }) => automatable === kind).length;
    expect([CATALOGUE.length, kinds('yes'), kinds('partly'), kinds('no')]).toEqual([74, 40, 31, 3]);
    expect(new Set(CATALOGUE.map(({ item }) => item)).size).toBe(74);
    expect(new Set(CATALOGUE.map(({ testUnit }) => testUnit)).size).toBe(74);
  });

  it('says everything in both languages, and every item has its judge', () => {
    for (const { item, point, requirement, does, remedy } of CATALOGUE) {
      for (const { zh, en } of [point, requirement, does, remedy])
        expect([item, /\p{Script=Han}/u.test(zh), en !== '']).toEqual([item, true, true]);
      expect(Object.keys(JUDGES)).toContain(item);
    }
  });
});

describe('a verdict', () => {
  const measured = catalogueItem('8.1.4.1.a');
  const partly = catalogueItem('8.1.2.1.a');

  it('is met when all checks hold, not met when none does, partly when some do', () => {
    expect(verdictOf(measured, [said(true), said(null)], undefined)).toBe('met');
    expect(verdictOf(measured, [said(false)], undefined)).toBe('not_met');
    expect(verdictOf(measured, [said(true), said(false)], undefined)).toBe('partly');
  });

  it('never takes what could not be measured for good', () => {
    expect(verdictOf(measured, [said(undefined)], undefined)).toBe('not_measurable');
    expect(verdictOf(measured, [said(true), said(undefined)], undefined)).toBe('partly');
    expect(verdictOf(measured, [], undefined)).toBe('not_measurable');
  });

  it('needs an attestation where a machine sees only a part, and no paper outweighs a check that failed', () => {
    expect(verdictOf(partly, [said(true)], undefined)).toBe('partly');
    expect(verdictOf(partly, [said(true)], paper)).toBe('met');
    expect(verdictOf(partly, [said(false)], paper)).toBe('partly');
  });
});
