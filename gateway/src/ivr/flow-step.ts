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
  /** Keys pressed ahead, during an announcement, for the menu that follows; gone as soon as one is used or refused. */
  readonly ahead: string;
}
export interface FlowStep {
  readonly state: FlowState;
  readonly effects: readonly Effect[];
}

/** Keys a caller may press ahead; more are ignored. */
const AHEAD_MAX = 8;
/** A caller can walk in circles for ever, and a stuck key does; after this many nodes the call is ended. */
export const ENTERED_MAX = 200;

/** @param at where to begin: the start of the flow, or the overflow of a queue. @throws FlowNodeUnknown */
export function begin(flow: Flow, at: string = flow.start): FlowStep {
  return enter(flow, at, { entered: 0, ahead: '' }, []);
}

/** An input that means nothing where the call stands returns the same state object and no effects. @throws FlowNodeUnknown */
export function step(flow: Flow, state: FlowState, input: Input): FlowStep {
  if (state.at === 'left') return { state, effects: [] };
  if (input.on === 'callerGone') return left(state, [], { go: 'ended' });
  const turn = verbAt(flow, state.node).react(state, input);
  if (turn) return follow(flow, state.node, state, [], turn);
  if (input.on === 'digit' && state.ahead.length < AHEAD_MAX) return { state: { ...state, ahead: state.ahead + input.digit }, effects: [] };
  return { state, effects: [] };
}

type Way = Pick<FlowState, 'entered' | 'ahead'>;

function enter(flow: Flow, node: string, way: Way, before: readonly Effect[]): FlowStep {
  const { entered } = way;
  if (entered >= ENTERED_MAX) return left({ node, at: 'left', attempt: 1, entered, ahead: '' }, before, { go: 'hangup' });
  const verb = verbAt(flow, node);
  const ahead = verb.isSecret ? '' : way.ahead;
  const turn = verb.enter();
  // Who knows the menu need not hear it: a key pressed ahead answers it before it is played.
  const [digit] = ahead;
  const answer = digit !== undefined && 'stay' in turn ? verb.react(turn.stay, { on: 'digit', digit }) : undefined;
  if (answer) return follow(flow, node, { entered: entered + 1, ahead: ahead.slice(1) }, before, answer);
  return follow(flow, node, { entered: entered + 1, ahead }, before, turn);
}

function follow(flow: Flow, node: string, way: Way, before: readonly Effect[], turn: Turn): FlowStep {
  const effects = [...before, ...turn.effects];
  const { entered, ahead } = way;
  return 'next' in turn ? enter(flow, turn.next, way, effects) : { state: { ...turn.stay, node, entered, ahead }, effects };
}

function left(state: FlowState, before: readonly Effect[], result: { go: 'hangup' } | { go: 'ended' }): FlowStep {
  return { state: { ...state, at: 'left' }, effects: [...before, { do: 'leave', result }] };
}

function verbAt(flow: Flow, name: string): Verb {
  const node = Object.hasOwn(flow.nodes, name) ? flow.nodes[name] : undefined;
  if (!node) throw new FlowNodeUnknown(flow.flow, flow.version, name);
  return verbOf(name, node);
}
