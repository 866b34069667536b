/**
 * Rings somebody for a call that already has its agent, and keeps the roster true: a colleague who is rung or talks is busy, whoever did
 * not take it or has left is given back. Outside numbers have no roster.
 */
import type { RingOutcome } from '@keepline/contracts/events';
import type { CallId } from '@keepline/contracts/ids';
import type { CallParty, CallTarget } from '../calls/call-control.ts';
import type { Leg } from '../calls/leg.ts';
import type { OutsideCall } from '../calls/outside-line.ts';
import type { House } from './house.ts';

/** How long a colleague is rung, ms. */
const RING_MS = 25_000;

export interface Ringing {
  /** How far it is; a colleague rings from the beginning. */
  onProgress: OutsideCall['onProgress'];
  /** Never rejects. `leg` is there where it was answered. */
  readonly outcome: Promise<{ readonly outcome: RingOutcome; readonly leg?: Leg }>;
  /** Not wanted any more; after an answer it changes nothing. */
  withdraw(): void;
  /** Who answered is no longer in the call; not to be told of one who has taken the call over. */
  left(isLoss: boolean): void;
}

/** @throws AgentStateRefused where a colleague can take no call */
export function ringGuest(
  { roster, door, outside }: Pick<House, 'roster' | 'door' | 'outside'>,
  callId: CallId,
  to: Exclude<CallTarget, { kind: 'queue' }>,
  role: CallParty['role'],
): Ringing {
  if (to.kind === 'outside') return { ...outside.dial(to.number, callId), left: () => {} };
  const { agentId } = to;
  // A supervisor need not be ready for calls of customers.
  roster.apply(agentId, role === 'supervisor' ? { do: 'dial', callId } : { do: 'offer', callId });
  const offer = door.offer(agentId, callId, RING_MS);
  let withdrawn = false;
  let taken = false;
  const outcome = offer.outcome.then((end) => {
    if (withdrawn || end.outcome !== 'answered') {
      if (end.outcome === 'answered') end.leg.hangup();
      if (!withdrawn && end.outcome !== 'answered') roster.applyFor(agentId, callId, { do: 'decline', why: end.outcome });
      return { outcome: withdrawn || end.outcome === 'answered' ? ('withdrawn' as const) : end.outcome };
    }
    roster.applyFor(agentId, callId, { do: 'take' });
    taken = true;
    return { outcome: 'answered' as const, leg: end.leg };
  });
  return {
    outcome,
    onProgress(listener) {
      listener({ is: 'ringing' });
      return () => {};
    },
    withdraw() {
      if (withdrawn) return;
      withdrawn = true;
      offer.withdraw();
      if (roster.state(agentId).at === 'offered') roster.applyFor(agentId, callId, { do: 'withdraw' });
    },
    left(isLoss) {
      if (!taken) return;
      taken = false;
      // A guest owes no outcome of the call. One whose desk or phone was lost is not offered the next call.
      if (isLoss) roster.applyFor(agentId, callId, { do: 'not_ready', reason: 'agent_lost' });
      roster.applyFor(agentId, callId, { do: 'hang_up' });
      roster.applyFor(agentId, callId, { do: 'dispose' });
    },
  };
}
