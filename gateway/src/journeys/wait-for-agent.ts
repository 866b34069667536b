/**
 * The part of a call in which the caller hears music: queue, offer, and back to the queue when nobody takes it. A chosen agent is offered
 * the call without the queue.
 */
import type { RoutedBecause } from '@keepline/contracts/agent-protocol';
import type { CallbackOffer } from '../ivr/verbs/verb.ts';
import type { AgentId, QueueName } from '@keepline/contracts/ids';
import { endVerdict } from '../calls/end-verdict.ts';
import { CallStateRefused } from '../calls/errors.ts';
import type { Leg } from '../calls/leg.ts';
import { PICKED_UP } from '../routing/dispatcher.ts';
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

/**
 * The same for a caller out of the flow, who may leave the queue for a call-back.
 * @param sinceMs the place of a caller who was in this queue before
 */
export async function waitWithOffer(
  call: LiveCall,
  caller: Leg,
  house: House,
  { queue, skill, callback, sinceMs }: { queue: QueueName; skill: string; callback?: CallbackOffer; sinceMs?: number },
): Promise<'over' | 'overflow' | 'asked' | Passed> {
  call.apply({ do: 'queue', queue, skill, ...(sinceMs !== undefined && { sinceMs }) });
  if (!callback || !house.callbacks.isOn) {
    call.playHoldMusic();
    return await waitInQueue(call, caller, house);
  }
  const { promise: asked, resolve } = Promise.withResolvers<'asked'>();
  const stopListening = caller.onDigit((digit) => digit === callback.key && resolve('asked'));
  const music = (): void => {
    if (call.facts().state === 'queued' || call.facts().state === 'offered') call.playHoldMusic();
  };
  caller.audio.play([callback.prompt]).then((end) => end === 'finished' && music(), music);
  try {
    return await waitInQueue(call, caller, house, asked);
  } finally {
    stopListening();
  }
}

/** Goes on in the queue of the call, at the place its time has earned. @param asked the caller wants out of it, while nobody is rung */
export async function waitInQueue(call: LiveCall, caller: Leg, house: House): Promise<'over' | 'overflow' | Passed>;
export async function waitInQueue(
  call: LiveCall,
  caller: Leg,
  house: House,
  asked: Promise<'asked'>,
): Promise<'over' | 'overflow' | 'asked' | Passed>;
export async function waitInQueue(
  call: LiveCall,
  caller: Leg,
  house: House,
  asked?: Promise<'asked'>,
): Promise<'over' | 'overflow' | 'asked' | Passed> {
  const { callId, queue, skill } = call.facts();
  const gone = caller.ended.then(() => 'gone' as const);
  for (let attempt = 1; ; attempt++) {
    let waiting: ReturnType<typeof house.dispatcher.enqueue>;
    try {
      const { queuedAtMs, calledBack } = call.facts();
      waiting = house.dispatcher.enqueue({ callId, queue, skill, queuedAtMs, isOwed: calledBack !== null });
    } catch (thrown) {
      house.onFault(thrown, callId); // a full or unknown queue: the flow knows where to go instead
      call.apply({ do: 'overflow' });
      return 'overflow';
    }
    call.pickUpBy((agentId) => house.dispatcher.pickUp(callId, agentId));
    if (attempt === 1) house.journal.queued(call.facts(), house.dispatcher.waiting(queue));
    const next = await Promise.race([waiting.assigned, gone, ...(asked ? [asked] : [])]);
    call.pickUpBy(null);
    if (next === 'gone') {
      waiting.leave();
      closeUntalked(call, await caller.ended, house);
      return 'over';
    }
    if (next === 'asked') {
      waiting.leave();
      caller.audio.stopPlaying();
      call.apply({ do: 'overflow' });
      return 'asked';
    }
    if (next.to === 'overflow') {
      caller.audio.stopPlaying();
      call.apply({ do: 'overflow' });
      return 'overflow';
    }
    house.journal.decided(next.decision);
    const { agentId, because } = next.decision;
    if (because.how === 'picked_up') house.journal.pickedUp({ callId, agentId, from: 'queue' });
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
  const ringing = house.lifted.take(agentId, callId) ?? house.door.offer(agentId, callId, ringMs);
  const taken = listenForPickUp(call, agentId, house);
  const outcome = await Promise.race([ringing.outcome, caller.ended.then(() => 'gone' as const), taken.promise]);
  const taker = taken.stop();
  if (typeof outcome === 'string') {
    ringing.withdraw();
    void ringing.outcome.then((late) => late.outcome === 'answered' && late.leg.hangup());
    house.roster.applyFor(agentId, callId, { do: 'withdraw' });
    if (outcome === 'picked_up' && taker !== null) {
      house.journal.notTaken(callId, agentId, 'picked_up');
      house.journal.pickedUp({ callId, agentId: taker, from: 'agent' });
      call.apply({ do: 'return_to_queue' });
      return await offer(call, caller, house, { agentId: taker, because: PICKED_UP, ringMs }, attempt + 1);
    }
    if (taker !== null) house.roster.applyFor(taker, callId, { do: 'withdraw' });
    closeUntalked(call, await caller.ended, house);
    return 'over';
  }
  if (taker !== null) house.roster.applyFor(taker, callId, { do: 'withdraw' }); // a moment too late
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

/** Lets a colleague take the call that rings at this agent. `stop` says who did. */
function listenForPickUp(
  call: LiveCall,
  agentId: AgentId,
  { roster }: House,
): { readonly promise: Promise<'picked_up'>; readonly stop: () => AgentId | null } {
  const { callId, state } = call.facts();
  const { promise, resolve } = Promise.withResolvers<'picked_up'>();
  let taker: AgentId | null = null;
  call.pickUpBy((by) => {
    if (by === agentId) throw new CallStateRefused(callId, 'pick up', state);
    roster.apply(by, { do: 'dial', callId });
    taker = by;
    call.pickUpBy(null);
    resolve('picked_up');
  });
  return {
    promise,
    stop() {
      call.pickUpBy(null);
      return taker;
    },
  };
}

/** Ends a call that no agent talked on, or none talks on any more. */
export function closeUntalked(call: LiveCall, end: Awaited<Leg['ended']>, house: House): void {
  const verdict = endVerdict(call.facts().state, end, call.endedBy);
  house.journal.ended(call.apply({ do: 'end' }), { ...verdict, cause: call.cause });
}
