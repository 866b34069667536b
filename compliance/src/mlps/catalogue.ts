/**
 * The 74 technical items of MLPS level 3 (GB/T 22239-2019, 8.1.2 to 8.1.5) with the unit numbers of GB/T 28448-2019, in our own words: who
 * answers for the item, what Keepline does about it, what to do when it is not met. The text is data, in `catalogue/level-3.json`.
 */
import { readFileSync } from 'node:fs';
import { KeeplineError } from '@keepline/contracts/errors';

/** Everything a reader sees comes in both languages. */
export interface Text {
  readonly zh: string;
  readonly en: string;
}
export type Language = keyof Text;

export interface CatalogueItem {
  /** Number in GB/T 22239, such as `8.1.4.1.a`. */
  readonly item: string;
  /** Number in GB/T 28448, such as `L3-CES1-01`; commercial scanners report by it. */
  readonly testUnit: string;
  /** `yes`: measured wholly. `partly`: measured as far as it goes, the rest is attested. `no`: attested only. */
  readonly automatable: 'yes' | 'partly' | 'no';
  readonly responsibility: 'product' | 'operator' | 'shared';
  /** The standard says "may": assessors do not count it against a system. */
  readonly isOptional: boolean;
  readonly point: Text;
  readonly requirement: Text;
  readonly does: Text;
  readonly remedy: Text;
}

const FILE = new URL('./catalogue/level-3.json', import.meta.url);
// parse boundary: the file is part of this folder, and a test holds every field of every item
export const CATALOGUE: readonly CatalogueItem[] = JSON.parse(readFileSync(FILE, 'utf8'));
const BY_NUMBER = new Map(CATALOGUE.map((item) => [item.item, item]));

/** @throws KeeplineError MLPS_ITEM_UNKNOWN */
export function catalogueItem(item: string): CatalogueItem {
  const found = BY_NUMBER.get(item);
  if (!found)
    throw new KeeplineError('MLPS_ITEM_UNKNOWN', `MLPS level 3 has no technical item ${item}`, {
      hint: 'Give a number such as 8.1.4.1.a; compliance/src/mlps/catalogue/level-3.json lists all.',
      offending: item.slice(0, 32),
    });
  return found;
}
