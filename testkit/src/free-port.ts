/** Ports that were free a moment ago, for programs that must be told a number. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

export async function freeTcpPort(address = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const found = server.address();
  server.close();
  await once(server, 'close');
  return typeof found === 'object' && found ? found.port : 0;
}

/** Below what the kernel hands out by itself (net.ipv4.ip_local_port_range), so that no socket of a test beside takes it in between. */
const UDP_FROM = 20_000;
const UDP_COUNT = 8000;
const TRIES = 50;

export async function freeUdpPort(address = '127.0.0.1'): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    try {
      const wanted = UDP_FROM + Math.floor(Math.random() * UDP_COUNT);
      const bound = Promise.withResolvers<number>();
      socket.once('error', bound.reject);
      socket.bind(wanted, address, () => bound.resolve(wanted));
      return await bound.promise;
    } catch {
      // taken: the next number
    } finally {
      socket.close();
    }
  }
  throw new Error(`no free UDP port among ${TRIES} tried from ${UDP_FROM} on`);
}
