/**
 * Offer and answer for one stream of G.711 audio (RFC 3264). Pure: text in, text and the far end's RTP address out.
 */
import {
  CLOCK_RATE_HZ,
  COMFORT_NOISE_PAYLOAD_TYPE,
  type CommonFormats,
  commonFormats,
  DTMF_PAYLOAD_TYPE,
  STATIC_PAYLOAD_TYPES,
} from './codecs.ts';
import { answeredDirection, type Direction, statedDirection } from './direction.ts';
import { SdpAnswerUnusable } from './errors.ts';
import { attributes, connectionAddress, formatSdp, parseSdp, type SdpLine, type SdpMedia, type SdpSession } from './session.ts';
import type { Agreed, SrtpFault, SrtpKeys, SrtpTerms } from './srtp-terms.ts';
import { agreeAnswered, agreeOffered, answerLines, isRtp, offerLines } from './srtp-terms.ts';

export type { SrtpKeys, SrtpTerms } from './srtp-terms.ts';

export interface LocalAudio {
  /** IPv4 address and even UDP port we receive RTP at. */
  readonly address: string;
  readonly rtpPort: number;
  /** `o=` numbers: the id stays for the life of the call, the version grows by one with every changed description (RFC 3264 §5). */
  readonly sessionId: number;
  readonly version: number;
  /** What we want; default `sendrecv`. */
  readonly direction?: Direction;
  /** Default: sound in the clear only. */
  readonly srtp?: SrtpTerms;
}

export interface RtpRemote extends CommonFormats {
  readonly address: string;
  readonly port: number;
  /** Packet length the far end wants to receive, ms. */
  readonly ptimeMs: number;
  /** As the far end states it. */
  readonly direction: Direction;
  /** The far end put us on hold: it does not listen (`sendonly`, `inactive`, or the older address 0.0.0.0). */
  readonly held: boolean;
  /** Absent for sound in the clear. */
  readonly srtp?: SrtpKeys;
}

export type AudioAnswer =
  | { readonly ok: true; readonly sdp: string; readonly remote: RtpRemote }
  | { readonly ok: false; readonly why: OfferFault };
export type OfferFault = 'malformed' | 'no_audio' | SrtpFault | 'no_common_codec' | 'no_address';

const DEFAULT_PTIME_MS = 20;
const MAX_PTIME_MS = 200;
const HOLD_ADDRESS = '0.0.0.0'; // RFC 2543 hold, still sent by old PBXs; RFC 3264 §8.4

interface Usable {
  readonly at: number;
  readonly remote: RtpRemote;
  readonly agreed: Agreed;
}

/**
 * Takes the first usable audio stream of an offer, an encrypted one before one in the clear, and switches every other stream off, in place
 * (RFC 3264 §6).
 */
export function answerAudio(offer: string, local: LocalAudio): AudioAnswer {
  const parsed = parseSdp(offer);
  if (!parsed.ok) return { ok: false, why: 'malformed' };
  const { session } = parsed;
  const usable: Usable[] = [];
  let why: OfferFault = 'no_audio';
  session.media.forEach((section, at) => {
    const remote = remoteAudio(session, section);
    const agreed = typeof remote === 'string' ? remote : agreeOffered(section, local.srtp);
    if (typeof remote === 'string' || typeof agreed === 'string') {
      if (typeof agreed === 'string' && agreed !== 'no_audio') why = agreed;
    } else usable.push({ at, remote: withKeys(remote, agreed), agreed });
  });
  const chosen = usable.find(({ agreed }) => agreed !== null) ?? usable[0];
  if (chosen === undefined) return { ok: false, why };
  const { remote, agreed } = chosen;
  const direction = answeredDirection(heardDirection(remote), local.direction ?? 'sendrecv');
  const media = session.media.map((section, at): SdpMedia => {
    if (at !== chosen.at) return { ...section, port: 0, lines: [] };
    const { formats, lines } = audioFormats(remote, remote.ptimeMs, direction);
    // No more than the keys: `fingerprint` and `setup` are of DTLS, and a far end that finds them here may wait for its handshake.
    return { kind: 'audio', port: local.rtpPort, protocol: section.protocol, formats, lines: [...lines, ...answerLines(agreed)] };
  });
  const times = session.lines.filter((line) => line.type === 't'); // the answer repeats t= of the offer (RFC 3264 §6)
  return { ok: true, sdp: describe(local, times, media), remote };
}

/** Offers PCMA, then PCMU, with key presses as RFC 4733 events, and keys as `local.srtp` says. */
export function offerAudio(local: LocalAudio): string {
  return describe(local, [{ type: 't', value: '0 0' }], [offeredAudio(local)]);
}

/** One stream of such an offer. */
export function offeredAudio(local: Pick<LocalAudio, 'rtpPort' | 'direction' | 'srtp'>): SdpMedia {
  const { protocol, lines: keys } = offerLines(local.srtp);
  return {
    kind: 'audio',
    port: local.rtpPort,
    protocol,
    formats: [`${STATIC_PAYLOAD_TYPES.PCMA}`, `${STATIC_PAYLOAD_TYPES.PCMU}`, `${DTMF_PAYLOAD_TYPE}`],
    lines: [
      rtpmap(STATIC_PAYLOAD_TYPES.PCMA, 'PCMA'),
      rtpmap(STATIC_PAYLOAD_TYPES.PCMU, 'PCMU'),
      ...dtmfLines(DTMF_PAYLOAD_TYPE),
      attribute(`ptime:${DEFAULT_PTIME_MS}`),
      attribute(local.direction ?? 'sendrecv'),
      ...keys,
    ],
  };
}

/**
 * Reads the answer to an offer of ours.
 * @throws SdpAnswerUnusable when it is not a description, refuses the audio, chose a format we did not offer, or leaves out the encryption
 *   that the offer required
 */
export function acceptAnswer(offer: string, answer: string): RtpRemote {
  const offered = parseSdp(offer);
  const parsed = parseSdp(answer);
  if (!offered.ok || !parsed.ok) throw new SdpAnswerUnusable('malformed');
  const at = offered.session.media.findIndex((section) => section.kind === 'audio' && section.port > 0);
  const section = parsed.session.media[at]; // streams are matched by position (RFC 3264 §6)
  const ours = offered.session.media[at];
  if (section === undefined || ours === undefined) throw new SdpAnswerUnusable('no_audio');
  const remote = acceptAnsweredAudio(parsed.session, ours, section);
  if (typeof remote === 'string') throw new SdpAnswerUnusable(remote);
  return remote;
}

/** What one stream of ours became by its m= line of the answer, or why it is of no use. */
export function acceptAnsweredAudio(answered: SdpSession, ours: SdpMedia, theirs: SdpMedia): RtpRemote | OfferFault {
  const remote = remoteAudio(answered, theirs);
  if (typeof remote === 'string') return remote;
  const agreed = agreeAnswered(ours, theirs);
  return typeof agreed === 'string' ? agreed : withKeys(remote, agreed);
}

/**
 * Gives a draft the right `o=` version: the last description unchanged when only the version differs, else one version more than
 * the last (RFC 3264 §8), whatever version the draft was made with.
 */
export function succeedSdp(last: string, draft: string): string {
  const before = parseSdp(last);
  const after = parseSdp(draft);
  if (!before.ok || !after.ok) return draft;
  const withVersion = (version: string): string => formatSdp({ ...after.session, origin: { ...after.session.origin, version } });
  const { version } = before.session.origin;
  return withVersion(version) === formatSdp(before.session) ? last : withVersion(String(BigInt(version) + 1n));
}

/** Where and how the far end wants its audio, or why the stream is of no use. */
export function remoteAudio(session: SdpSession, media: SdpMedia): RtpRemote | OfferFault {
  if (media.kind !== 'audio' || media.port === 0 || !isRtp(media.protocol)) return 'no_audio';
  const formats = commonFormats(media);
  if (formats === null) return 'no_common_codec';
  const address = connectionAddress(media.lines) ?? connectionAddress(session.lines);
  if (address === null) return 'no_address';
  const direction = statedDirection(media.lines, session.lines);
  const ptime = Number(attributes(media.lines, 'ptime')[0]);
  return {
    ...formats,
    address,
    port: media.port,
    ptimeMs: Number.isInteger(ptime) && ptime >= 10 && ptime <= MAX_PTIME_MS ? ptime : DEFAULT_PTIME_MS,
    direction,
    held: address === HOLD_ADDRESS || direction === 'sendonly' || direction === 'inactive',
  };
}

export const withKeys = (remote: RtpRemote, agreed: Agreed): RtpRemote => (agreed === null ? remote : { ...remote, srtp: agreed.keys });

/** A hold by address alone says `sendrecv` and means that it does not listen; answering `recvonly` says that we understood. */
function heardDirection(remote: RtpRemote): Direction {
  return remote.held && remote.direction === 'sendrecv' ? 'sendonly' : remote.direction;
}

export function audioFormats(common: CommonFormats, ptimeMs: number, direction: Direction): { formats: string[]; lines: SdpLine[] } {
  const formats = [`${common.payloadType}`];
  const lines = [rtpmap(common.payloadType, common.codec)];
  if (common.dtmfPayloadType !== null) {
    formats.push(`${common.dtmfPayloadType}`);
    lines.push(...dtmfLines(common.dtmfPayloadType));
  }
  if (common.comfortNoise === true) {
    formats.push(`${COMFORT_NOISE_PAYLOAD_TYPE}`);
    lines.push(rtpmap(COMFORT_NOISE_PAYLOAD_TYPE, 'CN'));
  }
  lines.push(attribute(`ptime:${ptimeMs}`), attribute(direction));
  return { formats, lines };
}

export function describe(
  local: Pick<LocalAudio, 'address' | 'sessionId' | 'version'>,
  times: readonly SdpLine[],
  media: readonly SdpMedia[],
): string {
  return formatSdp({
    origin: { username: '-', sessionId: String(local.sessionId), version: String(local.version), address: local.address },
    name: '-',
    lines: [{ type: 'c', value: `IN IP4 ${local.address}` }, ...times],
    media,
  });
}

const attribute = (value: string): SdpLine => ({ type: 'a', value });
const rtpmap = (payloadType: number, encoding: string): SdpLine => attribute(`rtpmap:${payloadType} ${encoding}/${CLOCK_RATE_HZ}`);
/** Events 0 to 15 are the keys, 16 is the flash hook (RFC 4733 §3.2). */
const dtmfLines = (payloadType: number): SdpLine[] => [rtpmap(payloadType, 'telephone-event'), attribute(`fmtp:${payloadType} 0-16`)];
