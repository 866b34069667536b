/**
 * The formats we speak: G.711 A-law and µ-law (RFC 3551 §4.5.14) and telephone-event (RFC 4733), all at 8000 Hz.
 */
import { attributes, type SdpMedia } from './session.ts';

export type AudioCodec = 'PCMA' | 'PCMU';
export const CLOCK_RATE_HZ = 8000;
/** Payload types RFC 3551 §6 fixes, so an m= line may use them without an rtpmap. */
export const STATIC_PAYLOAD_TYPES: Readonly<Record<AudioCodec, number>> = { PCMA: 8, PCMU: 0 };
/** What we name the key presses in our own offers; any number from 96 to 127 would do. */
export const DTMF_PAYLOAD_TYPE = 101;
/** Comfort noise at 8 kHz, RFC 3389 §4: no other number stands for it at this rate. */
export const COMFORT_NOISE_PAYLOAD_TYPE = 13;

export interface CommonFormats {
  readonly codec: AudioCodec;
  readonly payloadType: number;
  /** null when the far end reads no RFC 4733 events. */
  readonly dtmfPayloadType: number | null;
  /** The far end takes comfort noise for silence. */
  readonly comfortNoise?: boolean;
}

/**
 * The first format of an m= line that we speak, in the order of the line (RFC 3264 §6.1 asks to keep to the offerer's preference),
 * and the telephone-event of the same clock rate: some phones list one per rate and the wrong one is silently useless.
 */
export function commonFormats(media: SdpMedia): CommonFormats | null {
  const encodings = encodingsOf(media);
  let audio: { codec: AudioCodec; payloadType: number } | null = null;
  let dtmfPayloadType: number | null = null;
  let comfortNoise = false;
  for (const format of media.formats) {
    const payloadType = payloadTypeOf(format);
    if (payloadType === null) continue;
    if (payloadType === COMFORT_NOISE_PAYLOAD_TYPE && isComfortNoise(encodings.get(payloadType))) comfortNoise = true;
    const codec = codecOf(encodings.get(payloadType), payloadType);
    if (codec === 'telephone-event') dtmfPayloadType ??= payloadType;
    else if (codec !== null) audio ??= { codec, payloadType };
  }
  return audio === null ? null : { ...audio, dtmfPayloadType, ...(comfortNoise && { comfortNoise }) };
}

const isComfortNoise = (encoding: string | undefined): boolean => encoding === undefined || /^CN\/8000(\/1)?$/.test(encoding);

function codecOf(encoding: string | undefined, payloadType: number): AudioCodec | 'telephone-event' | null {
  switch (encoding) {
    case 'PCMA/8000':
    case 'PCMA/8000/1':
      return 'PCMA';
    case 'PCMU/8000':
    case 'PCMU/8000/1':
      return 'PCMU';
    case 'TELEPHONE-EVENT/8000':
    case 'TELEPHONE-EVENT/8000/1':
      return 'telephone-event';
    case undefined:
      return payloadType === STATIC_PAYLOAD_TYPES.PCMA ? 'PCMA' : payloadType === STATIC_PAYLOAD_TYPES.PCMU ? 'PCMU' : null;
    default:
      return null;
  }
}

/** Payload type to encoding in capitals; names are compared without case (RFC 8866 §6.6). */
function encodingsOf(media: SdpMedia): Map<number, string> {
  const encodings = new Map<number, string>();
  for (const rtpmap of attributes(media.lines, 'rtpmap')) {
    const space = rtpmap.indexOf(' ');
    const payloadType = payloadTypeOf(rtpmap.slice(0, Math.max(space, 0)));
    if (payloadType !== null && !encodings.has(payloadType))
      encodings.set(
        payloadType,
        rtpmap
          .slice(space + 1)
          .trim()
          .toUpperCase(),
      );
  }
  return encodings;
}

function payloadTypeOf(format: string): number | null {
  if (!/^[0-9]{1,3}$/.test(format)) return null;
  const payloadType = Number(format);
  return payloadType <= 127 ? payloadType : null;
}
