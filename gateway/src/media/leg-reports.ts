/**
 * RTCP of a leg: what it tells its far end and what it learns from it, round trip (RFC 3550 §6.4.1) and loss there. Wall times in ms.
 */
import type { FarReport } from './edge-messages.ts';
import { SAMPLES_PER_MS } from './source-continuity.ts';
import { ntpMiddle, readReport, type Reception, writeReport } from './rtcp-packet.ts';

const UNITS_PER_MS = 65.536;
/** A larger round trip is a clock that jumped, or nonsense. */
const ROUND_TRIP_MAX_MS = 60_000;

export class LegReports {
  readonly #ssrc: number;
  readonly #name: string;
  #lastReport = 0;
  #lastReportMs = 0;
  /** Where the far end is a relay of this machine: what it learned from whom it relays to. */
  behind: FarReport | undefined;
  #roundTripMs: number | null = null;
  #lostByRemote: number | null = null;
  #jitterByRemoteMs = 0;

  constructor(ssrc: number, name: string) {
    this.#ssrc = ssrc;
    this.#name = name;
  }

  /** There and back, to the relay and behind it; null before it is known. */
  get roundTripMs(): number | null {
    return this.behind ? this.behind.roundTripMs + (this.#roundTripMs ?? 0) : this.#roundTripMs;
  }
  get lostByRemote(): number | null {
    return this.behind?.lost ?? this.#lostByRemote;
  }
  /** 0 before it has reported. */
  get jitterByRemoteMs(): number {
    return this.behind?.jitterMs ?? this.#jitterByRemoteMs;
  }

  write(
    sent: { readonly timestamp: number; readonly packets: number; readonly bytes: number } | null,
    reception: Reception | undefined,
    nowMs: number,
  ): Uint8Array {
    const sinceMs = nowMs - this.#lastReportMs;
    const sinceLastReport = this.#lastReport === 0 ? 0 : Math.round(Math.max(0, sinceMs) * UNITS_PER_MS);
    return writeReport({ ssrc: this.#ssrc, name: this.#name, nowMs, sent, reception, lastReport: this.#lastReport, sinceLastReport });
  }

  /** False when the packet is malformed. */
  read(packet: Uint8Array, nowMs: number): boolean {
    const report = readReport(packet, this.#ssrc);
    if (!report) return false;
    if (report.reportTime !== 0) {
      this.#lastReport = report.reportTime;
      this.#lastReportMs = nowMs;
    }
    if (report.aboutUs) {
      this.#lostByRemote = report.aboutUs.lost;
      this.#jitterByRemoteMs = report.aboutUs.jitter / SAMPLES_PER_MS;
      const { lastReport, sinceLastReport } = report.aboutUs;
      const roundTripMs = ((ntpMiddle(nowMs) - lastReport - sinceLastReport) >>> 0) / UNITS_PER_MS;
      if (lastReport !== 0 && roundTripMs < ROUND_TRIP_MAX_MS) this.#roundTripMs = Math.round(roundTripMs * 10) / 10;
    }
    return true;
  }
}
