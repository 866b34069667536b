/** The balance of the egress ledger: produced = delivered + expired + quarantined + waiting. Pure. */
import type { Counts } from '../outbox/counts.ts';

/** Events that are in none of the columns; below 0 when some are in two. 0 is balanced. */
export function unaccounted(counts: Counts): number {
  return counts.produced - counts.delivered - counts.expired - counts.quarantined - counts.waiting;
}
