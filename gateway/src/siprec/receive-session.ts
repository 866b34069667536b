/**
 * Takes a recording session (RFC 7866): trunk and limits, two places on the RTP edge, the answer to the offer or an offer of ours; then follows re-INVITEs and
 * metadata. The sound outranks its label: metadata that cannot be read is told, and recording goes on.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '@keepline/contracts/clock';
import { type CallId, newId } from '@keepline/contracts/ids';
import type { ForkedCall, ForkedFacts, ForkedParty } from '../calls/forked-call.ts';
import type { Leg } from '../calls/leg.ts';
import { audioOf, makeLeg } from '../legs/audio-leg.ts';
import { newSdpIdentity } from '../legs/sip-leg.ts';
import type { CallMedia, MediaEdge, MediaLeg } from '../media/edge.ts';
import { newSrtpTerms, type SrtpTerms, wipeTerms } from '../sdp/srtp-terms.ts';
import { asksToRecord } from '../sip/recording-session.ts';
import type { Inbound } from '../sip/inbound.ts';
import type { IncomingCall, SipSource } from '../sip/user-agent.ts';
import type { Refusal } from '../sip/validate-request.ts';
import { type NumberRules, readNumber } from '../trunks/numbers.ts';
import { RETRY_AFTER_SECONDS, rulesOf, type Trunk } from '../trunks/trunk-table.ts';
import { answerStreams, type Place, type Seat, SEATS, type SeatedStream, type Seating } from './answer-streams.ts';
import { readMetadata } from './metadata.ts';
import { acceptStreams, offerStreams } from './offer-streams.ts';
import { follow, NOBODY, partiesOn } from './participation.ts';

export interface SessionDoor {
  trunkOf(source: SipSource): Trunk | undefined;
  readonly edge: Pick<MediaEdge, 'openCall'>;
  readonly clock: Clock;
  /** The media of calls in progress, which the site counts. */
  readonly media: Map<CallId, CallMedia>;
  /** SRTP keys may be named over UDP and TCP too. */
  readonly srtpKeysWithoutTls: boolean;
  refused(call: { readonly callId: CallId; readonly trunk: string; readonly status: number; readonly why: string }): void;
  /** Metadata of a session that was taken all the same; `why` holds nothing of what it said. */
  unread(callId: CallId, trunk: string, why: string): void;
}

/** For `UserAgent.vet`: only a trunk that may fork calls to us is understood when it does (RFC 3261 §8.2.2.3). */
export function refuseSession(inbound: Inbound, trunk: Trunk | undefined): Refusal | null {
  if (!asksToRecord(inbound.request.headers) || trunk?.config.siprec === true) return null;
  return { status: 420, headers: [['Unsupported', 'siprec']] };
}

/** Never rejects: what cannot be served is refused here and told. */
export async function receiveSession(invite: IncomingCall, door: SessionDoor): Promise<ForkedCall | undefined> {
  const callId = newId('call', door.clock.now());
  const trunk = door.trunkOf(invite.source);
  const refuse = (status: number, why: string, retryAfterSeconds?: number): undefined => {
    invite.reject(status, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
    door.refused({ callId, trunk: trunk?.name ?? '', status, why });
    return undefined;
  };
  if (!trunk || !trunk.config.siprec) return refuse(403, 'no_trunk');
  const allowance = trunk.admit(door.clock.monotonicMs());
  if (!allowance.admitted) return refuse(503, allowance.why, RETRY_AFTER_SECONDS);
  void invite.ended.then(allowance.release);
  const media = door.edge.openCall(callId);
  let places: readonly [MediaLeg, MediaLeg];
  try {
    // Both, whatever is offered now: a second stream may come later. Silence is no loss here: an SRC stops sending while its call is held.
    places = await Promise.all([media.openLeg('caller', { silenceWatch: false }), media.openLeg('agent', { silenceWatch: false })]);
  } catch {
    await media.close();
    return refuse(503, 'no_media', RETRY_AFTER_SECONDS);
  }
  const mayNameKeys = invite.source.transport === 'tls' || door.srtpKeysWithoutTls;
  const terms = SEATS.map(() => newSrtpTerms(trunk.config.srtp, mayNameKeys, randomBytes));
  const session = new Session(invite, places, terms);
  const sdp = invite.offer === '' ? session.offers() : session.offered(invite.offer);
  if (!sdp.ok) {
    await media.close();
    return refuse(488, sdp.why);
  }
  if (invite.offer === '') {
    const agree = (answer: string): void => {
      if (!session.answered(sdp.sdp, answer)) invite.hangup(); // no sound is no recording, and so the SRC knows
    };
    invite.lateAnswer.then(agree, () => {}); // without an ACK the call is over as any other
  }
  const read = (text: string): void => {
    const why = session.told(text);
    if (why !== null) door.unread(callId, trunk.name, why);
  };
  if (invite.recording && invite.recording.metadata !== '') read(invite.recording.metadata);
  invite.recording?.onMetadata(read);
  const [left, right] = session.legs();
  door.media.set(callId, media);
  const audio = audioOf(media);
  return {
    callId,
    trunk: trunk.name,
    audio: {
      ...audio,
      async close() {
        door.media.delete(callId);
        await audio.close();
      },
    },
    left,
    right,
    facts: () => session.facts(rulesOf(trunk.config)),
    onChange: (listener) => session.onChange(listener),
    answer: () => invite.answer(sdp.sdp),
    refuse: (status, retryAfterSeconds) => invite.reject(status, retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

class Session {
  readonly #invite: IncomingCall;
  readonly #places: readonly [MediaLeg, MediaLeg];
  readonly #terms: readonly SrtpTerms[];
  readonly #identity = newSdpIdentity();
  #seating: Seating = new Map();
  #streams: readonly SeatedStream[] = [];
  #sdp = '';
  /** False while an offer of ours waits for its answer: a source that has not spoken yet has not paused. */
  #isAgreed = true;
  #known = NOBODY;
  #changed: () => void = () => {};

  constructor(invite: IncomingCall, places: readonly [MediaLeg, MediaLeg], terms: readonly SrtpTerms[]) {
    this.#invite = invite;
    this.#places = places;
    this.#terms = terms;
    invite.onReoffer((offer) => {
      // Without an offer of its own it asks for ours: what stands, stands.
      const answer = offer === '' ? { ok: true as const, sdp: this.#sdp } : this.offered(offer);
      if (!answer.ok) return null;
      this.#changed();
      return answer.sdp;
    });
    invite.onReanswer((answer, offer) => void this.answered(offer, answer));
  }

  /** Takes the streams of an offer; a refused one changes nothing. */
  offered(offer: string): { readonly ok: true; readonly sdp: string } | { readonly ok: false; readonly why: string } {
    const answer = answerStreams(offer, this.#local, this.#seats, this.#seating);
    if (answer.ok) this.#take(answer, answer.sdp);
    return answer;
  }

  /** Ours, for an INVITE without one; nothing is agreed on before its answer. */
  offers(): ReturnType<typeof offerStreams> {
    const offer = offerStreams(this.#local, this.#seats);
    if (offer.ok) this.#isAgreed = false;
    return offer;
  }

  /** Takes the streams of the answer to a description of ours. @returns false, and nothing has changed, when none is of use */
  answered(offer: string, answer: string): boolean {
    const agreed = acceptStreams(offer, answer, this.#seating.size === 0 ? undefined : this.#seating);
    if (!agreed.ok) return false;
    this.#take(agreed, offer);
    this.#changed();
    return true;
  }

  get #local() {
    return { address: this.#places[0].address, ...this.#identity };
  }

  get #seats(): readonly [Place, Place] {
    const at = (seat: Seat): Place => ({ rtpPort: this.#places[seat].port, ...(this.#terms[seat] && { srtp: this.#terms[seat] }) });
    return [at(0), at(1)];
  }

  #take({ seating, streams }: { readonly seating: Seating; readonly streams: readonly SeatedStream[] }, sdp: string): void {
    this.#identity.version += 1;
    this.#isAgreed = true;
    this.#seating = seating;
    this.#streams = streams;
    this.#sdp = sdp;
    for (const seat of SEATS) {
      const stream = streams.find((one) => one.seat === seat);
      if (stream) this.#places[seat].setRemote(stream.remote);
      // What arrives on a stream that is paused or off is not to be kept.
      this.#places[seat].mute(stream?.sends !== true);
    }
  }

  /** @returns why it could not be read, null when it was */
  told(text: string): string | null {
    const read = readMetadata(text);
    if (!read.ok) return read.why;
    this.#known = follow(this.#known, read.metadata);
    this.#changed();
    return null;
  }

  facts(rules: NumberRules): ForkedFacts {
    const labels = SEATS.map((seat) => this.#streams.find((stream) => stream.seat === seat)?.label ?? null);
    const [left, right] = partiesOn(this.#known, labels);
    return {
      session: this.#known.session,
      parties: [spelt(left, rules), spelt(right, rules)],
      paused: this.#isAgreed && !this.#streams.some(({ sends }) => sends),
    };
  }

  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  /** Both end with the session, and the session with either. */
  legs(): readonly [Leg, Leg] {
    const invite = this.#invite;
    const [first, second] = this.#places;
    const left = makeLeg({ kind: 'sip', place: first, onHangup: () => invite.hangup() });
    const right = makeLeg({ kind: 'sip', place: second, onHangup: () => invite.hangup() });
    void invite.ended.then((how) => {
      for (const terms of this.#terms) wipeTerms(terms);
      const why = how.by === 'transport' || how.by === 'timeout' ? 'transport_lost' : how.by === 'local' ? 'closed_by_site' : 'hung_up';
      left.end(why);
      right.end(why);
    });
    return [left.leg, right.leg];
  }
}

/** One party, one spelling, whichever way its exchange writes it; what fits no plan stays. */
function spelt(party: ForkedParty | null, rules: NumberRules): ForkedParty | null {
  if (party === null) return null;
  const number = readNumber(party.number, rules);
  return { ...party, number: number.kind === 'unknown' ? party.number : number.national };
}
