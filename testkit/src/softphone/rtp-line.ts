/**
 * The audio of one soft-phone call: sends a tone as A-law every 20 ms, keys as RFC 4733 events in the same stream, and keeps the last
 * seconds of what it hears. Bounded: {@link HEARD_SECONDS_MAX} seconds of sound.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decodeAlaw, encodeAlaw, SAMPLE_RATE, tone } from '../tone.ts';

const FRAME = 160;
const FRAME_MS = 20;
const HEARD_SECONDS_MAX = 30;
const EVENT_PT = 101;
const KEYS = '0123456789*#ABCD';
/** One key press: 8 growing packets, then the end three times (RFC 4733 §2.5.1.4). */
const KEY_PACKETS = 8;

export class RtpLine {
  readonly #socket: Socket;
  readonly #heard: Int16Array[] = [];
  readonly #keys: Array<{ readonly key: string; readonly done: () => void }> = [];
  #remote: { readonly address: string; readonly port: number } | null = null;
  #frames: Buffer[] = [];
  #sequence = Math.floor(Math.random() * 65_536);
  #timestamp = Math.floor(Math.random() * 2 ** 32);
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32);
  #ticker: NodeJS.Timeout | null = null;
  #frameAt = 0;
  #press: { readonly key: string; readonly at: number; sent: number; readonly done: () => void } | null = null;
  /** RTP packets received and sent. */
  received = 0;
  sent = 0;
  /** Source identifiers seen; more than one within a call is a fault of the other side (decision D3). */
  readonly ssrcs = new Set<number>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (packet) => this.#hear(packet));
    socket.on('error', () => {}); // the far end closed its port first; silence follows anyway
  }

  static async open(address: string): Promise<RtpLine> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new RtpLine(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Starts or redirects sending. @param hz what the caller "says"; empty for silence */
  start(remote: { readonly address: string; readonly port: number }, hz: readonly number[]): void {
    this.#remote = remote;
    this.say(hz);
    if (this.#ticker) return;
    let due = performance.now();
    const tick = (): void => {
      for (; due <= performance.now(); due += FRAME_MS) this.#sendFrame();
      this.#ticker = setTimeout(tick, Math.max(1, due - performance.now()));
    };
    tick();
  }

  /** Changes the tone. A whole second is prepared, so whole hertz join without a click. */
  say(hz: readonly number[]): void {
    const samples = hz.length === 0 ? new Int16Array(SAMPLE_RATE) : tone(hz, 1000);
    const coded = Buffer.from(Uint8Array.from(samples, encodeAlaw));
    this.#frames = Array.from({ length: coded.length / FRAME }, (_, i) => coded.subarray(i * FRAME, (i + 1) * FRAME));
  }

  /** Presses a key by RFC 4733; resolves when its last packet has gone. */
  press(key: string): Promise<void> {
    return new Promise((done) => this.#keys.push({ key, done }));
  }

  /** What was heard during the last `ms`. */
  heard(ms: number): Int16Array {
    const frames = this.#heard.slice(-Math.ceil(ms / FRAME_MS));
    const all = new Int16Array(frames.reduce((sum, frame) => sum + frame.length, 0));
    let at = 0;
    for (const frame of frames) {
      all.set(frame, at);
      at += frame.length;
    }
    return all;
  }

  /** Forgets what was heard so far. */
  forget(): void {
    this.#heard.length = 0;
  }

  /** Falls silent without a word, as a phone whose cable was pulled. */
  stop(): void {
    if (this.#ticker) clearTimeout(this.#ticker);
    this.#ticker = null;
  }

  close(): void {
    this.stop();
    this.#socket.close();
  }

  #hear(packet: Buffer): void {
    if (packet.length < 12 || packet.readUInt8(0) >> 6 !== 2) return;
    this.received += 1;
    this.ssrcs.add(packet.readUInt32BE(8));
    if ((packet.readUInt8(1) & 0x7f) !== 8) return;
    this.#heard.push(Int16Array.from(packet.subarray(12), decodeAlaw));
    if (this.#heard.length > (HEARD_SECONDS_MAX * 1000) / FRAME_MS) this.#heard.shift();
  }

  #sendFrame(): void {
    const next = this.#press ? undefined : this.#keys.shift();
    if (next) this.#press = { ...next, at: this.#timestamp, sent: 0 };
    if (this.#press) this.#sendKey(this.#press);
    else {
      this.#send(8, this.#timestamp, this.#frames[this.#frameAt] ?? Buffer.alloc(FRAME, 0xd5));
      this.#frameAt = (this.#frameAt + 1) % this.#frames.length;
    }
    this.#timestamp = (this.#timestamp + FRAME) >>> 0;
  }

  #sendKey(press: { readonly key: string; readonly at: number; sent: number; readonly done: () => void }): void {
    press.sent += 1;
    const last = press.sent >= KEY_PACKETS;
    const payload = Buffer.alloc(4);
    payload.writeUInt8(KEYS.indexOf(press.key), 0);
    payload.writeUInt8((last ? 0x80 : 0) | 10, 1);
    payload.writeUInt16BE(press.sent * FRAME, 2);
    for (let i = last ? 3 : 1; i > 0; i--) this.#send(EVENT_PT | (press.sent === 1 ? 0x80 : 0), press.at, payload);
    if (last) {
      this.#press = null;
      press.done();
    }
  }

  #send(type: number, timestamp: number, payload: Buffer): void {
    if (!this.#remote) return;
    const packet = Buffer.alloc(12 + payload.length);
    packet.writeUInt8(0x80, 0);
    packet.writeUInt8(type, 1);
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(timestamp, 4);
    packet.writeUInt32BE(this.#ssrc, 8);
    payload.copy(packet, 12);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.sent += 1;
    this.#socket.send(packet, this.#remote.port, this.#remote.address);
  }
}
