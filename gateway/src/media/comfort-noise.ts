/**
 * Comfort noise at 8 kHz (RFC 3389): a far end that stops sending while nobody speaks says how loud its silence is, in −dBov from 0 to 127, and
 * that noise is made here until it speaks again. Its spectrum (§3.1) is left out: white noise is what most phones make of it too.
 */
import { ALAW_SILENCE, linearToAlaw } from './g711.ts';
import { PACKET_SAMPLES } from './player.ts';
import { emptyHeader, RTP_HEADER_BYTES, type RtpHeader } from './rtp-packet.ts';

/** −dBov of our own silence, when we name it: what a quiet room leaves on a telephone line. */
export const QUIET_LEVEL = 70;
/** Quieter than the smallest step of A-law is silence. */
const SILENT_LEVEL = 78;
const FULL_SCALE = 32_767;

export class ComfortNoise {
  #seed = 0x2545_f491;
  /** −dBov, RFC 3389 §3. */
  level = QUIET_LEVEL;
  /** When it began, monotonic ms. */
  readonly sinceMs: number;
  readonly #header: RtpHeader;

  /** @param ssrc of the far end; the noise is a source of its own, so that its numbers need not fit between those of the far end */
  constructor(ssrc: number, sinceMs: number) {
    this.sinceMs = sinceMs;
    this.#header = { ...emptyHeader(), ssrc: (ssrc ^ 1) >>> 0, payloadOffset: RTP_HEADER_BYTES, payloadLength: PACKET_SAMPLES };
  }

  /** The next 20 ms, as if they had come from the far end; the header is good until the call after. */
  next(): { readonly header: RtpHeader; readonly packet: Buffer } {
    const header = this.#header;
    header.sequence = (header.sequence + 1) & 0xffff;
    header.timestamp = (header.timestamp + PACKET_SAMPLES) >>> 0;
    header.payloadLength = PACKET_SAMPLES;
    const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + PACKET_SAMPLES);
    this.fill(packet, RTP_HEADER_BYTES, PACKET_SAMPLES);
    return { header, packet };
  }

  /** Takes the first byte of a comfort-noise payload; an empty one keeps the level there was. */
  hear(packet: Uint8Array, at: number, length: number): void {
    if (length > 0) this.level = (packet[at] ?? QUIET_LEVEL) & 0x7f;
  }

  /** Fills `samples` at `at` with A-law noise of that level. */
  fill(into: Uint8Array, at: number, samples: number): void {
    if (this.level >= SILENT_LEVEL) {
      into.fill(ALAW_SILENCE, at, at + samples);
      return;
    }
    const peak = FULL_SCALE * 10 ** (-this.level / 20) * Math.sqrt(3); // of evenly spread values, whose RMS is peak / √3
    for (let i = at; i < at + samples; i++)
      into[i] = linearToAlaw(Math.round(Math.max(-FULL_SCALE, Math.min(FULL_SCALE, peak * this.#next()))));
  }

  /** −1 to 1, xorshift: noise needs no secret. */
  #next(): number {
    let seed = this.#seed;
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    this.#seed = seed;
    return seed / 0x8000_0000;
  }
}
