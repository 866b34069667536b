/**
 * What becomes of a caller whom an agent passed on: another queue, a colleague, or an outside number. A colleague or a number that was not
 * reached without being asked leaves the caller in the queue of the call, so that nobody is passed on into nothing.
 */
import type { Leg } from '../calls/leg.ts';
import { hearProgress } from './hear-progress.ts';
import type { House } from './house.ts';
import type { LiveCall, Passed } from './live-call.ts';
import { talk } from './talk.ts';
import { waitParked } from './park.ts';
import { recordTalk } from './talk-recording.ts';
import { closeUntalked, offer, waitForAgent, waitInQueue } from './wait-for-agent.ts';

const RING_MS = 25_000;
const TRANSFERRED = { how: 'transferred', skill: '', advice: 'not_asked', reason: null } as const;

export async function passOn(call: LiveCall, caller: Leg, house: House, passed: Passed): Promise<'over' | 'overflow' | Passed> {
  switch (passed.to) {
    case 'queue':
      return await waitForAgent(call, caller, house, passed.queue, '');
    case 'agent':
      return await toAgent(call, caller, house, passed);
    case 'park':
      return await waitParked(call, caller, house, passed);
    case 'outside':
      return await toOutside(call, caller, house, passed);
  }
}

async function toAgent(
  call: LiveCall,
  caller: Leg,
  house: House,
  { agentId, leg }: Extract<Passed, { to: 'agent' }>,
): Promise<'over' | 'overflow' | Passed> {
  const { callId } = call.facts();
  call.apply({ do: 'queue', queue: queueOf(call, house, agentId), skill: '' });
  if (leg) {
    house.journal.offered(call.apply({ do: 'offer', agentId, because: TRANSFERRED }), 1);
    const talked = await talk(call, caller, leg, house);
    return talked === 'agent_lost' ? await waitInQueue(call, caller, house) : talked;
  }
  try {
    house.roster.apply(agentId, { do: 'offer', callId });
  } catch {
    return await waitInQueue(call, caller, house); // has taken another call meanwhile
  }
  const outcome = await offer(call, caller, house, { agentId, because: TRANSFERRED, ringMs: RING_MS }, 1);
  return outcome === 'again' ? await waitInQueue(call, caller, house) : outcome;
}

/** The house stays in between and carries the sound, which is recorded as the queue says. */
async function toOutside(
  call: LiveCall,
  caller: Leg,
  house: House,
  { number, leg }: Extract<Passed, { to: 'outside' }>,
): Promise<'over' | 'overflow' | Passed> {
  const { callId } = call.facts();
  const gone = caller.ended.then(() => 'gone' as const);
  call.apply({ do: 'pass_out' });
  let other = leg;
  if (!other) {
    const ringing = house.outside.dial(number, callId);
    const stopHearing = hearProgress(ringing, caller, call.audio, (fault) => house.onFault(fault, callId));
    const outcome = await Promise.race([ringing.outcome, gone]);
    stopHearing();
    if (outcome === 'gone') {
      ringing.withdraw();
      void ringing.outcome.then((late) => late.outcome === 'answered' && late.leg.hangup());
      closeUntalked(call, await caller.ended, house);
      return 'over';
    }
    if (outcome.outcome !== 'answered') return await waitForAgent(call, caller, house, queueOf(call, house), '');
    other = outcome.leg;
  }
  call.audio.bridge(caller, other);
  const recording = recordTalk(call, { kind: 'outside', agentId: call.lastAgentId, caller, other }, house, (unit) =>
    house.journal.write(unit),
  );
  const first = await Promise.race([gone, other.ended]);
  if (first === 'gone') other.hangup();
  else caller.hangup();
  const end = await caller.ended;
  await recording.close();
  closeUntalked(call, first === 'gone' ? end : 'hung_up', house);
  return 'over';
}

/** A call out has no queue: then one of the agent's, or the first of the site. */
export function queueOf(call: LiveCall, { roster, dispatcher }: Pick<House, 'roster' | 'dispatcher'>, agentId?: string): string {
  const { queue } = call.facts();
  if (queue !== '') return queue;
  return (agentId === undefined ? undefined : roster.config(agentId).queues[0]) ?? dispatcher.firstQueue();
}
