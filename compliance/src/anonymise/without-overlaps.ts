/** Chooses among claims that overlap: the surer one, then the longer; equal ones in the order of the text. Pure. */
import type { Claim } from './kinds.ts';

/** A claim spans at most some hundred units, so looking at each of them stays linear in the text. */
export function withoutOverlaps(claims: readonly Claim[]): Claim[] {
  const byRank = claims.toSorted((a, b) => b.sureness - a.sureness || b.end - b.start - (a.end - a.start) || a.start - b.start);
  const taken = new Set<number>();
  const kept: Claim[] = [];
  for (const claim of byRank) {
    if (claim.end <= claim.start || overlaps(claim, taken)) continue;
    for (let at = claim.start; at < claim.end; at += 1) taken.add(at);
    kept.push(claim);
  }
  return kept.toSorted((a, b) => a.start - b.start);
}

function overlaps({ start, end }: Claim, taken: ReadonlySet<number>): boolean {
  for (let at = start; at < end; at += 1) if (taken.has(at)) return true;
  return false;
}
