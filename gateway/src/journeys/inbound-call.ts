/**
 * The story of a customer's call, in order: ring, open the row, answer, walk the flow, wait, talk, close. Reading this file from top to
 * bottom is following one INVITE to its stored recording; `docs/life-of-a-call.md` has the links.
 */
import type { Flow } from '@keepline/contracts/flow';
import type { Arrival } from '../calls/arrival.ts';
import { endVerdict } from '../calls/end-verdict.ts';
import type { Leg } from '../calls/leg.ts';
import { runFlow } from '../ivr/flow-runner.ts';
import type { Explained } from '../routing/explain.ts';
import type { House } from './house.ts';
import { LiveCall } from './live-call.ts';
import { talk } from './talk.ts';

/** What a refused caller is told to wait while recording is not possible, seconds. */
const RECORDING_RETRY_SECONDS = 30;

/** Takes a call from its arrival to the end of its audio; the wrap-up goes on behind it. Never rejects. */
export async function runInboundCall(arrival: Arrival, house: House): Promise<void> {
  const fault = house.recordingFault();
  if (fault) {
    arrival.refuse(503, RECORDING_RETRY_SECONDS);
    house.journal.refused(arrival.callId, arrival.trunk, 503, fault.code.toLowerCase());
    await arrival.audio.close();
    return;
  }
  arrival.ring();
  const call = new LiveCall(arrival, {
    clock: house.clock,
    journal: house.journal,
    changed: () => house.registry.changed(),
    onFault: (thrown) => house.onFault(thrown, arrival.callId),
  });
  try {
    await house.journal.opened(arrival, call.facts().startedAtMs);
  } catch (thrown) {
    house.onFault(thrown, arrival.callId); // nothing durable, so nothing promised
    arrival.refuse(503, RECORDING_RETRY_SECONDS);
    await arrival.audio.close();
    return;
  }
  house.registry.add(arrival.callId, call);
  try {
    const caller = arrival.answer();
    call.callerIs(caller);
    const flow = house.flow();
    house.journal.answered(arrival.callId, flow.flow, flow.version);
    await walk(call, caller, flow, house);
  } catch (thrown) {
    house.onFault(thrown, arrival.callId);
    await call.hangup('site');
  } finally {
    await arrival.audio.close();
    if (call.facts().state !== 'wrap_up') house.registry.remove(arrival.callId);
  }
}

/** A call walks the flow it began with, also when another version is published meanwhile. */
async function walk(call: LiveCall, caller: Leg, flow: Flow, house: House): Promise<void> {
  let at: string | undefined;
  for (;;) {
    const way = await runFlow({
      flow,
      leg: caller,
      clock: house.clock,
      onChoice: ({ node, choice }) => house.journal.chosen(call.apply({ do: 'choose', label: choice }), node, choice),
      ...(at === undefined ? {} : { at }),
    }).result;
    if (way.go === 'enqueue') {
      let outcome = await waitForAgent(call, caller, house, way.queue, way.skill);
      while (typeof outcome === 'object') outcome = await waitForAgent(call, caller, house, outcome.transfer, '');
      if (outcome === 'over') return;
      at = way.overflow;
      continue;
    }
    if (way.go === 'hangup') await call.hangup('flow');
    close(call, await caller.ended, house);
    return;
  }
}

/** Waits with music until an agent talked or the queue gave the call back to the flow. */
async function waitForAgent(
  call: LiveCall,
  caller: Leg,
  house: House,
  queue: string,
  skill: string,
): Promise<'over' | 'overflow' | Transferred> {
  const { callId } = call.apply({ do: 'queue', queue, skill });
  const gone = caller.ended.then(() => 'gone' as const);
  call.playHoldMusic();
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
      close(call, await caller.ended, house);
      return 'over';
    }
    if (next.to === 'overflow') {
      caller.audio.stopPlaying();
      call.apply({ do: 'overflow' });
      return 'overflow';
    }
    const outcome = await offer(call, caller, house, next.decision, attempt);
    if (outcome !== 'again') return outcome;
  }
}

/** The agent passed the caller on to this queue. */
interface Transferred {
  readonly transfer: string;
}

async function offer(
  call: LiveCall,
  caller: Leg,
  house: House,
  decision: Explained,
  attempt: number,
): Promise<'over' | 'again' | Transferred> {
  const { agentId, callId } = decision;
  house.journal.decided(decision);
  house.journal.offered(call.apply({ do: 'offer', agentId, because: decision.because }), attempt);
  const ringMs = house.dispatcher.queue(decision.queue).offerSeconds * 1000;
  const ringing = house.door.offer(agentId, callId, ringMs);
  const outcome = await Promise.race([ringing.outcome, caller.ended.then(() => 'gone' as const)]);
  if (outcome === 'gone') {
    ringing.withdraw();
    void ringing.outcome.then((late) => late.outcome === 'answered' && late.leg.hangup());
    house.roster.applyFor(agentId, callId, { do: 'withdraw' });
    close(call, await caller.ended, house);
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

/** Ends a call that no agent talked on. */
function close(call: LiveCall, end: Awaited<Leg['ended']>, house: House): void {
  const verdict = endVerdict(call.facts().state, end, call.endedBy);
  house.journal.ended(call.apply({ do: 'end' }), verdict);
}
