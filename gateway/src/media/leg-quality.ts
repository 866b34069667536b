/**
 * How a leg sounds, over its whole life and in samples of 10 s: counted at arrival (`quality.ts`), reported by the far end (`leg-reports.ts`),
 * and estimated as a mean opinion score (`e-model.ts`). Nothing here is measured at an ear.
 */
import { mosOf, ratingOf } from './e-model.ts';
import type { LegIntake } from './leg-intake.ts';
import type { LegReports } from './leg-reports.ts';
import type { ReceptionQuality } from './quality.ts';

export interface LegQuality {
  readonly packets: number;
  readonly lost: number;
  readonly reordered: number;
  readonly duplicates: number;
  /** Of the present source, ms. */
  readonly jitterMs: number;
  /** Packets sent to the far end. */
  readonly sent: number;
  /** From RTCP, ms; null before the far end has reported. */
  readonly roundTripMs: number | null;
  /** Packets the far end says it has lost; null before it has reported. */
  readonly lostByRemote: number | null;
  /** Estimated score of the voice that came from the far end, 1 to 4.5; null before there was any. */
  readonly mos: number | null;
  /** The worst estimate of any 10 s of it; null before the first. */
  readonly worstMos: number | null;
  /** The same of what the far end heard, by its own reports. */
  readonly mosByRemote: number | null;
  readonly encrypted: boolean;
  /** Packets whose SRTP tag did not fit: forged, or another key. */
  readonly unauthentic: number;
  /** SRTP packets that came again, or too late to be told from such. */
  readonly replayed: number;
}

/** One interval of a leg. */
export interface LegSample {
  readonly packets: number;
  readonly lost: number;
  readonly jitterMs: number;
  readonly roundTripMs: number | null;
  readonly mos: number;
}

/** Packet length and a jitter buffer of this length are in every path, ms; a buffer grows with jitter. */
const PACKET_MS = 20;
const BUFFER_MIN_MS = 20;

/** Fewer packets say nothing: one second of sound. */
const PACKETS_MIN = 50;

/** @param lost of `packets + lost` in all */
export function estimate(packets: number, lost: number, jitterMs: number, roundTripMs: number | null): number | null {
  if (packets < PACKETS_MIN) return null;
  const oneWayMs = (roundTripMs ?? 0) / 2 + PACKET_MS + Math.max(BUFFER_MIN_MS, 2 * jitterMs);
  const missing = Math.max(0, lost);
  return rounded(mosOf(ratingOf({ oneWayMs, lossPercent: (100 * missing) / (packets + missing) })));
}

export function legQuality({ quality, security }: LegIntake, reports: LegReports, sent: number, worstMos: number | null): LegQuality {
  const { packets, lost, reordered, duplicates, jitterMs } = quality;
  const { roundTripMs, lostByRemote, jitterByRemoteMs } = reports;
  return {
    packets,
    lost,
    reordered,
    duplicates,
    jitterMs: rounded(jitterMs),
    sent,
    roundTripMs,
    lostByRemote,
    mos: estimate(packets, lost, jitterMs, roundTripMs),
    worstMos,
    mosByRemote: lostByRemote === null ? null : estimate(sent - Math.max(0, lostByRemote), lostByRemote, jitterByRemoteMs, roundTripMs),
    encrypted: security.isOn,
    unauthentic: security.unauthentic,
    replayed: security.replayed,
  };
}

/** Cuts the counts of a leg into intervals. */
export class QualitySampler {
  #packets = 0;
  #lost = 0;
  /** The worst estimate so far; null before the first. */
  worstMos: number | null = null;

  /** What came since the last call; undefined when it was too little to judge, as on hold. */
  take(quality: ReceptionQuality, { roundTripMs }: LegReports): LegSample | undefined {
    const packets = quality.packets - this.#packets;
    const lost = Math.max(0, quality.lost - this.#lost); // a packet that came late after all makes it less
    this.#packets = quality.packets;
    this.#lost = quality.lost;
    const jitterMs = rounded(quality.jitterMs);
    const mos = estimate(packets, lost, jitterMs, roundTripMs);
    if (mos === null) return undefined;
    this.worstMos = Math.min(mos, this.worstMos ?? mos);
    return { packets, lost, jitterMs, roundTripMs, mos };
  }
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
