/**
 * Who gets whom, pure: the longest waiting call first, and for it the agent of its queue who has been idle longest, among those with
 * the advised skill, else those with the skill the flow asked for, else anyone of the queue (a skill is a wish, never a dead end).
 */
import type { AgentId, CallId, QueueName } from '@keepline/contracts/ids';

export interface WaitingCall {
  readonly callId: CallId;
  readonly queue: QueueName;
  /** '' when the flow asked for none. */
  readonly skill: string;
  /** Wall ms; a call that comes back from an agent keeps its time and so its place. */
  readonly queuedAtMs: number;
  /** `pending` until the deadline; then the skill advised, or '' for none. */
  readonly advice: 'pending' | { readonly skill: string };
}

export interface ReadyAgent {
  readonly id: AgentId;
  readonly queues: readonly QueueName[];
  readonly skills: readonly string[];
  readonly idleSinceMs: number;
}

export interface Pairing {
  readonly callId: CallId;
  readonly agentId: AgentId;
  /** False while advice is pending: the agent is kept free for this call until its deadline. */
  readonly decided: boolean;
}

/** Pairs calls with agents; no agent and no call occurs twice. `calls` must be sorted by `queuedAtMs`. */
export function match(calls: Iterable<WaitingCall>, agents: readonly ReadyAgent[]): Pairing[] {
  const free = new Set(agents);
  const pairings: Pairing[] = [];
  for (const call of calls) {
    if (free.size === 0) break;
    const best = bestOf(call, free);
    if (!best) continue;
    free.delete(best);
    pairings.push({ callId: call.callId, agentId: best.id, decided: call.advice !== 'pending' });
  }
  return pairings;
}

function bestOf(call: WaitingCall, agents: Iterable<ReadyAgent>): ReadyAgent | undefined {
  let best: ReadyAgent | undefined;
  for (const agent of agents) {
    if (agent.queues.includes(call.queue) && (!best || compare(call, agent, best) < 0)) best = agent;
  }
  return best;
}

/** Agents of the call's queue, best first. */
export function ranking(call: WaitingCall, agents: readonly ReadyAgent[]): ReadyAgent[] {
  return agents.filter((agent) => agent.queues.includes(call.queue)).toSorted((a, b) => compare(call, a, b));
}

function compare(call: WaitingCall, a: ReadyAgent, b: ReadyAgent): number {
  const advised = call.advice === 'pending' ? '' : call.advice.skill;
  return (
    has(b, advised) - has(a, advised) || has(b, call.skill) - has(a, call.skill) || a.idleSinceMs - b.idleSinceMs || (a.id < b.id ? -1 : 1)
  );
}

const has = (agent: ReadyAgent, skill: string): number => (skill !== '' && agent.skills.includes(skill) ? 1 : 0);
