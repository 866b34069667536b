/**
 * Ports that were free a moment ago, for programs that must be told a number. All lie below what the kernel hands out by itself
 * (net.ipv4.ip_local_port_range), so that no socket of a test beside takes one in between, and no client that dials again and again a server
 * which is away meets itself there. Each kind has a stretch of its own: what one program takes from its range is nobody's single port.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Hands out places for so many ports in a row, even ones, from a random one on and each once until all were given. */
type Stretch = (count: number) => number;

function stretch(from: number, size: number): Stretch {
  let next = from + 2 * Math.floor((Math.random() * size) / 2);
  return (count) => {
    const first = next + count > from + size ? from : next;
    next = first + count + (count % 2);
    return first;
  };
}

const SITE_RTP = stretch(12_000, 4000);
const UDP_RANGES = stretch(16_000, 4000);
const UDP = stretch(20_000, 8000);
const TCP = stretch(28_000, 4000);
const TRIES = 50;

export function freeTcpPort(address = '127.0.0.1'): Promise<number> {
  return free(TCP, 1, async (port) => {
    const server = createServer().listen(port, address);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  });
}

export function freeUdpPort(address = '127.0.0.1'): Promise<number> {
  return free(UDP, 1, (port) => bindUdp(port, address));
}

/** The first, even one of `count` free UDP ports in a row, for a program that takes them one after the other. */
export function freeUdpRange(count: number, address = '127.0.0.1'): Promise<number> {
  return free(UDP_RANGES, count, async (first) => {
    for (let port = first; port < first + count; port++) await bindUdp(port, address);
  });
}

/** The first of `count` ports for the RTP of a site. Nobody looks whether they are free: the edge skips single busy ones. */
export const siteRtpRange = (count: number): number => SITE_RTP(count);

async function free(place: Stretch, count: number, bind: (port: number) => Promise<void>): Promise<number> {
  let fault: unknown;
  for (let tried = 0; tried < TRIES; tried++) {
    const first = place(count);
    try {
      await bind(first);
      return first;
    } catch (cause) {
      fault = cause; // taken: another place
    }
  }
  throw new Error(`no free port at ${TRIES} places`, { cause: fault });
}

async function bindUdp(port: number, address: string): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.bind(port, address);
    await once(socket, 'listening');
  } finally {
    socket.close();
  }
}
