import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATALOGUE, catalogueItem } from './catalogue.ts';
import type { BackupFact, Facts, Measured, PairFact } from './facts.ts';
import { coverage, judge, JUDGES } from './judge.ts';
import { type Check, verdictOf } from './judgement.ts';
import { sampleFacts } from './testing/sample-facts.ts';

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

describe('what is measured of the items', () => {
  /** A packet filter that can be read, as on an installed site; the sample has none. */
  const installed: Facts = {
    ...sampleFacts,
    firewall: {
      measured: true,
      value: { rules: 9, defaultDrop: true, fiveTupleRules: 4, statefulRules: 1, zeroHitRules: 0, sha256: 'ab'.repeat(32) },
    },
  };
  const verdict = (item: string, change: Partial<Facts>): string | undefined =>
    judge({ ...installed, attestations: [], ...change }).find((result) => result.item === item)?.verdict;
  const value = <T>(of: T): Measured<T> => ({ measured: true, value: of });
  const valueOf = <T>(fact: Measured<T>): T => {
    if (!fact.measured) throw new Error(fact.why);
    return fact.value;
  };

  it('is counted as the page for assessors says', () => {
    const { automatic, partly } = coverage(judge(installed));
    const page = readFileSync(new URL('../../../docs/mlps/README.md', import.meta.url), 'utf8');
    expect(page).toContain(`**${automatic.measured} of ${automatic.items}** items that a machine can judge wholly`);
    expect(page).toContain(`**${partly.collected} of ${partly.items}** that it can judge partly`);
    const shownOnly = judge(installed).filter(
      ({ item, checks }) => catalogueItem(item).automatable === 'partly' && checks.every(({ holds }) => holds === null),
    );
    expect(page).toContain(`in ${shownOnly.length} of those it shows figures and judges none`);
  });

  it('a copy elsewhere and a pair are a part of what is asked; a paper adds the rest, and neither hides a copy that is cut or too old', () => {
    const there: BackupFact = valueOf(sampleFacts.offsite);
    const changed = (newest: Partial<NonNullable<BackupFact['newest']>>) => ({
      offsite: value({ ...there, newest: there.newest && { ...there.newest, ...newest } }),
    });
    expect(verdict('8.1.4.9.b', {})).toBe('partly');
    for (const fault of [{ absent: 1 }, { differing: 1 }, { ageHours: 169 }]) expect(verdict('8.1.4.9.b', changed(fault))).toBe('not_met');
    expect(verdict('8.1.4.9.b', { offsite: value({ place: '', backups: 0, newest: null }) })).toBe('not_met');
    expect(verdict('8.1.4.9.b', { attestations: [{ ...paper, item: '8.1.4.9.b' }] })).toBe('met');
  });

  it('a pair that could not survive a death now is no redundancy', () => {
    const pair: PairFact = valueOf(sampleFacts.pair);
    expect(verdict('8.1.4.9.c', {})).toBe('partly');
    expect(verdict('8.1.4.9.c', { pair: value({ ...pair, answer: pair.answer && { ...pair.answer, ready: false } }) })).toBe('not_met');
    expect(verdict('8.1.4.9.c', { pair: value({ isSet: true, answer: null }) })).toBe('not_met');
    expect(verdict('8.1.4.9.c', { pair: { measured: false, why: 'no figures' } })).toBe('not_measurable');
  });

  it('a backup that nobody restored is no proven recovery', () => {
    expect(verdict('8.1.4.9.a', {})).toBe('partly');
    const audit = { ...valueOf(sampleFacts.audit), acts: { 'backup.restore': { done: 1 } } };
    expect(verdict('8.1.4.9.a', { audit: value(audit) })).toBe('met');
  });
});
