/**
 * Digits carried as RFC 4733 telephone events. Each key press is reported once, at the first packet seen of its event: a menu reacts at
 * key down, and a press whose end packets are all lost still counts. All packets of one event share a timestamp (§2.5.1.2), which is
 * what tells repeats and the three end packets from a new press of the same key.
 */
import { read16 } from './rtp-packet.ts';
import { timestampDistance } from './source-continuity.ts';

/** Events 0 to 15, RFC 4733 §3.2. */
const KEYS = '0123456789*#ABCD';
/** An event longer than this is cut into segments; each goes on where the last one ended (RFC 4733 §2.5.1.3). */
const SEGMENT_SAMPLES = 0xffff;

export class DigitReader {
  #ssrc = -1;
  #timestamp = 0;
  #event = -1;
  #ended = true;

  /** Returns the key when this packet is the first of a press, else undefined. A payload that is no event is ignored. */
  read(ssrc: number, timestamp: number, bytes: Uint8Array, offset: number, length: number): string | undefined {
    if (length < 4) return undefined;
    const event = bytes[offset] ?? 0;
    const ended = ((bytes[offset + 1] ?? 0) & 0x80) !== 0;
    const duration = read16(bytes, offset + 2);
    if (event >= KEYS.length) return undefined;

    const known = ssrc === this.#ssrc;
    const ahead = timestampDistance(this.#timestamp, timestamp);
    if (known && ahead === 0) {
      this.#ended ||= ended;
      return undefined;
    }
    if (known && ahead < 0) return undefined; // a late packet of an earlier press
    const nextSegment = known && !this.#ended && event === this.#event && ahead === SEGMENT_SAMPLES;
    this.#ssrc = ssrc;
    this.#timestamp = timestamp;
    this.#event = event;
    this.#ended = ended && duration > 0;
    return nextSegment ? undefined : KEYS[event];
  }
}
