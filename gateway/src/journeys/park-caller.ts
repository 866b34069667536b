/** How an agent parks a caller: by the button of the desk, or by the transfer key of its phone and the code of parking. */
import type { AgentId } from '@keepline/contracts/ids';
import type { TransferAsked } from '../calls/leg.ts';
import type { ParkingPlace } from '../routing/parking-lot.ts';
import type { House } from './house.ts';
import type { LiveCall } from './live-call.ts';

type Needs = Pick<House, 'parking' | 'roster' | 'dispatcher'>;

/**
 * The caller goes to a parking place, and waits in the queue of the call, or one of this agent's, should nobody take it up.
 * @throws ParkingFull
 * @throws CallStateRefused when nobody talks
 */
export function parkCaller(call: LiveCall, agentId: AgentId, { parking, roster, dispatcher }: Needs): ParkingPlace {
  const { callId, queue } = call.facts();
  const place = parking.take(callId);
  try {
    const waitsIn = queue === '' ? (roster.config(agentId).queues[0] ?? dispatcher.firstQueue()) : queue;
    call.transferTo({ to: 'park', place, parkedBy: agentId, queue: waitsIn });
  } catch (thrown) {
    place.leave();
    throw thrown;
  }
  return place;
}

/** The transfer key with the code of parking, audited as the button of the desk is. False when the target is another. */
export function parkByPhone(call: LiveCall, asked: TransferAsked, house: Needs & Pick<House, 'parkCode' | 'auditPhone'>): boolean {
  if (asked.isAttended || house.parkCode === '' || asked.target !== house.parkCode) return false;
  const { callId, agentId } = call.facts();
  const park = async (): Promise<void> => void parkCaller(call, agentId ?? '', house);
  house.auditPhone('call.park', agentId ?? '', callId, park).then(
    () => {
      asked.accept();
      asked.report(200);
    },
    () => asked.refuse(486), // every place is taken, or the log cannot be written
  );
  return true;
}
