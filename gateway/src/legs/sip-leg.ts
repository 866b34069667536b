/**
 * A SIP party as a leg: keys from RFC 4733 and INFO alike, hold in all dialects of re-INVITE (RFC 3264 §8.4), the end of the dialog.
 */
import { randomInt } from 'node:crypto';
import type { Leg } from '../calls/leg.ts';
import type { MediaLeg } from '../media/edge.ts';
import { acceptAnswer, answerAudio, offerAudio, type RtpRemote } from '../sdp/offer-answer.ts';
import { type SrtpTerms, wipeTerms } from '../sdp/srtp-terms.ts';
import { isNamedBy } from '../sip/replaces.ts';
import type { SipCall } from '../sip/user-agent.ts';
import { makeLeg } from './audio-leg.ts';

/** Session id and version of our o= line; the version grows with every change (RFC 8866 §5.2). */
export interface SdpIdentity {
  readonly sessionId: number;
  version: number;
  /** Keys of this leg and whether they may be named; default is sound in the clear. */
  readonly srtp?: SrtpTerms;
}

/** The call behind a leg, for the other leg that wants to be joined with it. */
const calls = new WeakMap<Leg, SipCall>();

export function newSdpIdentity(srtp?: SrtpTerms): SdpIdentity {
  return { sessionId: randomInt(1, 2 ** 47), version: 1, ...(srtp && { srtp }) };
}

/** @param answered of a call that is heard before it is answered: until then it may be silent */
export function sipLeg(sip: SipCall, place: MediaLeg, identity: SdpIdentity, answered?: Promise<unknown>): Leg {
  const holdListeners = new Set<(held: boolean) => void>();
  let held = false;
  const { leg, end } = makeLeg({
    kind: 'sip',
    place,
    ...(answered && { answered }),
    onKeyed: (listener) => sip.onDigit(listener),
    onHold(listener) {
      holdListeners.add(listener);
      return () => holdListeners.delete(listener);
    },
    onTransfer: (handler) =>
      sip.onRefer((referral) =>
        handler({
          target: referral.target.user,
          isAttended: referral.replaces !== null,
          joins: (other) => isNamedBy(referral.replaces, calls.get(other)?.replaces ?? null),
          accept: () => referral.accept(),
          refuse: (status) => referral.refuse(status),
          report: (status) => referral.report(status),
        }),
      ),
    onHangup: () => sip.hangup(),
  });
  calls.set(leg, sip);
  const takeRemote = (remote: RtpRemote): void => {
    place.setRemote(remote);
    if (remote.held === held) return;
    held = remote.held;
    for (const listener of holdListeners) listener(held);
  };
  sip.onReoffer((offer) => {
    identity.version += 1;
    const local = { address: place.address, rtpPort: place.port, ...identity };
    if (offer === '') return offerAudio(local); // re-INVITE without SDP: we offer, RFC 3261 §14.2
    const answer = answerAudio(offer, local);
    if (!answer.ok) return null;
    takeRemote(answer.remote);
    return answer.sdp;
  });
  sip.onReanswer((answer, ourOffer) => {
    try {
      takeRemote(acceptAnswer(ourOffer, answer));
    } catch {
      sip.hangup(); // an ACK whose answer we cannot use leaves no agreed audio (RFC 3264 §6)
    }
  });
  void sip.ended.then((how) => {
    if (identity.srtp) wipeTerms(identity.srtp);
    const why = how.by === 'transport' || how.by === 'timeout' ? 'transport_lost' : how.by === 'local' ? 'closed_by_site' : 'hung_up';
    end(why, how.reason?.cause);
  });
  return leg;
}
