/**
 * A call that an agent's own SIP phone makes. The phone may consult during a call of its agent, no more: the line is put on the media of
 * that call, so that its agent can be heard on either.
 */
import { randomBytes } from 'node:crypto';
import type { SecondLine } from '../calls/second-line.ts';
import type { CallMedia } from '../media/edge.ts';
import { newSrtpTerms } from '../sdp/srtp-terms.ts';
import type { IncomingCall } from '../sip/user-agent.ts';
import { describe } from './invite-audio.ts';
import type { PhoneSrtp } from './phone-offer.ts';
import { newSdpIdentity, sipLeg } from './sip-leg.ts';

/** Refuses the call itself, and resolves with null, where its sound cannot be agreed on. */
export async function secondLine(invite: IncomingCall, media: CallMedia, srtp?: PhoneSrtp): Promise<SecondLine | null> {
  const place = await media.openLeg('agent').catch(() => null);
  if (place === null) {
    invite.reject(503);
    return null;
  }
  const mayNameKeys = invite.source.transport === 'tls' || srtp?.keysWithoutTls === true;
  const identity = newSdpIdentity(srtp && newSrtpTerms(srtp.policy, mayNameKeys, randomBytes));
  const sdp = describe(invite, place, identity);
  if (!sdp.ok) {
    place.close();
    invite.reject(488);
    return null;
  }
  let isAnswered = false;
  void invite.ended.then(() => isAnswered || place.close()); // an answered one is closed with its call
  return {
    dialled: invite.requestUri.user,
    ring: () => invite.ring(),
    answer() {
      isAnswered = true;
      const leg = sipLeg(invite, place, identity);
      invite.answer(sdp.sdp);
      return leg;
    },
    refuse: (status) => invite.reject(status),
    ended: invite.ended,
  };
}
