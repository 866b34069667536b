/**
 * The little of RTCP a leg needs (RFC 3550 §6.4): a compound packet of a sender or receiver report and a canonical name out, and the
 * round trip and loss the far end reports in. NTP times are handled as their middle 32 bits, units of 1/65536 s.
 */
import { read16, read32, write16, write32 } from './rtp-packet.ts';

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const BLOCK_BYTES = 24;
/** Seconds from 1900 to 1970. */
const NTP_EPOCH = 2_208_988_800;

export interface Reception {
  readonly ssrc: number;
  readonly fractionLost: number;
  readonly lost: number;
  readonly highest: number;
  readonly jitter: number;
}
export interface Outgoing {
  readonly ssrc: number;
  /** Name of the leg; carries nothing personal. At most 255 bytes of ASCII. */
  readonly name: string;
  /** Wall time, ms since 1970. */
  readonly nowMs: number;
  /** What we have sent; null makes a receiver report. */
  readonly sent: { readonly timestamp: number; readonly packets: number; readonly bytes: number } | null;
  readonly reception: Reception | undefined;
  /** Middle of the NTP time in the far end's last report, and how long ago it came, 1/65536 s; 0 when there was none. */
  readonly lastReport: number;
  readonly sinceLastReport: number;
}
export interface Incoming {
  /** Middle of the NTP time of the far end's report; 0 when it was no sender report. */
  readonly reportTime: number;
  /** What it says about us, if anything. */
  readonly aboutUs:
    | { readonly lost: number /** 1/8000 s */; readonly jitter: number; readonly lastReport: number; readonly sinceLastReport: number }
    | undefined;
}

/** Middle 32 bits of the NTP time of a wall time in ms. */
export function ntpMiddle(nowMs: number): number {
  return Math.floor(((nowMs / 1000 + NTP_EPOCH) % 65_536) * 65_536) >>> 0;
}

export function writeReport(report: Outgoing): Uint8Array {
  const blocks = report.reception ? 1 : 0;
  const headBytes = report.sent ? 28 : 8;
  const name = new TextEncoder().encode(report.name.slice(0, 255));
  const chunkBytes = Math.ceil((4 + 2 + name.length + 1) / 4) * 4;
  const reportBytes = headBytes + blocks * BLOCK_BYTES;
  const packet = new Uint8Array(reportBytes + 4 + chunkBytes);

  packet[0] = 0x80 | blocks;
  packet[1] = report.sent ? SENDER_REPORT : RECEIVER_REPORT;
  write16(packet, 2, reportBytes / 4 - 1);
  write32(packet, 4, report.ssrc);
  if (report.sent) {
    write32(packet, 8, Math.floor(report.nowMs / 1000) + NTP_EPOCH);
    write32(packet, 12, Math.floor(((report.nowMs % 1000) / 1000) * 0x1_0000_0000));
    write32(packet, 16, report.sent.timestamp);
    write32(packet, 20, report.sent.packets);
    write32(packet, 24, report.sent.bytes);
  }
  if (report.reception) {
    const lost = Math.min(0x7fffff, Math.max(-0x800000, report.reception.lost)) & 0xffffff;
    write32(packet, headBytes, report.reception.ssrc);
    write32(packet, headBytes + 4, (report.reception.fractionLost << 24) | lost);
    write32(packet, headBytes + 8, report.reception.highest);
    write32(packet, headBytes + 12, report.reception.jitter);
    write32(packet, headBytes + 16, report.lastReport);
    write32(packet, headBytes + 20, report.sinceLastReport);
  }
  packet[reportBytes] = 0x81;
  packet[reportBytes + 1] = SOURCE_DESCRIPTION;
  write16(packet, reportBytes + 2, chunkBytes / 4);
  write32(packet, reportBytes + 4, report.ssrc);
  packet[reportBytes + 8] = 1; // CNAME, §6.5.1
  packet[reportBytes + 9] = name.length;
  packet.set(name, reportBytes + 10);
  return packet;
}

/** Reads a compound packet; undefined when it is malformed. @param ours the SSRC we send with */
export function readReport(packet: Uint8Array, ours: number): Incoming | undefined {
  let reportTime = 0;
  let aboutUs: Incoming['aboutUs'];
  let at = 0;
  while (at < packet.length) {
    const first = packet[at] ?? 0;
    const type = packet[at + 1] ?? 0;
    const end = at + (read16(packet, at + 2) + 1) * 4;
    if (first >> 6 !== 2 || at + 4 > packet.length || end > packet.length) return undefined;
    if (type === SENDER_REPORT || type === RECEIVER_REPORT) {
      const blocks = at + (type === SENDER_REPORT ? 28 : 8);
      if (blocks + (first & 0x1f) * BLOCK_BYTES > end) return undefined;
      if (type === SENDER_REPORT) reportTime = read32(packet, at + 10);
      for (let block = 0; block < (first & 0x1f); block++) {
        const from = blocks + block * BLOCK_BYTES;
        if (read32(packet, from) !== ours) continue;
        const lost = (read32(packet, from + 4) << 8) >> 8; // 24 bits, signed
        const [jitter, lastReport, sinceLastReport] = [12, 16, 20].map((offset) => read32(packet, from + offset));
        aboutUs = { lost, jitter: jitter ?? 0, lastReport: lastReport ?? 0, sinceLastReport: sinceLastReport ?? 0 };
      }
    }
    at = end;
  }
  return { reportTime, aboutUs };
}
