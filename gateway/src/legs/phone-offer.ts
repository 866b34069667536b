/**
 * Rings an agent's SIP phones: INVITE with our offer to all at once, the first answer wins and the others are cancelled; CANCEL as well
 * when the caller is gone or nobody answers in time.
 */
import { randomBytes } from 'node:crypto';
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { Offer, OfferOutcome } from '../calls/agent-door.ts';
import type { CallMedia } from '../media/edge.ts';
import { acceptAnswer, offerAudio } from '../sdp/offer-answer.ts';
import { canOffer, newSrtpTerms, type SrtpPolicy } from '../sdp/srtp-terms.ts';
import type { OutgoingCall, SipSource, UserAgent } from '../sip/user-agent.ts';
import { newSdpIdentity, sipLeg } from './sip-leg.ts';
import { ownCall } from './take-over.ts';

export interface Phone {
  readonly uri: string;
  /** Where the INVITE goes when the URI is not the way: behind NAT, or on the connection the phone opened. */
  readonly hop?: SipSource;
  /** Proxies on the way, nearest first (RFC 3327). */
  readonly path: readonly string[];
}

/** What the site asks of sound to its phones; default is the clear. */
export interface PhoneSrtp {
  readonly policy: SrtpPolicy;
  readonly keysWithoutTls: boolean;
}

export interface PhoneRing {
  /** One static phone, or every phone the agent has registered. Not empty. */
  readonly phones: readonly Phone[];
  readonly agentId: AgentId;
  readonly callId: CallId;
  readonly ringMs: number;
  readonly srtp?: PhoneSrtp;
  /** URI put into From: the site, never the caller's number, which the desk shows masked. */
  readonly from: string;
}

/** Addresses of the phones of the site file: they may send requests too (BYE, re-INVITE). Phones are named by IPv4 address for now. */
export function phoneAddresses(agents: readonly { readonly phone: string }[]): ReadonlySet<string> {
  return new Set(agents.flatMap(({ phone }) => /^sip:(?:[^@]*@)?([\d.]+)/.exec(phone)?.[1] ?? []));
}

/** Whether the INVITE goes by TLS, by its connection or by its URI (RFC 3261 §26.2.2). */
const isSecure = ({ uri, hop }: Phone): boolean => (hop ? hop.transport === 'tls' : /^sips:|;transport=tls/i.test(uri));

export function offerToPhone(userAgent: Pick<UserAgent, 'invite'>, media: CallMedia, ring: PhoneRing): Offer {
  const { promise: outcome, resolve } = Promise.withResolvers<OfferOutcome>();
  const invites = new Set<OutgoingCall>();
  let over = false;
  const settle = (end: OfferOutcome): void => {
    over = true;
    resolve(end);
  };
  const run = async (): Promise<void> => {
    const place = await media.openLeg('agent');
    try {
      if (over) throw new Error('withdrawn');
      const calling = ring.phones.map(async (phone) => {
        const { uri, hop, path } = phone;
        const identity = newSdpIdentity(
          ring.srtp && newSrtpTerms(ring.srtp.policy, ring.srtp.keysWithoutTls || isSecure(phone), randomBytes),
        );
        if (identity.srtp && !canOffer(identity.srtp)) throw new Error('srtp_needs_tls');
        const offer = offerAudio({ address: place.address, rtpPort: place.port, ...identity });
        const headers = path.map((value) => ['Route', value] as const);
        const from = { uri: ring.from, displayName: '' };
        const made = userAgent.invite(uri, offer, { from, timeoutMs: ring.ringMs, headers, ...(hop ? { hop } : {}) });
        ownCall(made, `agent:${ring.agentId}`);
        invites.add(made);
        return { made, identity, remote: acceptAnswer(offer, await made.answered) };
      });
      const { made: invite, identity, remote } = await Promise.any(calling);
      for (const other of invites) if (other !== invite) other.hangup();
      place.setRemote(remote);
      const leg = sipLeg(invite, place, identity);
      if (over) leg.hangup();
      else settle({ outcome: 'answered', leg });
    } catch {
      place.close();
      for (const made of invites) made.hangup();
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
      for (const made of invites) made.hangup();
    },
  };
}
