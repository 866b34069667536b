/**
 * Which calls an agent may take though they are not offered to it, pure: those that wait in a queue it serves, or ring at a colleague for such
 * a queue, and those that are parked.
 */
import type { AgentId, QueueName } from '@keepline/contracts/ids';
import type { CallFacts } from './call-control.ts';

type Calls = ReadonlyArray<{ facts(): CallFacts }>;

/** Calls of each queue that somebody could pick up, what rings longest first, then what waits longest; at most `limit` of each queue. */
export function pickableByQueue(calls: Calls, limit: number): Map<QueueName, CallFacts[]> {
  const found = new Map<QueueName, CallFacts[]>();
  for (const control of calls) {
    const call = control.facts();
    if (call.direction === 'out' || (call.state !== 'queued' && call.state !== 'offered')) continue;
    const there = found.get(call.queue);
    if (there) there.push(call);
    else found.set(call.queue, [call]);
  }
  for (const [queue, there] of found) found.set(queue, there.toSorted(byUrgency).slice(0, limit));
  return found;
}

/** What this agent may pick up, most urgent first; never what is offered to it. */
export function pickableFor(
  byQueue: ReadonlyMap<QueueName, readonly CallFacts[]>,
  agentId: AgentId,
  queues: readonly QueueName[],
  limit: number,
): CallFacts[] {
  const all = queues.flatMap((queue) => byQueue.get(queue) ?? []).filter((call) => call.agentId !== agentId);
  return all.toSorted(byUrgency).slice(0, limit);
}

/** Whether this agent may take this call out of its turn. */
export function mayPickUp({ state, direction, queue, agentId: of }: CallFacts, agentId: AgentId, queues: readonly QueueName[]): boolean {
  return direction === 'in' && (state === 'queued' || state === 'offered') && of !== agentId && queues.includes(queue);
}

/** Calls in parking places, by number. */
export function parkedCalls(calls: Calls): CallFacts[] {
  return calls
    .map((control) => control.facts())
    .filter(({ parked }) => parked !== null)
    .toSorted((a, b) => (a.parked?.slot ?? 0) - (b.parked?.slot ?? 0));
}

const sinceMs = (call: CallFacts): number => (call.state === 'offered' ? call.offeredAtMs : call.queuedAtMs);
const byUrgency = (a: CallFacts, b: CallFacts): number =>
  Number(b.state === 'offered') - Number(a.state === 'offered') || sinceMs(a) - sinceMs(b);
