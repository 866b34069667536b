/**
 * What one appliance of a pair does next, pure: it serves while it holds two votes of three, its own among them, and stops before the second
 * of them could have been lent to its peer. Times are ms of its own monotonic clock. ADR 0019.
 */
import type { Answer, Ask, Ledger, NodeName, VoterName } from './voter.ts';

export interface Timing {
  /** How long a vote is lent. */
  readonly leaseMs: number;
  /** A holder asks again this often. */
  readonly renewMs: number;
  /** The site is killed this long before the lease ends: what a late timer and the kill itself may take. */
  readonly fenceMs: number;
}
/** Clocks of two machines may differ by one part in this many: quartz is a hundred times better, a guest of a busy host is not. */
const CLOCK_SLACK = 50;
/** An appliance that was not the last to serve lets the other go first, and b lets a: two that ask at once would keep each other out. */
const COURTESY_MS = { a: 200, b: 400 } as const;

const BY_ITSELF = { acceptLoss: false, alone: false };

export type Role = 'standby' | 'serving' | 'handing-over';
export interface PairState {
  readonly node: NodeName;
  readonly role: Role;
  /** Under which votes are asked for. */
  readonly term: number;
  /** Lent to us until, by voter; counted from when we asked, so never later than the voter counts. */
  readonly lentUntil: Readonly<Partial<Record<VoterName, number>>>;
  readonly askedAt: number;
  /** Not before then does it ask for votes it does not hold. */
  readonly patientUntil: number;
  /** `promote`: what a person answers for. */
  readonly order: { readonly acceptLoss: boolean; readonly alone: boolean };
}
/** What the shell knows at a tick. */
export interface Facts {
  /** Our own voter. */
  readonly own: Ledger & { readonly until: number };
  /** The peer's copy is within the bound. */
  readonly fresh: boolean;
  /** `false` for a copy that is half laid down. */
  readonly whole: boolean;
}
export type Effect =
  | { readonly do: 'ask'; readonly of: VoterName; readonly ask: Ask }
  | { readonly do: 'start' }
  /** At once, whatever it is doing. */
  | { readonly do: 'kill' }
  /** In good order: calls in progress end first. */
  | { readonly do: 'stop' };
export interface Step {
  readonly state: PairState;
  readonly effects: readonly Effect[];
}
export type Input =
  | { readonly is: 'tick'; readonly facts: Facts }
  | { readonly is: 'answer'; readonly of: VoterName; readonly askedAt: number; readonly ask: Ask; readonly answer: Answer }
  /** The served site ended by itself, again and again, or could not be handed over: the other one may do better. */
  | { readonly is: 'failed' }
  | { readonly is: 'hand-over' }
  | { readonly is: 'handed' }
  | { readonly is: 'promote'; readonly acceptLoss: boolean; readonly alone: boolean };

export const begin = (node: NodeName, now: number, { leaseMs }: Timing): PairState => ({
  node,
  role: 'standby',
  term: 0,
  lentUntil: {},
  askedAt: -Infinity,
  patientUntil: now + leaseMs,
  order: BY_ITSELF,
});

const peerOf = (node: NodeName): NodeName => (node === 'a' ? 'b' : 'a');

/** Until when two votes are ours; -Infinity without. */
export function heldUntil({ node, lentUntil, order }: PairState): number {
  const own = lentUntil[node] ?? -Infinity;
  if (order.alone) return own;
  return Math.min(own, Math.max(lentUntil.witness ?? -Infinity, lentUntil[peerOf(node)] ?? -Infinity));
}

/** @param now of this appliance's monotonic clock */
export function step(state: PairState, input: Input, now: number, timing: Timing): Step {
  switch (input.is) {
    case 'tick':
      return state.role === 'standby' ? waiting(state, input.facts, now, timing) : serving(state, input.facts, now, timing);
    case 'answer':
      return answered(state, input, now, timing);
    case 'hand-over':
      return state.role === 'serving' ? { state: { ...state, role: 'handing-over' }, effects: [{ do: 'stop' }] } : none(state);
    case 'handed':
      return state.role === 'handing-over' ? givenBack(state, now, timing, true) : none(state);
    case 'failed':
      return state.role !== 'standby' ? givenBack(state, now, timing, false) : none(state);
    case 'promote': {
      const { acceptLoss, alone } = input;
      return none(state.role === 'standby' ? { ...state, patientUntil: now, order: { acceptLoss, alone } } : state);
    }
  }
}

const none = (state: PairState): Step => ({ state, effects: [] });

function serving(state: PairState, facts: Facts, now: number, timing: Timing): Step {
  if (now >= heldUntil(state) - timing.fenceMs) return { state: stoodBack(state, now, timing), effects: [{ do: 'kill' }] };
  if (now < state.askedAt + timing.renewMs) return none(state);
  return asking(state, facts.fresh, now, [state.node, 'witness', peerOf(state.node)]);
}

function waiting(state: PairState, { own, whole }: Facts, now: number, timing: Timing): Step {
  const { node, order } = state;
  const last = own.served === node || own.served === null;
  const peer = peerOf(node);
  // Who gave the site away waits for the other to begin; once it did, its death is like any other.
  const patientUntil = own.holder === peer && own.served === peer ? 0 : state.patientUntil;
  const until = Math.max(patientUntil, own.holder === node ? 0 : own.until + (last ? 0 : COURTESY_MS[node]));
  const ordered = order.acceptLoss || order.alone;
  // A new pair is begun by a: b has nothing yet.
  const may = ordered || (own.served === null ? node === 'a' : last || own.fresh);
  if (!may || !whole || now < until || now < state.askedAt + timing.renewMs) return none(state);
  const term = Math.max(state.term, own.term) + 1;
  // Its own vote comes last: lent to itself in vain it would keep the peer from it.
  const of: VoterName[] = order.alone ? [node] : ['witness', peer];
  return asking({ ...state, term, lentUntil: {} }, false, now, of);
}

function asking(state: PairState, fresh: boolean, now: number, of: readonly VoterName[]): Step {
  const ask: Ask = {
    node: state.node,
    term: state.term,
    serving: state.role !== 'standby',
    fresh,
    acceptLoss: state.order.acceptLoss || state.order.alone,
    release: false,
  };
  return { state: { ...state, askedAt: now }, effects: of.map((voter) => ({ do: 'ask', of: voter, ask })) };
}

function answered(state: PairState, { of, askedAt, ask, answer }: Input & { is: 'answer' }, now: number, timing: Timing): Step {
  // What was asked under a former term, or before the vote was given back, says nothing any more.
  if (ask.release || ask.term !== state.term) return none(state);
  if (!answer.granted) {
    const { [of]: _, ...lentUntil } = state.lentUntil;
    const raised = state.role === 'serving' && answer.why === 'old-term' && of !== state.node;
    // A voter that went further while it could not be reached: the holder goes on above it. The others agree at the next asking.
    return none({ ...state, term: raised ? answer.term + 1 : Math.max(state.term, state.role === 'standby' ? answer.term : 0), lentUntil });
  }
  const until = Math.max(state.lentUntil[of] ?? -Infinity, askedAt + timing.leaseMs - timing.leaseMs / CLOCK_SLACK);
  const next: PairState = { ...state, lentUntil: { ...state.lentUntil, [of]: until } };
  if (state.role !== 'standby') return none(of === state.node ? next : { ...next, order: BY_ITSELF });
  if (now < heldUntil(next) - timing.fenceMs) {
    // Renewed with the next tick, not later: then two voters know who has the newest data.
    return { state: { ...next, role: 'serving', askedAt: -Infinity }, effects: [{ do: 'start' }] };
  }
  return of === state.node ? none(next) : asking(next, false, now, [state.node]);
}

/** After it served: standby, and it waits until a peer that can has taken over. */
function stoodBack(state: PairState, now: number, { leaseMs }: Timing): PairState {
  // The next term: answers that are still on their way are to what is over.
  return { ...state, role: 'standby', term: state.term + 1, lentUntil: {}, patientUntil: now + leaseMs, order: BY_ITSELF };
}

/** The site is down already (`handed`), or is killed first: only then are the votes free. */
function givenBack(state: PairState, now: number, timing: Timing, inOrder: boolean): Step {
  const ask: Ask = { node: state.node, term: state.term, serving: true, fresh: inOrder, acceptLoss: false, release: true };
  const back = (of: VoterName): Effect => ({ do: 'ask', of, ask });
  const next = { ...stoodBack(state, now, timing), patientUntil: now + 4 * timing.leaseMs };
  return inOrder
    ? { state: next, effects: [back(state.node), back('witness'), back(peerOf(state.node))] }
    : { state: next, effects: [{ do: 'kill' }] };
}
