/**
 * One table from how a call ended to what is counted, pure. `by` says who ended it, the verdict what it means for the reports.
 */
import type { EndedBy, EndVerdict } from '@keepline/contracts/events';
import type { CallFacts } from './call-control.ts';
import type { LegEnd } from './leg.ts';

export interface Ended {
  readonly verdict: EndVerdict;
  readonly by: EndedBy;
  /** Q.850, as the far end said; absent or 0 where it said nothing. */
  readonly cause?: number;
}

/** @param end how the caller's leg ended @param by who asked for it, where the site did */
export function endVerdict(state: CallFacts['state'], end: LegEnd, by: EndedBy | null): Ended {
  if (end === 'media_lost' || end === 'transport_lost' || by === 'network') return { verdict: 'media_lost', by: 'network' };
  const who: EndedBy = by ?? (end === 'closed_by_site' ? 'site' : 'caller');
  switch (state) {
    case 'connected':
    case 'held':
    case 'wrap_up':
    case 'outside':
    case 'parked': // talked before, or it would not be parked
      return { verdict: 'completed', by: who };
    case 'queued':
    case 'offered':
      return who === 'caller' ? { verdict: 'abandoned_in_queue', by: who } : { verdict: 'interrupted', by: who };
    case 'in_flow':
      if (who === 'flow') return { verdict: 'completed', by: who };
      return who === 'caller' ? { verdict: 'abandoned_in_ivr', by: who } : { verdict: 'interrupted', by: who };
    case 'dialling': // the customer was never there
    case 'ended':
      return { verdict: 'failed', by: who };
  }
}
