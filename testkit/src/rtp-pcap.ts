/**
 * A caller's sound as a capture file that SIPp can play (`play_pcap_audio`): a tone as A-law with keys as RFC 4733 events between, one
 * SSRC and one run of sequence numbers throughout. Format: libpcap 2.4, Ethernet, IPv4, UDP; SIPp takes only the RTP and its times.
 */
import { writeFileSync } from 'node:fs';
import { encodeAlaw, tone } from './tone.ts';

const FRAME = 160;
const FRAME_MS = 20;
const SSRC = 0x4b_4c_00_01;
const ALAW_PT = 8;
/** What the offers of our scenarios call telephone-event. */
const EVENT_PT = 101;
const KEYS = '0123456789*#ABCD';
/** 160 ms of key, then its end three times (RFC 4733 §2.5.1.4). */
const KEY_FRAMES = 8;

export interface SpokenKey {
  readonly key: string;
  readonly atMs: number;
}

export function writeRtpPcap(path: string, sound: { readonly hz: number; readonly ms: number; readonly keys: readonly SpokenKey[] }): void {
  const coded = Buffer.from(Uint8Array.from(tone([sound.hz], 1000), encodeAlaw));
  const packets: Buffer[] = [];
  let sequence = 0;
  const add = (atMs: number, type: number, timestamp: number, payload: Buffer): void => {
    packets.push(record(atMs, rtp(type, sequence, timestamp, payload)));
    sequence += 1;
  };
  for (let atMs = 0; atMs < sound.ms; atMs += FRAME_MS) {
    const timestamp = atMs * 8;
    const pressed = sound.keys.find((key) => atMs >= key.atMs && atMs < key.atMs + KEY_FRAMES * FRAME_MS);
    if (!pressed) {
      add(atMs, packets.length === 0 ? ALAW_PT | 0x80 : ALAW_PT, timestamp, coded.subarray(timestamp % 8000, (timestamp % 8000) + FRAME));
      continue;
    }
    const nth = Math.floor((atMs - pressed.atMs) / FRAME_MS) + 1;
    const isEnd = nth === KEY_FRAMES;
    const event = Buffer.from([KEYS.indexOf(pressed.key), (isEnd ? 0x80 : 0) | 10, 0, 0]);
    event.writeUInt16BE(nth * FRAME, 2);
    const began = timestamp - (nth - 1) * FRAME;
    for (let i = isEnd ? 3 : 1; i > 0; i--) add(atMs, nth === 1 ? EVENT_PT | 0x80 : EVENT_PT, began, event);
  }
  writeFileSync(path, Buffer.concat([fileHeader(), ...packets]));
}

function fileHeader(): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(1, 20); // Ethernet
  return head;
}

function rtp(type: number, sequence: number, timestamp: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt8(0x80, 0);
  head.writeUInt8(type, 1);
  head.writeUInt16BE(sequence & 0xffff, 2);
  head.writeUInt32BE(timestamp, 4);
  head.writeUInt32BE(SSRC, 8);
  return Buffer.concat([head, payload]);
}

/** One packet of the file, from any port to any port: whoever plays it puts in the real ones. */
function record(atMs: number, datagram: Buffer): Buffer {
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(4000, 0);
  udp.writeUInt16BE(4002, 2);
  udp.writeUInt16BE(8 + datagram.length, 4);
  const ip = Buffer.alloc(20);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(28 + datagram.length, 2);
  ip.writeUInt8(64, 8);
  ip.writeUInt8(17, 9); // UDP
  ip.set([127, 0, 0, 1, 127, 0, 0, 1], 12);
  const ethernet = Buffer.alloc(14);
  ethernet.writeUInt16BE(0x0800, 12);
  const frame = Buffer.concat([ethernet, ip, udp, datagram]);
  const head = Buffer.alloc(16);
  head.writeUInt32LE(Math.floor(atMs / 1000), 0);
  head.writeUInt32LE((atMs % 1000) * 1000, 4);
  head.writeUInt32LE(frame.length, 8);
  head.writeUInt32LE(frame.length, 12);
  return Buffer.concat([head, frame]);
}
