/**
 * One vote of three, pure: each appliance has one and the witness has one. A vote is lent for a while to the appliance that serves; the site
 * is served by who holds two of them, and two holders would need the same vote at the same time. Times are ms of the voter's own
 * monotonic clock. ADR 0019.
 */
export type NodeName = 'a' | 'b';
export type VoterName = NodeName | 'witness';

/** What has to survive a restart of the voter; written down before an answer that depends on it goes out. */
export interface Ledger {
  /** Who had the vote last. */
  readonly holder: NodeName | null;
  /** Rises with every change of holder; what was lent under a former term is void. */
  readonly term: number;
  /** Who said last that it serves, so has the newest data; null before the pair ever served. A holder that got no second vote never says it. */
  readonly served: NodeName | null;
  /** Its last word: its peer has everything that was acknowledged, but for the bound. */
  readonly fresh: boolean;
}
export interface Voter extends Ledger {
  /** The vote is lent until then; whoever lent it before a restart is assumed to have lent it at that very moment. */
  readonly until: number;
}
export interface Ask {
  readonly node: NodeName;
  readonly term: number;
  /** It holds two votes and renews them. */
  readonly serving: boolean;
  /** With `serving`: its peer's copy is within the bound. */
  readonly fresh: boolean;
  /** A person takes the loss of what the copy lacks (`promote --accept-loss`). */
  readonly acceptLoss: boolean;
  /** The vote is given back: the site is stopped and the copy whole. */
  readonly release: boolean;
}
export type Refusal = 'lent' | 'old-term' | 'not-fresh';
export interface Answer {
  readonly granted: boolean;
  readonly why: Refusal | '';
  readonly term: number;
  readonly holder: NodeName | null;
}

export const EMPTY_LEDGER: Ledger = { holder: null, term: 0, served: null, fresh: false };

/** A voter that starts: it may have lent its vote a moment before it died. */
export const awake = (ledger: Ledger, now: number, leaseMs: number): Voter => ({ ...ledger, until: now + leaseMs });

export function vote(voter: Voter, ask: Ask, now: number, leaseMs: number): { readonly voter: Voter; readonly answer: Answer } {
  const answer = (next: Voter, why: Answer['why']): ReturnType<typeof vote> => ({
    voter: next,
    answer: { granted: why === '', why, term: next.term, holder: next.holder },
  });
  const mine = voter.holder === ask.node;
  const said = ask.serving ? { served: ask.node, fresh: ask.fresh } : { served: voter.served, fresh: voter.fresh };
  const lent: Voter = { holder: ask.node, term: ask.term, ...said, until: ask.release ? now : now + leaseMs };
  if (ask.term < voter.term) return answer(voter, 'old-term');
  if (mine) return answer(lent, '');
  if (ask.release) return answer(voter, '');
  if (now < voter.until) return answer(voter, 'lent');
  if (ask.term === voter.term) return answer(voter, 'old-term');
  if (voter.served !== null && voter.served !== ask.node && !voter.fresh && !ask.acceptLoss) return answer(voter, 'not-fresh');
  return answer(lent, '');
}

/** Whether the change must be on disk before the answer goes out. */
export const mustWrite = (before: Ledger, after: Ledger): boolean =>
  before.holder !== after.holder || before.term !== after.term || before.served !== after.served || before.fresh !== after.fresh;
