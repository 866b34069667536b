/**
 * Offer and answer for one stream of G.711 audio (RFC 3264). Pure: text in, text and the far end's RTP address out.
 */
import { CLOCK_RATE_HZ, type CommonFormats, commonFormats, DTMF_PAYLOAD_TYPE, STATIC_PAYLOAD_TYPES } from './codecs.ts';
import { answeredDirection, type Direction, statedDirection } from './direction.ts';
import { SdpAnswerUnusable } from './errors.ts';
import { attributes, connectionAddress, formatSdp, parseSdp, type SdpLine, type SdpMedia, type SdpSession } from './session.ts';

export interface LocalAudio {
  /** IPv4 address and even UDP port we receive RTP at. */
  readonly address: string;
  readonly rtpPort: number;
  /** `o=` numbers: the id stays for the life of the call, the version grows by one with every changed description (RFC 3264 §5). */
  readonly sessionId: number;
  readonly version: number;
  /** What we want; default `sendrecv`. */
  readonly direction?: Direction;
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
}

export type AudioAnswer =
  | { readonly ok: true; readonly sdp: string; readonly remote: RtpRemote }
  | { readonly ok: false; readonly why: OfferFault };
export type OfferFault = 'malformed' | 'no_audio' | 'srtp_not_supported' | 'no_common_codec' | 'no_address';

const DEFAULT_PTIME_MS = 20;
const MAX_PTIME_MS = 200;
const HOLD_ADDRESS = '0.0.0.0'; // RFC 2543 hold, still sent by old PBXs; RFC 3264 §8.4
/** AVPF only promises feedback we may leave unused (RFC 4585), so it is answered as offered. */
const PLAIN_RTP = new Set(['RTP/AVP', 'RTP/AVPF']);

/** Takes the first usable audio stream of an offer and switches every other stream off, in place (RFC 3264 §6). */
export function answerAudio(offer: string, local: LocalAudio): AudioAnswer {
  const parsed = parseSdp(offer);
  if (!parsed.ok) return { ok: false, why: 'malformed' };
  const { session } = parsed;
  const media: SdpMedia[] = [];
  let remote: RtpRemote | null = null;
  let why: OfferFault = 'no_audio';
  for (const section of session.media) {
    const usable: RtpRemote | OfferFault = remote === null ? remoteAudio(session, section) : 'no_audio';
    if (typeof usable === 'string') {
      if (usable !== 'no_audio') why = usable;
      media.push({ ...section, port: 0, lines: [] });
    } else {
      remote = usable;
      const direction = answeredDirection(heardDirection(usable), local.direction ?? 'sendrecv');
      media.push({ kind: 'audio', port: local.rtpPort, protocol: section.protocol, ...audioFormats(usable, usable.ptimeMs, direction) });
    }
  }
  if (remote === null) return { ok: false, why };
  const times = session.lines.filter((line) => line.type === 't'); // the answer repeats t= of the offer (RFC 3264 §6)
  return { ok: true, sdp: describe(local, times, media), remote };
}

/** Offers PCMA, then PCMU, with key presses as RFC 4733 events. */
export function offerAudio(local: LocalAudio): string {
  const section: SdpMedia = {
    kind: 'audio',
    port: local.rtpPort,
    protocol: 'RTP/AVP',
    formats: [`${STATIC_PAYLOAD_TYPES.PCMA}`, `${STATIC_PAYLOAD_TYPES.PCMU}`, `${DTMF_PAYLOAD_TYPE}`],
    lines: [
      rtpmap(STATIC_PAYLOAD_TYPES.PCMA, 'PCMA'),
      rtpmap(STATIC_PAYLOAD_TYPES.PCMU, 'PCMU'),
      ...dtmfLines(DTMF_PAYLOAD_TYPE),
      attribute(`ptime:${DEFAULT_PTIME_MS}`),
      attribute(local.direction ?? 'sendrecv'),
    ],
  };
  return describe(local, [{ type: 't', value: '0 0' }], [section]);
}

/**
 * Reads the answer to an offer of ours.
 * @throws SdpAnswerUnusable when it is not a description, refuses the audio, or chose a format we did not offer
 */
export function acceptAnswer(offer: string, answer: string): RtpRemote {
  const offered = parseSdp(offer);
  const parsed = parseSdp(answer);
  if (!offered.ok || !parsed.ok) throw new SdpAnswerUnusable('malformed');
  const at = offered.session.media.findIndex((section) => section.kind === 'audio' && section.port > 0);
  const section = parsed.session.media[at]; // streams are matched by position (RFC 3264 §6)
  if (section === undefined) throw new SdpAnswerUnusable('no_audio');
  const remote = remoteAudio(parsed.session, section);
  if (typeof remote === 'string') throw new SdpAnswerUnusable(remote);
  return remote;
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
function remoteAudio(session: SdpSession, media: SdpMedia): RtpRemote | OfferFault {
  if (media.kind !== 'audio' || media.port === 0) return 'no_audio';
  if (!PLAIN_RTP.has(media.protocol)) return media.protocol.includes('SAVP') ? 'srtp_not_supported' : 'no_audio';
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

/** A hold by address alone says `sendrecv` and means that it does not listen; answering `recvonly` says that we understood. */
function heardDirection(remote: RtpRemote): Direction {
  return remote.held && remote.direction === 'sendrecv' ? 'sendonly' : remote.direction;
}

function audioFormats(common: CommonFormats, ptimeMs: number, direction: Direction): { formats: string[]; lines: SdpLine[] } {
  const formats = [`${common.payloadType}`];
  const lines = [rtpmap(common.payloadType, common.codec)];
  if (common.dtmfPayloadType !== null) {
    formats.push(`${common.dtmfPayloadType}`);
    lines.push(...dtmfLines(common.dtmfPayloadType));
  }
  lines.push(attribute(`ptime:${ptimeMs}`), attribute(direction));
  return { formats, lines };
}

function describe(local: LocalAudio, times: readonly SdpLine[], media: readonly SdpMedia[]): string {
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
