/** SIP over UDP, IPv4 or IPv6 (RFC 3261 §18): one socket, one datagram per message. Large requests are kept from it by `client-request.ts`. */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import type { SipSource } from './transport.ts';

/** Kernel buffer, bytes: rides out a pause of the event loop at 300 call set-ups a second. */
const BUFFER_BYTES = 2_097_152;
/** Shorter datagrams are keep-alives of NATs and SBCs (empty lines, single zero bytes). */
const KEEP_ALIVE_BYTES = 4;

export class TransportUdp {
  readonly #socket: Socket;

  private constructor(
    socket: Socket,
    local: string,
    onMessage: (bytes: Buffer, source: SipSource) => void,
    onError: (error: Error) => void,
  ) {
    this.#socket = socket;
    socket.on('message', (bytes, from) => {
      if (bytes.length > KEEP_ALIVE_BYTES) onMessage(bytes, { address: from.address, port: from.port, transport: 'udp', local });
    });
    socket.on('error', onError);
  }

  static async bind(
    address: string,
    port: number,
    onMessage: (bytes: Buffer, source: SipSource) => void,
    onError: (error: Error) => void,
  ): Promise<TransportUdp> {
    const family = isIPv6(address) ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      ipv6Only: family === 6, // IPv4 has a socket of its own: sources are never written as ::ffff:192.0.2.1
      recvBufferSize: BUFFER_BYTES,
      sendBufferSize: BUFFER_BYTES,
      // Nearly every peer is an address: no detour through the resolver, and the datagram is out when `send` returns.
      lookup: (name, options, found) => (isIP(name) === family ? found(null, name, family) : lookup(name, options, found)),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, address, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new TransportUdp(socket, address, onMessage, onError);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(bytes: Buffer, to: SipSource, onFail: () => void): void {
    try {
      this.#socket.send(bytes, to.port, to.address, (error) => {
        if (error !== null) onFail();
      });
    } catch {
      queueMicrotask(onFail); // closed, or a port no socket has
    }
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      try {
        this.#socket.close(() => resolve());
      } catch {
        resolve(); // closed before
      }
    });
  }
}
