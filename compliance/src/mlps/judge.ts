/** Judges all 74 items from the facts, pure: the same facts give the same results. */
import { CATALOGUE } from './catalogue.ts';
import type { Facts } from './facts.ts';
import { computingJudges } from './judges/computing.ts';
import { dataJudges } from './judges/data.ts';
import { managementJudges } from './judges/management.ts';
import { networkJudges } from './judges/network.ts';
import type { Judge } from './judges/checks.ts';
import { type ItemResult, type Verdict, verdictOf } from './judgement.ts';

export const JUDGES: Readonly<Record<string, Judge>> = { ...networkJudges, ...computingJudges, ...dataJudges, ...managementJudges };

/** Items about something a machine may simply not have: when the only check holds, there is nothing to protect. */
const ABSENT_IS_NOT_APPLICABLE: readonly string[] = ['8.1.3.4.b', '8.1.3.1.d'];

export function judge(facts: Facts): readonly ItemResult[] {
  const today = facts.takenAt.slice(0, 10);
  return CATALOGUE.map((entry) => {
    const { item, testUnit } = entry;
    const checks = JUDGES[item]?.(facts) ?? [];
    const attestation = facts.attestations.find((one) => one.item === item && one.validUntil >= today);
    const isAbsent = ABSENT_IS_NOT_APPLICABLE.includes(item) && checks.every(({ holds }) => holds === true);
    const verdict = isAbsent ? 'not_applicable' : verdictOf(entry, checks, attestation);
    return { item, testUnit, verdict, checks, attestation: attestation ?? null, measuredAt: facts.takenAt };
  });
}

export interface Coverage {
  readonly items: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Of the items that are measured wholly: how many are met, and how many have a measurement. */
  readonly automatic: { readonly items: number; readonly measured: number; readonly met: number };
  /** Of those that are measured partly: how many have at least one measurement, and a valid attestation. */
  readonly partly: { readonly items: number; readonly collected: number; readonly attested: number; readonly met: number };
}

export function coverage(results: readonly ItemResult[]): Coverage {
  const of = (kind: string): readonly ItemResult[] =>
    results.filter(({ item }) => CATALOGUE.some((entry) => entry.item === item && entry.automatable === kind));
  const isMeasured = ({ checks }: ItemResult): boolean => checks.some(({ holds }) => holds !== undefined);
  const automatic = of('yes');
  const partly = of('partly');
  const met = (list: readonly ItemResult[]): number => list.filter(({ verdict }) => verdict === 'met').length;
  const tally = (verdict: Verdict): number => results.filter((result) => result.verdict === verdict).length;
  return {
    items: results.length,
    verdicts: {
      met: tally('met'),
      partly: tally('partly'),
      not_met: tally('not_met'),
      not_applicable: tally('not_applicable'),
      not_measurable: tally('not_measurable'),
    },
    automatic: { items: automatic.length, measured: automatic.filter(isMeasured).length, met: met(automatic) },
    partly: {
      items: partly.length,
      collected: partly.filter(isMeasured).length,
      attested: partly.filter(({ attestation }) => attestation !== null).length,
      met: met(partly),
    },
  };
}
