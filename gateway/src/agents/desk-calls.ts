/**
 * Which call belongs to which agent's desk, read from the facts of all calls. Pure over the registry.
 */
import type { AgentId, QueueName } from '@keepline/contracts/ids';
import type { CallFacts } from '../calls/call-control.ts';
import { parkedCalls, pickableByQueue } from '../calls/pickable.ts';
import type { Calls } from './desk-commands.ts';

const IN_CALL: ReadonlySet<CallFacts['state']> = new Set(['offered', 'dialling', 'connected', 'held']);

/** The call each agent is offered, talks on, is a guest in, or wraps up; a call in progress goes before one that waits for its outcome. */
export function callsByAgent(calls: Pick<Calls, 'all'>): Map<AgentId, CallFacts> {
  const found = new Map<AgentId, CallFacts>();
  for (const control of calls.all()) {
    const facts = control.facts();
    if (facts.agentId === null || (!IN_CALL.has(facts.state) && facts.state !== 'wrap_up')) continue;
    if (facts.state === 'wrap_up' && found.has(facts.agentId)) continue;
    found.set(facts.agentId, facts);
  }
  // A guest has no other call in progress; an outcome still owed waits behind it.
  for (const control of calls.all()) {
    const facts = control.facts();
    for (const { agentId } of facts.parties) if (agentId !== null) found.set(agentId, facts);
  }
  return found;
}

/** What all desks have in common in one round of views. */
export interface Round {
  readonly byAgent: ReadonlyMap<AgentId, CallFacts>;
  readonly pickable: ReadonlyMap<QueueName, readonly CallFacts[]>;
  readonly parked: readonly CallFacts[];
}

/** @param pickableMax calls of each queue that one desk could show */
export function roundOf(calls: Pick<Calls, 'all'>, pickableMax: number): Round {
  const all = calls.all();
  return { byAgent: callsByAgent(calls), pickable: pickableByQueue(all, pickableMax), parked: parkedCalls(all) };
}

/** Whether somebody is, or is about to be, on the line with this agent. */
export function isInCall(calls: Pick<Calls, 'all'>, agentId: AgentId): boolean {
  const facts = callsByAgent(calls).get(agentId);
  return facts !== undefined && IN_CALL.has(facts.state);
}

/** Calls in which a supervisor could come: of other agents, talking, at most `limit`. */
export function teamCalls(calls: Pick<Calls, 'all'>, agentId: AgentId, limit: number): CallFacts[] {
  return calls
    .all()
    .map((control) => control.facts())
    .filter(({ state, agentId: of }) => of !== null && of !== agentId && (state === 'connected' || state === 'held'))
    .slice(0, limit);
}
