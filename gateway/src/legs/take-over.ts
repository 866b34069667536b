/**
 * A call that takes the place of another (RFC 3891): the far end of a trunk, or an agent on another phone of its own, goes on with what was said
 * here. The leg stays: sound, recording and queue know nothing of it. Only who had the call may hand it over.
 */
import { randomBytes } from 'node:crypto';
import type { MediaLeg } from '../media/edge.ts';
import { answerAudio, type RtpRemote } from '../sdp/offer-answer.ts';
import { newSrtpTerms, type SrtpPolicy } from '../sdp/srtp-terms.ts';
import type { IncomingCall, SipCall } from '../sip/user-agent.ts';

/** Whose call it is: `trunk:NAME` or `agent:ID`. */
const owners = new WeakMap<SipCall, string>();
/** How an answered call of a leg is replaced. */
const places = new WeakMap<SipCall, Replaceable>();

export interface Replaceable {
  readonly place: MediaLeg;
  /** From now on the leg is this call; the one before is hung up. */
  readonly take: (call: IncomingCall, identity: SdpIdentity, remote: RtpRemote) => void;
}

/** Session id and version of our o= line; the version grows with every change (RFC 8866 §5.2). */
export interface SdpIdentity {
  readonly sessionId: number;
  version: number;
  /** Keys of this leg and whether they may be named; default is sound in the clear. */
  readonly srtp?: ReturnType<typeof newSrtpTerms>;
}

export const ownCall = (call: SipCall, owner: string): void => void owners.set(call, owner);

/** Until its end: SIP keeps an ended call for its transactions, and nothing of the house with it. */
export function mayBeReplaced(call: SipCall, how: Replaceable): void {
  places.set(call, how);
  void call.ended.then(() => places.delete(call));
}

export interface TakeOver {
  readonly owner: string;
  readonly srtp: SrtpPolicy;
  readonly srtpKeysWithoutTls: boolean;
  readonly newIdentity: (srtp: ReturnType<typeof newSrtpTerms>) => SdpIdentity;
}

/** Answers the new call in the place of the old one, or refuses it. @returns whether it was taken */
export function takeOver(call: IncomingCall, replaced: SipCall, { owner, srtp, srtpKeysWithoutTls, newIdentity }: TakeOver): boolean {
  const there = places.get(replaced);
  if (there === undefined || owners.get(replaced) !== owner) {
    call.reject(603); // somebody else's, or one that is not answered (RFC 3891 §3)
    return false;
  }
  const identity = newIdentity(newSrtpTerms(srtp, call.source.transport === 'tls' || srtpKeysWithoutTls, randomBytes));
  const { place } = there;
  const answer = call.offer === '' ? null : answerAudio(call.offer, { address: place.address, rtpPort: place.port, ...identity });
  if (!answer?.ok) {
    call.reject(488); // without an offer its sound would be agreed on after the old call is gone
    return false;
  }
  ownCall(call, owner);
  there.take(call, identity, answer.remote);
  call.answer(answer.sdp);
  replaced.hangup();
  return true;
}
