/**
 * An appliance of a pair as an upgrade sees it, pure: the daemon of the pair starts the gateway, and the peer takes over
 * whenever this one stops. So a version is changed where nothing is served, and who serves hands over first.
 */

/** Of `./keepline pair status --json`, what matters here. */
export interface PairSaid {
  readonly role: 'standby' | 'serving' | 'handing-over';
  /** Serving: the peer would take over by itself. */
  readonly fresh: boolean;
  /** Standing by: `copy` where a whole one lies. */
  readonly data: string;
  /** Standing by: since the last parcel, ms. */
  readonly takenAgoMs: number | null;
}

/** A standby that got nothing for longer has no copy that is kept, ms; as `pair status` judges it. */
const TAKEN_MAX_MS = 30_000;

/** Why this appliance may not stop now; undefined when it may, also where no daemon answers. */
export function whyItMustStay(said: PairSaid | undefined): string | undefined {
  if (said === undefined || said.role === 'standby') return undefined;
  if (said.role === 'handing-over') return 'this appliance is handing over to its peer';
  return said.fresh ? 'this appliance serves and its peer would take over meanwhile: ./keepline pair failback first' : undefined;
}

/** The gate of an appliance of a pair: it serves again, or could. */
export const isThrough = (said: PairSaid | undefined): boolean =>
  said?.role === 'serving' ||
  (said?.role === 'standby' && said.data === 'copy' && said.takenAgoMs !== null && said.takenAgoMs < TAKEN_MAX_MS);
