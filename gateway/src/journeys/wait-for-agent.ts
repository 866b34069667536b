/**
 * The part of a call in which the caller hears music: queue, offer, and back to the queue when nobody takes it. A chosen agent is offered
 * the call without the queue.
 */
import type { RoutedBecause } from '@keepline/contracts/agent-protocol';
import type { AgentId, QueueName } from '@keepline/contracts/ids';
import { endVerdict } from '../calls/end-verdict.ts';
import type { Leg } from '../calls/leg.ts';
import type { House } from './house.ts';
import type { LiveCall, Passed } from './live-call.ts';
import { talk } from './talk.ts';

/** Waits until an agent talked, passed the caller on, or the queue gave the call back to the flow. */
export async function waitForAgent(
  call: LiveCall,
  caller: Leg,
  house: House,
  queue: QueueName,
  skill: string,
): Promise<'over' | 'overflow' | Passed> {
  call.apply({ do: 'queue', queue, skill });
  call.playHoldMusic();
  return await waitInQueue(call, caller, house);
}

/** Goes on in the queue of the call, at the place its time has earned. */
export async function waitInQueue(call: LiveCall, caller: Leg, house: House): Promise<'over' | 'overflow' | Passed> {
  const { callId, queue, skill } = call.facts();
  const gone = caller.ended.then(() => 'gone' as const);
  for (let attempt = 1; ; attempt++) {
    let waiting: ReturnType<typeof house.dispatcher.enqueue>;
    try {
      waiting = house.dispatcher.enqueue({ callId, queue, skill, queuedAtMs: call.facts().queuedAtMs });
    } catch (thrown) {
      house.onFault(thrown, callId); // a full or unknown queue: the flow knows where to go instead
      call.apply({ do: 'overflow' });
      return 'overflow';
    }
    if (attempt === 1) house.journal.queued(call.facts(), house.dispatcher.waiting(queue));
    const next = await Promise.race([waiting.assigned, gone]);
    if (next === 'gone') {
      waiting.leave();
      closeUntalked(call, await caller.ended, house);
      return 'over';
    }
    if (next.to === 'overflow') {
      caller.audio.stopPlaying();
      call.apply({ do: 'overflow' });
      return 'overflow';
    }
    house.journal.decided(next.decision);
    const { agentId, because } = next.decision;
    const outcome = await offer(
      call,
      caller,
      house,
      { agentId, because, ringMs: house.dispatcher.queue(queue).offerSeconds * 1000 },
      attempt,
    );
    if (outcome !== 'again') return outcome;
  }
}

export interface Chosen {
  readonly agentId: AgentId;
  readonly because: RoutedBecause;
  readonly ringMs: number;
}

/** Rings the agent, whom routing has reserved for this call. `again`: the call is in its queue as before. */
export async function offer(
  call: LiveCall,
  caller: Leg,
  house: House,
  { agentId, because, ringMs }: Chosen,
  attempt: number,
): Promise<'over' | 'again' | Passed> {
  const { callId } = call.facts();
  house.journal.offered(call.apply({ do: 'offer', agentId, because }), attempt);
  const ringing = house.door.offer(agentId, callId, ringMs);
  const outcome = await Promise.race([ringing.outcome, caller.ended.then(() => 'gone' as const)]);
  if (outcome === 'gone') {
    ringing.withdraw();
    void ringing.outcome.then((late) => late.outcome === 'answered' && late.leg.hangup());
    house.roster.applyFor(agentId, callId, { do: 'withdraw' });
    closeUntalked(call, await caller.ended, house);
    return 'over';
  }
  if (outcome.outcome === 'answered') {
    house.roster.applyFor(agentId, callId, { do: 'take' });
    const talked = await talk(call, caller, outcome.leg, house);
    return talked === 'agent_lost' ? 'again' : talked;
  }
  house.roster.applyFor(agentId, callId, { do: 'decline', why: outcome.outcome });
  house.journal.notTaken(callId, agentId, outcome.outcome);
  call.apply({ do: 'return_to_queue' });
  return 'again';
}

/** Ends a call that no agent talked on, or none talks on any more. */
export function closeUntalked(call: LiveCall, end: Awaited<Leg['ended']>, house: House): void {
  const verdict = endVerdict(call.facts().state, end, call.endedBy);
  house.journal.ended(call.apply({ do: 'end' }), verdict);
}
