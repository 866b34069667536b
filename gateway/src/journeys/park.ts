/**
 * A caller in a parking place: music until somebody takes the call up by the number of the place, until it rings back at who parked it, or
 * until the caller has had enough. The talk before it and the talk after it are recordings of their own.
 */
import type { AgentId } from '@keepline/contracts/ids';
import type { Leg } from '../calls/leg.ts';
import type { ParkingPlace } from '../routing/parking-lot.ts';
import type { House } from './house.ts';
import type { LiveCall, Passed } from './live-call.ts';
import { closeUntalked, offer, waitInQueue } from './wait-for-agent.ts';

const RING_MS = 25_000;
const because = (how: 'retrieved' | 'parked_back') => ({ how, skill: '', advice: 'not_asked', reason: null }) as const;

export interface Parking {
  readonly place: ParkingPlace;
  readonly parkedBy: AgentId;
  /** Where the caller waits when nobody takes the call any more. */
  readonly queue: string;
}

export async function waitParked(
  call: LiveCall,
  caller: Leg,
  house: House,
  { place, parkedBy, queue }: Parking,
): Promise<'over' | 'overflow' | Passed> {
  const { slot } = place;
  const { callId } = call.apply({ do: 'park', slot, parkedBy });
  const sinceMs = house.clock.monotonicMs();
  house.journal.parked({ callId, agentId: parkedBy, slot });
  let takenBy: AgentId | null = null;
  const { promise: moved, resolve: move } = Promise.withResolvers<void>();
  call.pickUpBy((agentId) => {
    house.roster.apply(agentId, { do: 'dial', callId });
    call.pickUpBy(null);
    takenBy = agentId;
    move();
  });
  const disarm = house.clock.after(house.parkedMs, move);
  const gone = await Promise.race([caller.ended.then(() => true), moved.then(() => false)]);
  disarm();
  call.pickUpBy(null);
  place.leave();
  const by = taker(takenBy);
  const how = gone ? 'abandoned' : by === null ? 'timed_out' : 'retrieved';
  house.journal.unparked({ callId, slot, how, parkedMs: Math.round(house.clock.monotonicMs() - sinceMs) });
  if (gone) {
    if (by !== null) house.roster.applyFor(by, callId, { do: 'withdraw' });
    closeUntalked(call, await caller.ended, house);
    return 'over';
  }
  call.apply({ do: 'queue', queue, skill: '' });
  const agentId = by ?? parkedBy;
  if (by === null) {
    try {
      house.roster.apply(parkedBy, { do: 'offer', callId });
    } catch {
      return await waitInQueue(call, caller, house); // has another call, or has gone home
    }
  }
  const chosen = { agentId, because: because(by === null ? 'parked_back' : 'retrieved'), ringMs: RING_MS };
  const outcome = await offer(call, caller, house, chosen, 1);
  return outcome === 'again' ? await waitInQueue(call, caller, house) : outcome;
}

/** Assigned in a callback, which the compiler does not see. */
const taker = (agentId: AgentId | null): AgentId | null => agentId;
