/**
 * A secret keyed by the caller during a talk, pure core: the same keys as in a flow (`ivr/verbs/secret.ts`): `#` ends the entry, `*` begins it anew,
 * the last digit that fits ends it by itself. The digits leave it once, to be handed over, and nothing else of it holds them.
 */
import type { SecretOutcome } from '@keepline/contracts/events';

export interface SecretTerms {
  /** From 1. */
  readonly minDigits: number;
  readonly maxDigits: number;
}

export type SecretEntry =
  | { readonly at: 'keying'; readonly keyed: string }
  | { readonly at: 'checking' }
  | { readonly at: 'over'; readonly outcome: SecretOutcome };

export type EntryInput =
  | { readonly on: 'digit'; readonly digit: string }
  /** No key for a while, or the whole entry took too long. */
  | { readonly on: 'timeout' }
  | { readonly on: 'answered'; readonly answer: 'accepted' | 'refused' | 'unavailable' }
  | { readonly on: 'given_up'; readonly as: 'aborted' | 'ended' };

export interface EntryStep {
  readonly entry: SecretEntry;
  /** To be handed to the hook now. */
  readonly hand?: string;
}

export const beginEntry = (): SecretEntry => ({ at: 'keying', keyed: '' });

export function stepEntry(entry: SecretEntry, { minDigits, maxDigits }: SecretTerms, input: EntryInput): EntryStep {
  const over = (outcome: SecretOutcome): EntryStep => ({ entry: { at: 'over', outcome } });
  const complete = (keyed: string): EntryStep =>
    keyed.length < minDigits ? over('incomplete') : { entry: { at: 'checking' }, hand: keyed };
  if (entry.at === 'over') return { entry };
  switch (input.on) {
    case 'given_up':
      return over(input.as);
    case 'answered':
      return entry.at === 'checking' ? over(input.answer) : { entry };
    case 'timeout':
      return entry.at === 'keying' ? complete(entry.keyed) : { entry };
    case 'digit': {
      if (entry.at !== 'keying') return { entry };
      if (input.digit === '#') return complete(entry.keyed);
      if (!/^[0-9*]$/.test(input.digit)) return { entry }; // A to D are keys of no caller
      const keyed = input.digit === '*' ? '' : entry.keyed + input.digit;
      return keyed.length >= maxDigits ? complete(keyed) : { entry: { at: 'keying', keyed } };
    }
    default:
      return input satisfies never;
  }
}

/** How many digits a screen may show; after `*` none. */
export const digitsOf = (entry: SecretEntry): number => (entry.at === 'keying' ? entry.keyed.length : 0);
