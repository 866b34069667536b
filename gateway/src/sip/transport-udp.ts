/** SIP over UDP, IPv4 (RFC 3261 §18): one socket, one datagram per message. The size rule of §18.1.1 is not applied. */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIPv4 } from 'node:net';
import type { SipSource } from './transport.ts';

/** Kernel buffer, bytes: rides out a pause of the event loop at 300 call set-ups a second. */
const BUFFER_BYTES = 2_097_152;
/** Shorter datagrams are keep-alives of NATs and SBCs (empty lines, single zero bytes). */
const KEEP_ALIVE_BYTES = 4;

export class TransportUdp {
  readonly #socket: Socket;

  private constructor(socket: Socket, onMessage: (bytes: Buffer, source: SipSource) => void, onError: (error: Error) => void) {
    this.#socket = socket;
    socket.on('message', (bytes, from) => {
      if (bytes.length > KEEP_ALIVE_BYTES) onMessage(bytes, { address: from.address, port: from.port, transport: 'udp' });
    });
    socket.on('error', onError);
  }

  static async bind(
    address: string,
    port: number,
    onMessage: (bytes: Buffer, source: SipSource) => void,
    onError: (error: Error) => void,
  ): Promise<TransportUdp> {
    const socket = createSocket({
      type: 'udp4',
      recvBufferSize: BUFFER_BYTES,
      sendBufferSize: BUFFER_BYTES,
      // Nearly every peer is an address: no detour through the resolver, and the datagram is out when `send` returns.
      lookup: (name, options, found) => (isIPv4(name) ? found(null, name, 4) : lookup(name, options, found)),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, address, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new TransportUdp(socket, onMessage, onError);
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
