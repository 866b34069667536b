/**
 * What one agent's desk shows, built whole from the facts of the house. Pure; times are wall ms since 1970.
 */
import type { DeskCall, DeskCallState, DeskParty, DeskQueue, DeskView } from '@keepline/contracts/agent-protocol';
import type { AgentStateName } from '@keepline/contracts/events';
import type { AgentId } from '@keepline/contracts/ids';
import type { LinkStatus } from '@keepline/contracts/link';
import type { CallFacts } from '../calls/call-control.ts';
import { maskNumber } from './mask-number.ts';

export interface ViewFacts {
  readonly agent: { readonly id: AgentId; readonly name: string };
  readonly duty: { readonly state: AgentStateName; readonly reason: string; readonly sinceMs: number; readonly afterwards: string };
  /** The call this agent is offered, talks on, is a guest in, or wraps up. */
  readonly call: CallFacts | undefined;
  readonly nameOf: (agentId: AgentId) => string;
  /** Whether an agent sees that a supervisor is in the call. */
  readonly announce: boolean;
  readonly colleagues: DeskView['colleagues'];
  /** Most urgent first. */
  readonly pickable: readonly CallFacts[];
  readonly parked: readonly CallFacts[];
  readonly transferQueues: DeskView['transferQueues'];
  /** null for who may not supervise. */
  readonly team: readonly CallFacts[] | null;
  readonly queues: readonly DeskQueue[];
  readonly link: LinkStatus;
  readonly reasons: readonly string[];
  readonly dispositions: readonly string[];
  readonly secrets: DeskView['secrets'];
  readonly nowMs: number;
}

export function deskView(facts: ViewFacts): DeskView {
  const { agent, duty, call } = facts;
  return {
    agent: { id: agent.id, name: agent.name, state: duty.state, reason: duty.reason, sinceMs: duty.sinceMs, afterwards: duty.afterwards },
    call: call ? deskCall(call, facts) : null,
    colleagues: facts.colleagues,
    pickable: facts.pickable.map(({ callId, state, queue, agentId, callerNumber, offeredAtMs, queuedAtMs }) => ({
      ...{ callId, queue, callerNumber: maskNumber(callerNumber), agentName: agentId === null ? '' : facts.nameOf(agentId) },
      ...(state === 'offered' ? { state: 'ringing', sinceMs: offeredAtMs } : { state: 'waiting', sinceMs: queuedAtMs }),
    })),
    parked: facts.parked.flatMap(({ parked, queue, callerNumber }) =>
      parked
        ? [{ slot: parked.slot, queue, callerNumber: maskNumber(callerNumber), parkedBy: facts.nameOf(parked.by), sinceMs: parked.sinceMs }]
        : [],
    ),
    transferQueues: facts.transferQueues,
    team:
      facts.team?.map(({ callId, agentId, queue, connectedAtMs }) => ({
        ...{ callId, queue, connectedSinceMs: connectedAtMs },
        agentName: agentId === null ? '' : facts.nameOf(agentId),
      })) ?? null,
    queues: facts.queues,
    link: facts.link,
    reasons: facts.reasons,
    dispositions: facts.dispositions,
    secrets: facts.secrets,
    serverTimeMs: facts.nowMs,
  };
}

/** The number is masked here and nowhere later: nothing an agent's browser receives holds it whole. Null when no agent has a part in it. */
export function deskCall(call: CallFacts, { agent, nameOf, announce }: Pick<ViewFacts, 'agent' | 'nameOf' | 'announce'>): DeskCall | null {
  const isOwn = call.agentId === agent.id;
  const guest = call.parties.find((party) => party.agentId === agent.id);
  if (!isOwn && !guest) return null;
  const state = isOwn ? stateOf(call.state) : guest?.state === 'ringing' ? 'ringing' : 'connected';
  if (state === undefined) return null;
  const parties: DeskParty[] = call.parties
    .filter((party) => isOwn && (party.role === 'consulted' || announce))
    .map((party) => ({
      ...{ role: party.role, state: party.state, mode: party.mode },
      name: party.agentId === null ? maskNumber(party.number) : nameOf(party.agentId),
    }));
  return {
    callId: call.callId,
    state,
    direction: call.direction,
    calledBack: isOwn ? call.calledBack : null,
    part: isOwn ? 'agent' : (guest?.role ?? 'consulted'),
    parties,
    conference: call.conference,
    lastConsult: isOwn ? call.lastConsult : null,
    mode: isOwn ? null : (guest?.mode ?? null),
    ofAgent: isOwn || call.agentId === null ? '' : nameOf(call.agentId),
    callerNumber: maskNumber(call.callerNumber),
    callerName: call.callerName,
    queue: call.queue,
    skill: call.skill,
    waitMs: call.waitMs,
    path: call.path,
    routedBecause: call.routedBecause,
    muted: guest && !isOwn ? guest.muted : call.muted,
    recording: call.recording,
    recordingPolicy: call.recordingPolicy,
    pausedUntilMs: call.recording ? call.pausedUntilMs : 0,
    pauseRanOut: call.recording && call.pauseRanOut,
    collecting: isOwn ? call.collecting : null,
    lastSecret: isOwn ? call.lastSecret : null,
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
    case 'dialling':
    case 'connected':
    case 'held':
    case 'wrap_up':
      return state;
    case 'in_flow':
    case 'queued':
    case 'parked':
    case 'outside':
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
