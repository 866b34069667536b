/**
 * From checks to a verdict, pure. A check is one question with what was found and whether that is right; an item is a list of checks. All
 * right: met. None: not met. Some: partly. Nothing could be measured: not measurable. The standard's own words are 符合, 部分符合, 不符合, 不适用.
 */
import type { CatalogueItem, Text } from './catalogue.ts';
import type { Attestation, Measured } from './facts.ts';

export type Verdict = 'met' | 'partly' | 'not_met' | 'not_applicable' | 'not_measurable';
export const VERDICTS = ['met', 'partly', 'not_met', 'not_applicable', 'not_measurable'] as const satisfies readonly Verdict[];
export const VERDICT_WORDS: Readonly<Record<Verdict, Text>> = {
  met: { zh: '符合', en: 'met' },
  partly: { zh: '部分符合', en: 'partly met' },
  not_met: { zh: '不符合', en: 'not met' },
  not_applicable: { zh: '不适用', en: 'not applicable' },
  not_measurable: { zh: '无法测量', en: 'not measurable' },
};

export interface Check {
  readonly what: Text;
  /** What was found, or why nothing could be. */
  readonly found: string;
  /** Undefined when it could not be measured; null for a figure that is shown and not judged. */
  readonly holds: boolean | null | undefined;
}

/** A judgement of a measured fact. @param judge what was found, and whether it is right (null: only shown) */
export function check<T>(zh: string, en: string, fact: Measured<T>, judge: (value: T) => readonly [unknown, boolean | null]): Check {
  if (!fact.measured) return { what: { zh, en }, found: fact.why, holds: undefined };
  const [found, holds] = judge(fact.value);
  return { what: { zh, en }, found: String(found), holds };
}

/** Names, bounded so that a broken site does not make an endless report. */
export function named(list: readonly string[]): string {
  const shown = list.slice(0, NAMES_MAX).join(', ');
  return list.length === 0 ? '0' : `${list.length}: ${shown}${list.length > NAMES_MAX ? ' …' : ''}`;
}
const NAMES_MAX = 12;

export interface ItemResult {
  readonly item: string;
  readonly testUnit: string;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly attestation: Attestation | null;
  /** When its facts were taken. */
  readonly measuredAt: string;
}

/**
 * @param checks none for an item with nothing to measure @param attestation one that is valid at the time; it cannot make a failed check good,
 * only complete what a machine cannot see
 */
export function verdictOf({ automatable }: CatalogueItem, checks: readonly Check[], attestation: Attestation | undefined): Verdict {
  const judged = checks.filter(({ holds }) => holds !== null);
  const [right, wrong, unseen] = [true, false, undefined].map((wanted) => judged.filter(({ holds }) => holds === wanted).length);
  if (wrong) return right || attestation ? 'partly' : 'not_met';
  if (automatable === 'yes') {
    if (unseen) return right ? 'partly' : 'not_measurable';
    return right ? 'met' : 'not_measurable';
  }
  if (attestation) return 'met';
  return right ? 'partly' : 'not_measurable';
}
