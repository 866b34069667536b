/**
 * What an agent is doing, pure core. Every state has an owner or an expiry: `offered`, `in_call` and `wrap_up` belong to a call, and
 * the dispatcher arms a deadline for the first and the last of them. Times are wall ms since 1970.
 */
import { KeeplineError } from '@keepline/contracts/errors';
import type { AgentStateName } from '@keepline/contracts/events';
import type { AgentId, CallId } from '@keepline/contracts/ids';

export interface AgentState {
  readonly id: AgentId;
  readonly at: AgentStateName;
  /** Why, for `not_ready`; '' elsewhere. */
  readonly reason: string;
  readonly sinceMs: number;
  /** The owner of `offered`, `in_call` and `wrap_up`; null in every other state. */
  readonly callId: CallId | null;
  /** Somebody is signed in at the desk, or the phone is taken as present. */
  readonly present: boolean;
  /** Where the agent goes after the call: '' back to `ready`, else `not_ready` for this reason. */
  readonly afterwards: string;
}

export type AgentInput =
  | { readonly do: 'sign_in' | 'sign_out' | 'ready' | 'take' | 'withdraw' | 'hang_up' | 'dispose' | 'expire' | 'lose' }
  | { readonly do: 'not_ready'; readonly reason: string }
  /** `dial`: the agent asked for a call out; not ready is no hindrance. */
  | { readonly do: 'offer' | 'dial'; readonly callId: CallId }
  | { readonly do: 'decline'; readonly why: 'declined' | 'no_answer' | 'agent_lost' };

export function newAgent(id: AgentId, nowMs: number): AgentState {
  return { id, at: 'signed_out', reason: '', sinceMs: nowMs, callId: null, present: false, afterwards: '' };
}

/** @throws AgentStateRefused when the input has no meaning in this state */
export function step(agent: AgentState, input: AgentInput, nowMs: number): AgentState {
  const go = (at: AgentStateName, more: Partial<AgentState> = {}): AgentState => ({
    ...agent,
    at,
    reason: '',
    callId: at === 'offered' || at === 'in_call' || at === 'wrap_up' ? agent.callId : null,
    sinceMs: nowMs,
    ...more,
  });
  /** Out of a call: to where the agent asked to go, or out if nobody is there any more. */
  const release = (reason = agent.afterwards): AgentState => {
    if (!agent.present) return go('signed_out', { afterwards: '' });
    return reason === '' ? go('ready', { afterwards: '' }) : go('not_ready', { reason, afterwards: '' });
  };

  switch (`${agent.at} ${input.do}` as const) {
    case 'signed_out sign_in':
      return go('not_ready', { reason: 'signed_in', present: true });
    case 'not_ready sign_in':
    case 'ready sign_in':
    case 'offered sign_in':
    case 'in_call sign_in':
    case 'wrap_up sign_in':
      return { ...agent, present: true }; // the desk was reloaded; the call, if any, is still this agent's

    case 'not_ready ready':
      return go('ready');
    case 'ready ready':
    case 'offered ready':
      return agent;
    case 'in_call ready':
    case 'wrap_up ready':
      return { ...agent, afterwards: '' };

    case 'not_ready not_ready':
    case 'ready not_ready':
      return go('not_ready', { reason: reasonOf(input) });
    case 'offered not_ready':
    case 'in_call not_ready':
    case 'wrap_up not_ready':
      return { ...agent, afterwards: reasonOf(input) };

    case 'ready offer':
      return go('offered', { callId: input.do === 'offer' ? input.callId : null });
    case 'ready dial':
      return go('offered', { callId: input.do === 'dial' ? input.callId : null });
    case 'not_ready dial':
      return go('offered', { callId: input.do === 'dial' ? input.callId : null, afterwards: agent.reason });
    case 'offered take':
      return go('in_call');
    case 'offered withdraw':
      return release();
    case 'offered decline':
      return release(input.do === 'decline' ? input.why : 'declined');
    case 'offered expire':
      return release('no_answer');

    case 'in_call hang_up':
      return go('wrap_up');
    case 'wrap_up dispose':
      return release();
    case 'wrap_up expire':
      return release('wrap_up_expired');

    case 'not_ready sign_out':
    case 'ready sign_out':
    case 'not_ready lose':
    case 'ready lose':
      return go('signed_out', { present: false, afterwards: '' });
    case 'wrap_up sign_out':
    case 'offered lose':
    case 'in_call lose':
    case 'wrap_up lose':
      return { ...agent, present: false }; // the call ends by its own leg; then `release` signs out
    case 'signed_out sign_out':
    case 'signed_out lose':
      return agent;
    default:
      throw new AgentStateRefused(agent.id, input.do, agent.at);
  }
}

const reasonOf = (input: AgentInput): string => (input.do === 'not_ready' ? input.reason : '');

export class AgentStateRefused extends KeeplineError {
  constructor(agentId: AgentId, wanted: string, at: AgentStateName) {
    super('AGENT_STATE_REFUSED', `agent ${agentId} cannot ${wanted.replace('_', ' ')} while ${at.replace('_', ' ')}`, {
      hint: 'End the call or the wrap-up first, then try again.',
      offending: agentId,
    });
  }
}
