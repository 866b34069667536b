/**
 * The far ends of many calls, in a process of their own: each sends 50 packets of 160 bytes a second, spread over time, and counts what it
 * hears. Told the ports to send to, it tells its own; asked, it tells its counts.
 */
import { createSocket, type Socket } from 'node:dgram';

/** What the parent says. `start` begins the traffic. */
export type TrafficCommand = { readonly to: readonly number[] } | 'start' | 'counts';
export type TrafficReply = { readonly ports: readonly number[] } | TrafficCounts;
export interface TrafficCounts {
  readonly sent: number;
  readonly heard: number;
}

const PACKET_MS = 20;
/** Slices of 2 ms, so that packets do not come in one heap every 20 ms. */
const SLICE_MS = 2;
const SLICES = PACKET_MS / SLICE_MS;
const HEADER_BYTES = 12;

interface FarEnd {
  readonly socket: Socket;
  readonly packet: Buffer;
}

const farEnds: FarEnd[] = [];
let sent = 0;
let heard = 0;

async function open(ssrc: number, to: number): Promise<FarEnd> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => socket.connect(to, '127.0.0.1', resolve));
  socket.on('message', (packet) => {
    if (packet.length > HEADER_BYTES + 100) heard++; // not RTCP
  });
  socket.on('error', () => {}); // a relay that closed shows as ECONNREFUSED
  const packet = Buffer.alloc(HEADER_BYTES + 160, 0xd5);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(8, 1);
  packet.writeUInt32BE(ssrc, 8);
  return { socket, packet };
}

function sendNext({ socket, packet }: FarEnd): void {
  packet.writeUInt16BE((packet.readUInt16BE(2) + 1) & 0xffff, 2);
  packet.writeUInt32BE((packet.readUInt32BE(4) + 160) >>> 0, 4);
  socket.send(packet, () => sent++);
}

function start(): void {
  const startMs = performance.now();
  let slice = 0;
  setInterval(() => {
    for (const dueMs = performance.now() - startMs; slice * SLICE_MS <= dueMs; slice++) {
      for (let i = slice % SLICES; i < farEnds.length; i += SLICES) {
        const farEnd = farEnds[i];
        if (farEnd !== undefined) sendNext(farEnd);
      }
    }
  }, SLICE_MS);
}

process.on('message', (command: TrafficCommand) => {
  const say = (reply: TrafficReply): unknown => process.send?.(reply);
  if (command === 'start') start();
  else if (command === 'counts') say({ sent, heard });
  else {
    void Promise.all(command.to.map((to, i) => open(i + 1, to))).then((opened) => {
      farEnds.push(...opened);
      say({ ports: opened.map(({ socket }) => socket.address().port) });
    });
  }
});
process.on('disconnect', () => process.exit(0));
