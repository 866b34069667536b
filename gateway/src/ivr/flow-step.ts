/**
 * Steps a call through a flow, pure core: state and input in, next state and effects out. Knows no leg, no clock, no audio.
 */
import type { Flow } from '@keepline/contracts/flow';
import { FlowNodeUnknown } from './errors.ts';
import { verbOf } from './verbs/all.ts';
import type { Effect, Input, Pose, Turn, Verb } from './verbs/verb.ts';

export interface FlowState extends Pose {
  readonly node: string;
  /** Nodes entered so far. */
  readonly entered: number;
}
export interface FlowStep {
  readonly state: FlowState;
  readonly effects: readonly Effect[];
}

/** A caller can walk in circles for ever, and a stuck key does; after this many nodes the call is ended. */
export const ENTERED_MAX = 200;

/** @param at where to begin: the start of the flow, or the overflow of a queue. @throws FlowNodeUnknown */
export function begin(flow: Flow, at: string = flow.start): FlowStep {
  return enter(flow, at, 0, []);
}

/** An input that means nothing where the call stands returns the same state object and no effects. @throws FlowNodeUnknown */
export function step(flow: Flow, state: FlowState, input: Input): FlowStep {
  if (state.at === 'left') return { state, effects: [] };
  if (input.on === 'callerGone') return left(state, [], { go: 'ended' });
  const turn = verbAt(flow, state.node).react(state, input);
  return turn ? follow(flow, state.node, state.entered, [], turn) : { state, effects: [] };
}

function enter(flow: Flow, node: string, entered: number, before: readonly Effect[]): FlowStep {
  if (entered >= ENTERED_MAX) return left({ node, at: 'left', attempt: 1, entered }, before, { go: 'hangup' });
  return follow(flow, node, entered + 1, before, verbAt(flow, node).enter());
}

function follow(flow: Flow, node: string, entered: number, before: readonly Effect[], turn: Turn): FlowStep {
  const effects = [...before, ...turn.effects];
  return 'next' in turn ? enter(flow, turn.next, entered, effects) : { state: { ...turn.stay, node, entered }, effects };
}

function left(state: FlowState, before: readonly Effect[], result: { go: 'hangup' } | { go: 'ended' }): FlowStep {
  return { state: { ...state, at: 'left' }, effects: [...before, { do: 'leave', result }] };
}

function verbAt(flow: Flow, name: string): Verb {
  const node = Object.hasOwn(flow.nodes, name) ? flow.nodes[name] : undefined;
  if (!node) throw new FlowNodeUnknown(flow.flow, flow.version, name);
  return verbOf(name, node);
}
