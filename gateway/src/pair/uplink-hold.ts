/**
 * How far the cloud link of who serves may go, pure: while the peer could go on by itself, no event leaves that its copy lacks. So the stream
 * never holds what a takeover would not know. Without such a peer everything may leave: then nobody goes on without a person. ADR 0019.
 */

/** What a parcel that arrived was made from. Times are ms of the monotonic clock of who serves. */
export interface Look {
  readonly beganAt: number;
  /** The outbox had events up to here when it began. */
  readonly outboxSeq: number;
}

/** How long cloud-sync may take to hear that it is held, ms: what it claimed until then is in a copy that begins later. */
export const HEARD_MS = 1000;

export interface Bounds {
  /** A copy that is older is no takeover's any more: every voter has been told, or the lease is over. */
  readonly lossBoundMs: number;
  /** A copy that is younger is called fresh to the voters. */
  readonly freshMs: number;
}

export interface Hold {
  /** Since when events are held back; undefined while they are not. */
  readonly since: number | undefined;
  readonly copiedSeq: number | null;
  /** The peer may be told to the voters as one that can take over. */
  readonly fresh: boolean;
}
export const NOT_HELD: Hold = { since: undefined, copiedSeq: null, fresh: false };

/** @param copied the newest look that is on the peer's disk */
export function hold(before: Hold, copied: Look | undefined, now: number, { lossBoundMs, freshMs }: Bounds): Hold {
  if (!copied || now - copied.beganAt > lossBoundMs) return NOT_HELD;
  const since = before.since ?? now;
  const fresh = now - copied.beganAt <= freshMs && copied.beganAt >= since + HEARD_MS;
  return { since, copiedSeq: copied.outboxSeq, fresh };
}
