/** The sound of a call that comes in, agreed on by offer and answer whichever side begins (RFC 3264, RFC 3261 §13.2.1). */
import type { MediaLeg } from '../media/edge.ts';
import { acceptAnswer, answerAudio, offerAudio } from '../sdp/offer-answer.ts';
import { canOffer } from '../sdp/srtp-terms.ts';
import type { IncomingCall } from '../sip/user-agent.ts';
import type { SdpIdentity } from './sip-leg.ts';

/** Our description: the answer to the offer, or an offer of ours whose answer comes with the ACK (RFC 3261 §13.2.1). */
export function describe(
  invite: IncomingCall,
  place: MediaLeg,
  identity: SdpIdentity,
): { readonly ok: true; readonly sdp: string } | { readonly ok: false; readonly why: string } {
  const local = { address: place.address, rtpPort: place.port, ...identity };
  if (invite.offer !== '') {
    const answer = answerAudio(invite.offer, local);
    if (answer.ok) place.setRemote(answer.remote);
    return answer;
  }
  if (identity.srtp && !canOffer(identity.srtp)) return { ok: false, why: 'srtp_needs_tls' };
  const sdp = offerAudio(local);
  invite.lateAnswer.then((answer) => place.setRemote(acceptAnswer(sdp, answer))).catch(() => invite.hangup()); // no audio is no call
  return { ok: true, sdp };
}
