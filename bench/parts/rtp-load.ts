/**
 * The voices of many calls, in a worker thread of the bench: each leg sends 50 packets a second that carry the time they were sent, and whoever
 * hears one measures how long it took. Both ends of a way are here, so one clock measures it. Counts are kept for one window at a time.
 */
import { createSocket, type Socket } from 'node:dgram';
import { type MessagePort, parentPort, threadId } from 'node:worker_threads';
import { DelayHistogram, type DelayFigures } from './delay-histogram.ts';

export type LoadCommand =
  | { readonly do: 'open' | 'stop'; readonly ask: number; readonly leg: number }
  /** The leg sends to this port of 127.0.0.1 from now on. */
  | { readonly do: 'talk'; readonly ask: number; readonly leg: number; readonly to: number }
  /** Packets sent from now on count; `fresh` forgets those of earlier windows. */
  | { readonly do: 'window'; readonly ask: number; readonly fresh: boolean }
  /** Packets sent from now on count no more. */
  | { readonly do: 'endWindow'; readonly ask: number }
  | { readonly do: 'figures'; readonly ask: number };

export interface LoadFigures {
  readonly sent: number;
  readonly heard: number;
  /** From the moment of sending to the moment of reading, ms. */
  readonly delayMs: DelayFigures;
  /** How late the generator itself sent, ms: what it could not keep up with is not the fault of who is measured. */
  readonly sendLateMs: DelayFigures;
}
/** The port of a leg that was opened, figures, or nothing. */
export type LoadReply = { readonly ask: number; readonly reply: number | LoadFigures | null };

const PACKET_MS = 20;
/** Slices of 2 ms, so that packets do not come in one heap every 20 ms. */
const SLICE_MS = 2;
const SLICES = PACKET_MS / SLICE_MS;
const HEADER_BYTES = 12;
const PAYLOAD_BYTES = 160;
/** Anything that is not silence in A-law: silence on the tape is sound that went missing. */
const VOICE = 0x2a;
const [TIME_AT, WINDOW_AT] = [HEADER_BYTES, HEADER_BYTES + 8];

interface Leg {
  readonly socket: Socket;
  readonly packet: Buffer;
  talks: boolean;
}

class Load {
  readonly #legs = new Map<number, Leg>();
  /** Legs by the slice they send in, so that a slice looks at no other. */
  readonly #slices: ReadonlyArray<Set<Leg>> = Array.from({ length: SLICES }, () => new Set<Leg>());
  #windows = 0;
  /** 0: nothing counts. */
  #window = 0;
  #sent = 0;
  #heard = 0;
  readonly #delay = new DelayHistogram();
  readonly #late = new DelayHistogram();

  constructor(main: MessagePort) {
    main.on('message', (command: LoadCommand) => void this.#obey(command).then((reply) => main.postMessage({ ask: command.ask, reply })));
    this.#startTurns();
  }

  async #obey(command: LoadCommand): Promise<LoadReply['reply']> {
    switch (command.do) {
      case 'open':
        return this.#open(command.leg);
      case 'talk': {
        const leg = this.#legs.get(command.leg);
        if (!leg) return null;
        await new Promise<void>((resolve) => leg.socket.connect(command.to, '127.0.0.1', resolve));
        leg.talks = true;
        return null;
      }
      case 'stop':
        this.#stop(command.leg);
        return null;
      case 'window':
        if (command.fresh) {
          this.#sent = this.#heard = 0;
          this.#delay.clear();
          this.#late.clear();
        }
        this.#window = ++this.#windows;
        return null;
      case 'endWindow':
        this.#window = 0;
        return null;
      case 'figures':
        return { sent: this.#sent, heard: this.#heard, delayMs: this.#delay.figures(), sendLateMs: this.#late.figures() };
    }
  }

  async #open(number: number): Promise<number> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    socket.on('error', () => {}); // a far end that closed shows as ECONNREFUSED
    socket.on('message', (packet) => this.#hear(packet));
    const packet = Buffer.alloc(HEADER_BYTES + PAYLOAD_BYTES, VOICE);
    packet.writeUInt16BE(0x80_08, 0); // version 2, PCMA
    packet.writeUInt32BE(0, 4);
    packet.writeUInt32BE((threadId << 20) + number + 1, 8);
    const leg: Leg = { socket, packet, talks: false };
    this.#legs.set(number, leg);
    this.#slices[number % SLICES]?.add(leg);
    return socket.address().port;
  }

  #stop(number: number): void {
    const leg = this.#legs.get(number);
    if (!leg) return;
    this.#legs.delete(number);
    this.#slices[number % SLICES]?.delete(leg);
    leg.socket.close();
  }

  #hear(packet: Buffer): void {
    if (packet.length !== HEADER_BYTES + PAYLOAD_BYTES) return; // RTCP
    if (this.#windows === 0 || packet.readUInt32LE(WINDOW_AT) !== this.#windows) return; // sent outside a window, or music
    this.#heard++;
    this.#delay.add(performance.now() - packet.readDoubleLE(TIME_AT));
  }

  #send({ socket, packet }: Leg): void {
    packet.writeUInt16BE((packet.readUInt16BE(2) + 1) & 0xffff, 2);
    packet.writeUInt32BE((packet.readUInt32BE(4) + PAYLOAD_BYTES) >>> 0, 4);
    packet.writeUInt32LE(this.#window, WINDOW_AT);
    if (this.#window > 0) this.#sent++;
    packet.writeDoubleLE(performance.now(), TIME_AT);
    socket.send(packet); // the kernel has its copy when this returns, or the send is repeated from a copy of Node's
  }

  #startTurns(): void {
    const startMs = performance.now();
    let slice = 0;
    const turn = (): void => {
      for (let nowMs = performance.now() - startMs; slice * SLICE_MS <= nowMs; slice++) {
        if (this.#window > 0) this.#late.add(nowMs - slice * SLICE_MS);
        for (const leg of this.#slices[slice % SLICES] ?? []) if (leg.talks) this.#send(leg);
      }
    };
    setInterval(turn, SLICE_MS);
  }
}

if (parentPort) new Load(parentPort);
