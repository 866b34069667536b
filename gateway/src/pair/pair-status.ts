/** What an appliance says of its pair, for people and for Prometheus; pure. */
import { metric } from '../media/metric.ts';
import type { Role } from './pair-state.ts';
import type { NodeName, VoterName } from './voter.ts';

export interface PairStatus {
  readonly node: NodeName;
  readonly role: Role;
  readonly term: number;
  /** Votes held, ms left. */
  readonly votes: Readonly<Partial<Record<VoterName, number>>>;
  /** Serving: the peer may take over by itself. */
  readonly fresh: boolean;
  /** Serving: age of what the peer has, ms; null without a copy. */
  readonly copyAgeMs: number | null;
  /** Standing by: since the last parcel, ms; null without one. */
  readonly takenAgoMs: number | null;
  /** Standing by: what lies here. */
  readonly data: string;
  readonly servedLast: NodeName | null;
}

/** A standby that got nothing for longer has no copy that is kept, s. */
const TAKEN_MAX_MS = 30_000;

/** Whether the other one could go on at once. */
export const isWell = ({ role, fresh, data, takenAgoMs }: PairStatus): boolean =>
  role === 'standby' ? data === 'copy' && takenAgoMs !== null && takenAgoMs < TAKEN_MAX_MS : fresh;

export function statusText(status: PairStatus): string {
  const { node, role, term, votes, copyAgeMs, data } = status;
  const copy = copyAgeMs === null ? 'the peer has no copy' : `the copy of the peer is ${(copyAgeMs / 1000).toFixed(1)} s old`;
  const own = data === 'copy' ? 'a whole copy' : data === 'own' ? 'data of its own' : 'no whole copy';
  const line = `${node}: ${role}, term ${term}, votes of ${Object.keys(votes).join(', ') || 'nobody'}; ${role === 'standby' ? own : copy}`;
  return isWell(status) ? line : `${line}\n  the pair would not survive a death now: docs/runbook/split-pair.md`;
}

export function pairMetrics(status: PairStatus): string {
  const { node, role, votes, copyAgeMs, takenAgoMs, term } = status;
  const of = `{node="${node}"}`;
  const ageMs = role === 'standby' ? takenAgoMs : copyAgeMs;
  return [
    metric('keepline_pair_serving', 'gauge', '1 where the site is served.', [[of, role === 'standby' ? 0 : 1]]),
    metric('keepline_pair_votes', 'gauge', 'Votes held, of three.', [[of, Object.keys(votes).length]]),
    metric('keepline_pair_ready', 'gauge', '1 while the other one could go on at once.', [[of, isWell(status) ? 1 : 0]]),
    metric('keepline_pair_copy_age_seconds', 'gauge', 'Age of the copy of the one that stands by, s; -1 without one.', [
      [of, ageMs === null ? -1 : ageMs / 1000],
    ]),
    metric('keepline_pair_term', 'counter', 'Rises with every change of who serves.', [[of, term]]),
  ].join('');
}
