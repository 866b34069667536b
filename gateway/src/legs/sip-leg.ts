/**
 * A SIP party as a leg: keys from RFC 4733 and INFO alike, hold in all dialects of re-INVITE (RFC 3264 §8.4), the end of the dialog.
 */
import { randomInt } from 'node:crypto';
import type { Leg } from '../calls/leg.ts';
import type { MediaLeg } from '../media/edge.ts';
import { acceptAnswer, answerAudio, offerAudio, type RtpRemote } from '../sdp/offer-answer.ts';
import { type SrtpTerms, wipeTerms } from '../sdp/srtp-terms.ts';
import { isNamedBy } from '../sip/replaces.ts';
import type { Referral, SipCall } from '../sip/user-agent.ts';
import { makeLeg } from './audio-leg.ts';
import { mayBeReplaced, type SdpIdentity } from './take-over.ts';

export type { SdpIdentity } from './take-over.ts';

/** The call behind a leg, for the other leg that wants to be joined with it. */
const calls = new WeakMap<Leg, SipCall>();

export function newSdpIdentity(srtp?: SrtpTerms): SdpIdentity {
  return { sessionId: randomInt(1, 2 ** 47), version: 1, ...(srtp && { srtp }) };
}

/** @param answered of a call that is heard before it is answered: until then it may be silent */
export function sipLeg(first: SipCall, place: MediaLeg, ours: SdpIdentity, answered?: Promise<unknown>): Leg {
  const holdListeners = new Set<(held: boolean) => void>();
  const digitListeners = new Set<(digit: string) => void>();
  let transfer: ((referral: Referral) => void) | null = null;
  let held = false;
  /** The call of this leg: another may take its place (RFC 3891). */
  let sip = first;
  const { leg, end } = makeLeg({
    kind: 'sip',
    place,
    ...(answered && { answered }),
    onKeyed(listener) {
      digitListeners.add(listener);
      return () => digitListeners.delete(listener);
    },
    onHold(listener) {
      holdListeners.add(listener);
      return () => holdListeners.delete(listener);
    },
    onTransfer(handler) {
      const take = (referral: Referral): void =>
        handler({
          target: referral.target.user,
          isAttended: referral.replaces !== null,
          joins: (other) => isNamedBy(referral.replaces, calls.get(other)?.replaces ?? null),
          accept: () => referral.accept(),
          refuse: (status) => referral.refuse(status),
          report: (status) => referral.report(status),
        });
      transfer = take;
      const stop = sip.onRefer(take);
      return () => {
        stop();
        if (transfer === take) transfer = null;
      };
    },
    onHangup: () => sip.hangup(),
  });
  const takeRemote = (remote: RtpRemote): void => {
    place.setRemote(remote);
    if (remote.held === held) return;
    held = remote.held;
    for (const listener of holdListeners) listener(held);
  };
  const follow = (call: SipCall, identity: SdpIdentity): void => {
    sip = call;
    calls.set(leg, call);
    call.onDigit((digit) => {
      for (const listener of digitListeners) listener(digit);
    });
    if (transfer) call.onRefer(transfer);
    call.onReoffer((offer) => {
      identity.version += 1;
      const local = { address: place.address, rtpPort: place.port, ...identity };
      if (offer === '') return offerAudio(local); // re-INVITE without SDP: we offer, RFC 3261 §14.2
      const answer = answerAudio(offer, local);
      if (!answer.ok) return null;
      if (sip === call) takeRemote(answer.remote);
      return answer.sdp;
    });
    call.onReanswer((answer, ourOffer) => {
      try {
        if (sip === call) takeRemote(acceptAnswer(ourOffer, answer));
      } catch {
        call.hangup(); // an ACK whose answer we cannot use leaves no agreed audio (RFC 3264 §6)
      }
    });
    void call.ended.then((how) => {
      if (identity.srtp) wipeTerms(identity.srtp);
      if (sip !== call) return; // replaced: the leg goes on
      const why = how.by === 'transport' || how.by === 'timeout' ? 'transport_lost' : how.by === 'local' ? 'closed_by_site' : 'hung_up';
      end(why, how.reason?.cause);
    });
    const isUp = call === first ? (answered ?? Promise.resolve()) : Promise.resolve();
    const take = (next: SipCall, own: SdpIdentity, remote: RtpRemote): void => {
      follow(next, own);
      takeRemote(remote);
    };
    isUp.then(
      () => mayBeReplaced(call, { place, take }),
      () => {},
    );
  };
  follow(first, ours);
  return leg;
}
