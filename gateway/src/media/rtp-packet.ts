/**
 * RTP header, RFC 3550 §5.1: read from and written into a datagram in place, so that a forwarded packet is never copied.
 * Contributing sources, header extensions and padding are honoured on the way in and left out on the way out.
 */
export interface RtpHeader {
  payloadType: number;
  marker: boolean;
  /** 16 bits */
  sequence: number;
  /** 32 bits, unsigned, in samples at 8 kHz */
  timestamp: number;
  /** 32 bits, unsigned */
  ssrc: number;
  payloadOffset: number;
  payloadLength: number;
}

export const RTP_HEADER_BYTES = 12;
/** Longest payload taken: 200 ms of G.711, the longest packet time RFC 3551 §4.2 asks a receiver to accept. */
export const PAYLOAD_MAX_BYTES = 1600;

export function emptyHeader(): RtpHeader {
  return { payloadType: 0, marker: false, sequence: 0, timestamp: 0, ssrc: 0, payloadOffset: 0, payloadLength: 0 };
}

/** Whether the datagram is RTCP on a port shared with RTP: packet types 192 to 223, RFC 5761 §4. */
export function isRtcp(packet: Uint8Array): boolean {
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
}

/** Length of the header with contributing sources and extension, which SRTP leaves in the clear; 0 when it is no RTP packet. */
export function rtpHeaderBytes(packet: Uint8Array): number {
  const first = packet[0] ?? 0;
  if (packet.length < RTP_HEADER_BYTES || first >> 6 !== 2) return 0;
  let bytes = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (bytes + 4 > packet.length) return 0;
    bytes += 4 + read16(packet, bytes + 2) * 4;
  }
  return bytes > packet.length ? 0 : bytes;
}

/** Fills `header` from a datagram. False when it is not an RTP packet this house can use; `header` is then undefined in content. */
export function readRtp(packet: Uint8Array, header: RtpHeader): boolean {
  const length = packet.length;
  const payloadOffset = rtpHeaderBytes(packet);
  if (payloadOffset === 0) return false;
  const first = packet[0] ?? 0;
  let payloadLength = length - payloadOffset;
  if ((first & 0x20) !== 0) {
    const padding = packet[length - 1] ?? 0;
    if (padding === 0 || padding > payloadLength) return false;
    payloadLength -= padding;
  }
  if (payloadLength > PAYLOAD_MAX_BYTES) return false;
  const second = packet[1] ?? 0;
  header.payloadType = second & 0x7f;
  header.marker = (second & 0x80) !== 0;
  header.sequence = read16(packet, 2);
  header.timestamp = read32(packet, 4);
  header.ssrc = read32(packet, 8);
  header.payloadOffset = payloadOffset;
  header.payloadLength = payloadLength;
  return true;
}

/** Writes a 12-byte header at `at`: version 2, no padding, no extension, no contributing source. */
export function writeRtp(
  packet: Uint8Array,
  at: number,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  packet[at] = 0x80;
  packet[at + 1] = (marker ? 0x80 : 0) | payloadType;
  write16(packet, at + 2, sequence);
  write32(packet, at + 4, timestamp);
  write32(packet, at + 8, ssrc);
}

export function read16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function read32(bytes: Uint8Array, at: number): number {
  return ((read16(bytes, at) << 16) | read16(bytes, at + 2)) >>> 0;
}

export function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function write32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
