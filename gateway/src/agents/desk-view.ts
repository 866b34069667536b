/**
 * What one agent's desk shows, built whole from the facts of the house. Pure; times are wall ms since 1970.
 */
import type { DeskCall, DeskCallState, DeskQueue, DeskView } from '@keepline/contracts/agent-protocol';
import type { AgentStateName } from '@keepline/contracts/events';
import type { AgentId } from '@keepline/contracts/ids';
import type { LinkStatus } from '@keepline/contracts/link';
import type { CallFacts } from '../calls/call-control.ts';
import { maskNumber } from './mask-number.ts';

export interface ViewFacts {
  readonly agent: { readonly id: AgentId; readonly name: string };
  readonly duty: { readonly state: AgentStateName; readonly reason: string; readonly sinceMs: number };
  /** The call this agent is offered, talks on or wraps up. */
  readonly call: CallFacts | undefined;
  readonly queues: readonly DeskQueue[];
  readonly link: LinkStatus;
  readonly reasons: readonly string[];
  readonly dispositions: readonly string[];
  readonly nowMs: number;
}

export function deskView(facts: ViewFacts): DeskView {
  const { agent, duty, call } = facts;
  return {
    agent: { id: agent.id, name: agent.name, state: duty.state, reason: duty.reason, sinceMs: duty.sinceMs },
    call: call && call.agentId === agent.id ? deskCall(call) : null,
    queues: facts.queues,
    link: facts.link,
    reasons: facts.reasons,
    dispositions: facts.dispositions,
    serverTimeMs: facts.nowMs,
  };
}

/** The number is masked here and nowhere later: nothing an agent's browser receives holds it whole. Null when no agent has a part in it. */
export function deskCall(call: CallFacts): DeskCall | null {
  const state = stateOf(call.state);
  if (state === undefined) return null;
  return {
    callId: call.callId,
    state,
    callerNumber: maskNumber(call.callerNumber),
    callerName: call.callerName,
    queue: call.queue,
    skill: call.skill,
    waitMs: call.waitMs,
    path: call.path,
    routedBecause: call.routedBecause,
    muted: call.muted,
    recording: call.recording,
    ringingSinceMs: call.offeredAtMs,
    connectedSinceMs: call.connectedAtMs,
    endedAtMs: call.endedAtMs,
    wrapUpUntilMs: call.wrapUpUntilMs,
  };
}

function stateOf(state: CallFacts['state']): DeskCallState | undefined {
  switch (state) {
    case 'offered':
      return 'ringing';
    case 'connected':
    case 'held':
    case 'wrap_up':
      return state;
    case 'in_flow':
    case 'queued':
    case 'ended':
      return undefined;
    default:
      return state satisfies never;
  }
}

/** Whether two views would look the same; the time of the server alone is no news. */
export function looksSame(before: DeskView | undefined, after: DeskView): boolean {
  return before !== undefined && JSON.stringify({ ...before, serverTimeMs: 0 }) === JSON.stringify({ ...after, serverTimeMs: 0 });
}
