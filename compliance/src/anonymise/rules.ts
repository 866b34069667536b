/**
 * The rules a field can have on its way out. A rule either lets a value pass because its shape cannot hold personal data, or coarsens
 * it, or replaces it, or drops it. Each is a function from the unknown value to what leaves, so data from disk is checked as it comes.
 */
import { isId } from '@keepline/contracts/ids';
import type { PseudonymKind } from './pseudonym.ts';

export type Outgoing = string | number | boolean;
/** What a rule says of a value. `refuse` keeps the whole event on the site. */
export type Ruling = { readonly as: 'itself'; readonly value: Outgoing } | { readonly as: 'refused' };

/**
 * Classes of JR/T 0171-2020 §4.2: C3 what authenticates a person, C2 what identifies one, C1 what the institution keeps for itself. The
 * class is the law of a field: a policy may be stricter than it and never laxer.
 */
export type FieldClass = 'C1' | 'C2' | 'C3';

export type Rule =
  | { readonly do: 'drop'; readonly class: 'C2' | 'C3' }
  | { readonly do: 'check'; readonly class: 'C1'; readonly rule: (value: unknown) => Ruling }
  | {
      readonly do: 'pseudonym';
      readonly class: 'C2';
      readonly kind: PseudonymKind;
      readonly name: string;
      readonly canonical: (value: string) => string;
    };

const itself = (value: Outgoing): Ruling => ({ as: 'itself', value });
const refused: Ruling = { as: 'refused' };
const check = (rule: (value: unknown) => Ruling): Rule => ({ do: 'check', class: 'C1', rule });

/** Identifies somebody and has no pseudonym: never leaves. */
export const drop: Rule = { do: 'drop', class: 'C2' };
/** May hold what authenticates somebody (free text: a password that was said): never leaves, under no policy. */
export const never: Rule = { do: 'drop', class: 'C3' };

/**
 * Replaced under a new name, so that nobody takes the pseudonym for the thing. An empty value stays empty: callers who withhold their
 * number are not one caller.
 */
export const replaced = (kind: PseudonymKind, canonical: (value: string) => string = (value) => value): Rule => ({
  do: 'pseudonym',
  class: 'C2',
  kind,
  name: `${kind}Ref`,
  canonical,
});

/** Identifiers made by `newId`: random, they say nothing to who does not have the site's own database. */
export const id = (prefix: string): Rule => check((value) => (typeof value === 'string' && isId(prefix, value) ? itself(value) : refused));

/** One of a closed list of words. */
export const oneOf = <W extends string>(words: Readonly<Record<W, true>>): Rule =>
  check((value) => (typeof value === 'string' && Object.hasOwn(words, value) ? itself(value) : refused));

export const yesOrNo: Rule = check((value) => (typeof value === 'boolean' ? itself(value) : refused));

/** Base64 of a hash (32 bytes) or of a signature with its key id (68 bytes), in its one spelling: random to everybody, whatever was hashed or signed. */
export const digest: Rule = check((value) =>
  typeof value === 'string' &&
  /^(?:[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{91}=)$/.test(value) &&
  Buffer.from(value, 'base64').toString('base64') === value
    ? itself(value)
    : refused,
);

/** Whole numbers of a range in which no phone, card or identity number fits. */
export const whole = (minimum: number, maximum: number): Rule =>
  check((value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum ? itself(value) : refused,
  );

/** A week. Nothing on a call lasts longer, and an eleven-digit number is a hundred days. */
const DURATION_MAX_MS = 7 * 86_400_000;
/** Durations, rounded to ms: decimals could carry digits. */
export const duration: Rule = check((value) =>
  typeof value === 'number' && value >= 0 && value <= DURATION_MAX_MS ? itself(Math.round(value)) : refused,
);

/** Words joined by `-` or `_`, each with its digits at the end: hexadecimal and other encodings of a name mix them and do not fit. */
const NAME = /^[a-z]+[0-9]*(?:[_-][a-z]*[0-9]*)*$/;
const NAME_MAX = 64;
/** More digits than a version or a floor needs, fewer than a part of a number that helps to find a person. */
const NAME_DIGITS_MAX = 4;

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= NAME_MAX && NAME.test(value) && value.replaceAll(/\D/g, '').length <= NAME_DIGITS_MAX;
}

/** A name that the site's configuration gave (queue, trunk, flow, node). Anything else there is a fault of ours, so it is refused. */
export const name: Rule = check((value) => (isName(value) ? itself(value) : refused));
/** The same where '' means none. */
export const nameOrNone: Rule = check((value) => (value === '' || isName(value) ? itself(value) : refused));

/** What a label that is not a plain name becomes. */
export const OTHER = 'other';
/** A label that people chose (menu choice, skill, reason, disposition): plain names pass, any other wording becomes `other`. */
export const label: Rule = check((value) => (typeof value === 'string' ? itself(labelOf(value)) : refused));
export const labelOf = (value: string): string => (value === '' || isName(value) ? value : OTHER);
