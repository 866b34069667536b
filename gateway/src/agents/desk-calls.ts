/**
 * Which call belongs to which agent's desk, read from the facts of all calls. Pure over the registry.
 */
import type { AgentId } from '@keepline/contracts/ids';
import type { CallFacts } from '../calls/call-control.ts';
import type { Calls } from './desk-commands.ts';

const IN_CALL: ReadonlySet<CallFacts['state']> = new Set(['offered', 'connected', 'held']);

/** The call each agent is offered, talks on or wraps up; a call in progress goes before one that waits for its outcome. */
export function callsByAgent(calls: Pick<Calls, 'all'>): Map<AgentId, CallFacts> {
  const found = new Map<AgentId, CallFacts>();
  for (const control of calls.all()) {
    const facts = control.facts();
    if (facts.agentId === null || (!IN_CALL.has(facts.state) && facts.state !== 'wrap_up')) continue;
    if (facts.state === 'wrap_up' && found.has(facts.agentId)) continue;
    found.set(facts.agentId, facts);
  }
  return found;
}

/** Whether somebody is, or is about to be, on the line with this agent. */
export function isInCall(calls: Pick<Calls, 'all'>, agentId: AgentId): boolean {
  const facts = callsByAgent(calls).get(agentId);
  return facts !== undefined && IN_CALL.has(facts.state);
}
