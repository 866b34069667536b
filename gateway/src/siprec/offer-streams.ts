/**
 * Our offer to an SRC whose INVITE has none, and what its answer in the ACK agrees on (RFC 3261 §13.2.1, RFC 3264): two streams, heard only, the
 * first on the left. Which of them it uses, and under which label, only the SRC knows. Pure.
 */
import { acceptAnsweredAudio, describe, type LocalAudio, offeredAudio, type OfferFault } from '../sdp/offer-answer.ts';
import { parseSdp } from '../sdp/session.ts';
import { canOffer } from '../sdp/srtp-terms.ts';
import { type Place, type Seat, SEATS, type SeatedStream, type Seating, seatedStream } from './answer-streams.ts';

export type StreamsOffer =
  | { readonly ok: true; readonly sdp: string }
  /** The policy of the trunk wants keys, and there is no way to name them. */
  | { readonly ok: false; readonly why: 'srtp_needs_tls' };
export type StreamsAgreed =
  | { readonly ok: true; readonly streams: readonly SeatedStream[]; readonly seating: Seating }
  | { readonly ok: false; readonly why: OfferFault };

export function offerStreams(local: Pick<LocalAudio, 'address' | 'sessionId' | 'version'>, places: readonly [Place, Place]): StreamsOffer {
  if (places.some(({ srtp }) => srtp && !canOffer(srtp))) return { ok: false, why: 'srtp_needs_tls' };
  const media = places.map((place) => offeredAudio({ ...place, direction: 'recvonly' }));
  return { ok: true, sdp: describe(local, [{ type: 't', value: '0 0' }], media) };
}

/**
 * Reads the answer to a description of ours. A stream the SRC does not use stays free for a later offer of its own.
 * @param seating who sits on which m= line of ours; at first the left on the first and the right on the second
 */
export function acceptStreams(offer: string, answer: string, seating: Seating = FIRST): StreamsAgreed {
  const offered = parseSdp(offer);
  const answered = parseSdp(answer);
  if (!offered.ok || !answered.ok) return { ok: false, why: 'malformed' };
  const streams: SeatedStream[] = [];
  const taken = new Map<number, Seat>();
  let why: OfferFault = 'no_audio';
  for (const [at, seat] of seating) {
    const [ours, theirs] = [offered.session.media[at], answered.session.media[at]]; // matched by position (RFC 3264 §6)
    if (!ours || !theirs) continue;
    const remote = acceptAnsweredAudio(answered.session, ours, theirs);
    if (typeof remote === 'string') {
      if (remote !== 'no_audio') why = remote;
      continue;
    }
    taken.set(at, seat);
    streams.push(seatedStream(seat, theirs, remote));
  }
  return streams.length === 0 ? { ok: false, why } : { ok: true, streams, seating: taken };
}

const FIRST: Seating = new Map(SEATS.map((seat) => [seat, seat]));
