/**
 * What became of numbered packets that were sent round and came back, pure: how many, how late, how unevenly, and the score by `leg-quality.ts`. Times are
 * monotonic ms.
 */
import { estimate } from './leg-quality.ts';
import { ReceptionQuality } from './quality.ts';
import { read32, type RtpHeader, write32 } from './rtp-packet.ts';

export interface EchoFigures {
  readonly sent: number;
  readonly received: number;
  /** Of those sent, on either way. */
  readonly lost: number;
  /** RFC 3550 §6.4.1, of what came back. */
  readonly jitterMs: number;
  /** The middle one of all packets; null when none came back. */
  readonly roundTripMs: number | null;
  /** Estimated mean opinion score (ITU-T G.107), 1 to 4.5; null with less than a second of sound. */
  readonly mos: number | null;
}

/** Bytes of the payload that number a packet. */
export const NUMBER_BYTES = 4;

export class EchoMeasure {
  readonly #sentMs: number[] = [];
  readonly #tripsMs = new Map<number, number>();
  readonly #quality = new ReceptionQuality();

  /** Numbers the packet whose payload begins at `at`. */
  send(packet: Uint8Array, at: number, nowMs: number): void {
    write32(packet, at, this.#sentMs.length);
    this.#sentMs.push(nowMs);
  }

  /** A packet of somebody else, or one that came twice, changes nothing. */
  received(packet: Uint8Array, header: RtpHeader, nowMs: number): void {
    if (header.payloadLength < NUMBER_BYTES) return;
    const number = read32(packet, header.payloadOffset);
    const sentMs = this.#sentMs[number];
    if (sentMs === undefined || this.#tripsMs.has(number)) return;
    this.#tripsMs.set(number, nowMs - sentMs);
    this.#quality.received(header.ssrc, header.sequence, header.timestamp, true, nowMs);
  }

  figures(): EchoFigures {
    const sent = this.#sentMs.length;
    const trips = [...this.#tripsMs.values()].toSorted((a, b) => a - b);
    const received = trips.length;
    const roundTripMs = trips[Math.floor(received / 2)] ?? null;
    const lost = sent - received;
    const { jitterMs } = this.#quality;
    return {
      ...{ sent, received, lost, jitterMs: tenths(jitterMs) },
      roundTripMs: roundTripMs === null ? null : tenths(roundTripMs),
      mos: estimate(received, lost, jitterMs, roundTripMs),
    };
  }
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
