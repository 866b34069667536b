/**
 * The answer to an SRC's offer: two streams at most, heard only (RFC 7866 §7.2, RFC 3264). Each keeps its place in the recording as long as its
 * m= line is on, whatever else comes and goes. Pure.
 */
import { answeredDirection } from '../sdp/direction.ts';
import { audioFormats, describe, type LocalAudio, type OfferFault, remoteAudio, type RtpRemote, withKeys } from '../sdp/offer-answer.ts';
import { attributes, parseSdp, type SdpMedia } from '../sdp/session.ts';
import { type Agreed, agreeOffered, answerLines, type SrtpTerms } from '../sdp/srtp-terms.ts';

/** Left and right. */
export const SEATS = [0, 1] as const;
export type Seat = (typeof SEATS)[number];

/** Where one stream arrives. */
export interface Place {
  readonly rtpPort: number;
  /** Keys of its own: two streams never share one (RFC 4568 §6). */
  readonly srtp?: SrtpTerms;
}
export interface SeatedStream {
  readonly seat: Seat;
  /** Of `a=label` (RFC 4574); without one the number of the stream, as some products count. */
  readonly label: string;
  /** Sound is on its way; else it is paused. */
  readonly sends: boolean;
  readonly remote: RtpRemote;
}
/** Which m= line sits where. */
export type Seating = ReadonlyMap<number, Seat>;
export type StreamsAnswer =
  | { readonly ok: true; readonly sdp: string; readonly streams: readonly SeatedStream[]; readonly seating: Seating }
  | { readonly ok: false; readonly why: OfferFault };

interface Usable {
  readonly at: number;
  readonly section: SdpMedia;
  readonly remote: RtpRemote;
  readonly agreed: Agreed;
}

/** @param before who sat where; a line that is off, or of no use any more, gives its seat back */
export function answerStreams(
  offer: string,
  local: Pick<LocalAudio, 'address' | 'sessionId' | 'version'>,
  places: readonly [Place, Place],
  before: Seating = new Map(),
): StreamsAnswer {
  const parsed = parseSdp(offer);
  if (!parsed.ok) return { ok: false, why: 'malformed' };
  const { session } = parsed;
  const usable: Usable[] = [];
  let why: OfferFault = 'no_audio';
  session.media.forEach((section, at) => {
    const remote = remoteAudio(session, section);
    // Keys of the place it would take; every place has the same policy.
    const agreed = typeof remote === 'string' ? remote : agreeOffered(section, places[before.get(at) ?? 0].srtp);
    if (typeof remote !== 'string' && typeof agreed !== 'string') usable.push({ at, section, remote, agreed });
    else if (typeof agreed === 'string' && agreed !== 'no_audio') why = agreed;
  });
  const seating = seated(usable, before);
  if (seating.size === 0 && before.size === 0) return { ok: false, why };
  const streams: SeatedStream[] = [];
  const media = session.media.map((section, at): SdpMedia => {
    const seat = seating.get(at);
    const found = usable.find((one) => one.at === at);
    const place = seat === undefined ? undefined : places[seat];
    const agreed = found && agreeOffered(section, place?.srtp);
    if (seat === undefined || !found || !place || typeof agreed === 'string' || agreed === undefined)
      return { ...section, port: 0, lines: [] };
    const direction = answeredDirection(found.remote.direction, 'recvonly');
    const [label] = attributes(section.lines, 'label');
    streams.push(seatedStream(seat, section, withKeys(found.remote, agreed)));
    const { formats, lines } = audioFormats(found.remote, found.remote.ptimeMs, direction);
    const labelled = label === undefined ? [] : [{ type: 'a', value: `label:${label}` }];
    return {
      ...{ kind: 'audio', port: place.rtpPort, protocol: section.protocol, formats },
      lines: [...lines, ...labelled, ...answerLines(agreed)],
    };
  });
  const times = session.lines.filter((line) => line.type === 't');
  return { ok: true, sdp: describe(local, times, media), streams, seating };
}

/** A stream of the SRC in its seat. @param section the m= line in which it says so */
export function seatedStream(seat: Seat, section: SdpMedia, remote: RtpRemote): SeatedStream {
  const sends = answeredDirection(remote.direction, 'recvonly') === 'recvonly';
  const [label] = attributes(section.lines, 'label');
  // Nothing is ever sent to an SRC, and its silence is no loss: `held` would keep a dead stream looking held.
  return { seat, label: label ?? `${seat + 1}`, sends, remote: { ...remote, direction: sends ? 'sendonly' : 'inactive', held: !sends } };
}

function seated(usable: readonly Usable[], before: Seating): Seating {
  const seating = new Map([...before].filter(([at]) => usable.some((one) => one.at === at)));
  for (const { at } of usable) {
    if (seating.has(at)) continue;
    const free = SEATS.find((seat) => ![...seating.values()].includes(seat));
    if (free !== undefined) seating.set(at, free);
  }
  return seating;
}
