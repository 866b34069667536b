/**
 * Rings an agent's SIP phone with a static address: INVITE with our offer, CANCEL when the caller is gone or nobody answers in time.
 */
import type { CallId } from '@keepline/contracts/ids';
import type { Offer, OfferOutcome } from '../calls/agent-door.ts';
import type { CallMedia } from '../media/edge.ts';
import { acceptAnswer, offerAudio } from '../sdp/offer-answer.ts';
import type { OutgoingCall, UserAgent } from '../sip/user-agent.ts';
import { newSdpIdentity, sipLeg } from './sip-leg.ts';

export interface PhoneRing {
  readonly phone: string;
  readonly callId: CallId;
  readonly ringMs: number;
  /** URI put into From: the site, never the caller's number, which the desk shows masked. */
  readonly from: string;
}

/** Addresses of the phones of the site file: they may send requests too (BYE, re-INVITE). Phones are named by IPv4 address for now. */
export function phoneAddresses(agents: readonly { readonly phone: string }[]): ReadonlySet<string> {
  return new Set(agents.flatMap(({ phone }) => /^sip:(?:[^@]*@)?([\d.]+)/.exec(phone)?.[1] ?? []));
}

export function offerToPhone(userAgent: Pick<UserAgent, 'invite'>, media: CallMedia, ring: PhoneRing): Offer {
  const { promise: outcome, resolve } = Promise.withResolvers<OfferOutcome>();
  let invite: OutgoingCall | undefined;
  let over = false;
  const settle = (end: OfferOutcome): void => {
    over = true;
    resolve(end);
  };
  const run = async (): Promise<void> => {
    const place = await media.openLeg('agent');
    try {
      const identity = newSdpIdentity();
      const offer = offerAudio({ address: place.address, rtpPort: place.port, ...identity });
      if (over) throw new Error('withdrawn');
      invite = userAgent.invite(ring.phone, offer, { from: { uri: ring.from, displayName: '' }, timeoutMs: ring.ringMs });
      const answer = await invite.answered;
      place.setRemote(acceptAnswer(offer, answer));
      const leg = sipLeg(invite, place, identity);
      if (over) leg.hangup();
      else settle({ outcome: 'answered', leg });
    } catch {
      place.close();
      invite?.hangup();
      // Busy and decline are the agent's word; no answer at all is a phone that is gone or nobody there.
      if (!over) settle({ outcome: 'no_answer' });
    }
  };
  void run().catch(() => settle({ outcome: 'agent_lost' }));
  return {
    outcome,
    withdraw() {
      if (over) return;
      settle({ outcome: 'agent_lost' });
      invite?.hangup();
    },
  };
}
