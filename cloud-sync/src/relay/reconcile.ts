/** The balance of the egress ledger: produced = delivered + expired + quarantined + waiting, and delivered = what the stream holds. Pure. */
import type { Counts } from '../outbox/counts.ts';

/**
 * Events that are in none of the columns; below 0 when some are in two. 0 is balanced. Where the columns add up but the days of the ledger do not,
 * it is what the days lack.
 */
export function unaccounted(counts: Counts): number {
  const open = counts.produced - counts.delivered - counts.expired - counts.quarantined - counts.waiting;
  return open === 0 ? counts.delivered - counts.ledger : open;
}

export interface Reconciliation {
  /** `one_sided`: this end adds up, the other could not be asked. */
  readonly verdict: 'balanced' | 'unbalanced' | 'one_sided';
  readonly counts: Counts;
  readonly unaccounted: number;
  /** Messages the stream has ever stored; null when it could not be asked. */
  readonly stream: number | null;
  /** Events one end has and the other has not; 0 when both agree. */
  readonly difference: number | null;
}

/**
 * Compares both ends. Events go on meanwhile, so this end is counted before and after the stream was asked: the stream must lie between what
 * was acknowledged before and what may have reached it since.
 */
export function reconcile(before: Counts, stream: number | null, after: Counts): Reconciliation {
  const open = unaccounted(after);
  if (stream === null)
    return { verdict: open === 0 ? 'one_sided' : 'unbalanced', counts: after, unaccounted: open, stream, difference: null };
  const most = after.delivered + after.waiting;
  const difference = stream < before.delivered ? stream - before.delivered : stream > most ? stream - most : 0;
  return { verdict: open === 0 && difference === 0 ? 'balanced' : 'unbalanced', counts: after, unaccounted: open, stream, difference };
}
