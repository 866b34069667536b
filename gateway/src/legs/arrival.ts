/**
 * Turns an INVITE from a trunk into an `Arrival`: trunk and limits first, then the offer, then a place on the RTP edge. What cannot be
 * served is refused with the status that tells the carrier what to do (RFC 3261 §21), before anything was promised.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import { type CallId, newId } from '@keepline/contracts/ids';
import type { Arrival } from '../calls/arrival.ts';
import type { CallMedia, MediaEdge, MediaLeg } from '../media/edge.ts';
import { newSrtpTerms } from '../sdp/srtp-terms.ts';
import type { IncomingCall, SipSource } from '../sip/user-agent.ts';
import { audioOf } from './audio-leg.ts';
import { describe } from './invite-audio.ts';
import { newSdpIdentity, sipLeg } from './sip-leg.ts';
import { readCallFacts } from '../trunks/call-facts.ts';
import { readNumber } from '../trunks/numbers.ts';
import { RETRY_AFTER_SECONDS, rulesOf, type Trunk } from '../trunks/trunk-table.ts';

export type ArrivalRefused = { readonly callId: CallId; readonly trunk: string; readonly status: number; readonly why: string };
export interface ArrivalDoor {
  /** The trunk a call came by; undefined for nobody's. */
  trunkOf(source: SipSource): Trunk | undefined;
  readonly edge: Pick<MediaEdge, 'openCall'>;
  readonly clock: Clock;
  /** SRTP keys may be named over UDP and TCP too; default false. */
  readonly srtpKeysWithoutTls?: boolean;
  /** The media of a call, for legs that join it later. */
  readonly media: Map<CallId, CallMedia>;
}

/** Never rejects: a call that cannot be served is refused here and told to `refused`. */
export async function receive(
  invite: IncomingCall,
  door: ArrivalDoor,
  refused: (call: ArrivalRefused) => void,
): Promise<Arrival | undefined> {
  const callId = newId('call', door.clock.now());
  const trunk = door.trunkOf(invite.source);
  const refuse = (status: number, why: string, retryAfterSeconds?: number): undefined => {
    invite.reject(status, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
    refused({ callId, trunk: trunk?.name ?? '', status, why });
    return undefined;
  };
  if (!trunk) return refuse(403, 'no_trunk');
  const allowance = trunk.admit(door.clock.monotonicMs());
  if (!allowance.admitted) return refuse(503, allowance.why, RETRY_AFTER_SECONDS);
  void invite.ended.then(allowance.release);

  const media = door.edge.openCall(callId);
  let place: MediaLeg;
  try {
    place = await media.openLeg('caller');
  } catch {
    await media.close();
    return refuse(503, 'no_media', RETRY_AFTER_SECONDS);
  }
  const said = { number: invite.from.uri.user, name: invite.from.displayName };
  const facts = readCallFacts(invite.headers, said, trunk.config.trustIdentity);
  const number = readNumber(facts.number, rulesOf(trunk.config));
  const mayNameKeys = invite.source.transport === 'tls' || door.srtpKeysWithoutTls === true;
  const identity = newSdpIdentity(newSrtpTerms(trunk.config.srtp, mayNameKeys, randomBytes));
  const sdp = describe(invite, place, identity);
  if (!sdp.ok) {
    await media.close();
    return refuse(488, sdp.why);
  }
  door.media.set(callId, media);
  const audio = audioOf(media);
  return {
    callId,
    trunk: trunk.name,
    // One caller, one spelling, whichever way the trunk writes it; what fits no plan stays as it was written.
    callerNumber: number.kind === 'unknown' ? facts.number : number.national,
    callerHidden: facts.isPrivate,
    callerName: facts.isPrivate ? '' : facts.name,
    dialledNumber: invite.requestUri.user,
    audio: {
      ...audio,
      async close() {
        door.media.delete(callId);
        await audio.close();
      },
    },
    ring: () => invite.ring(),
    answer() {
      const leg = sipLeg(invite, place, identity);
      invite.answer(sdp.sdp);
      return leg;
    },
    refuse: (status, retryAfterSeconds) => invite.reject(status, retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}
