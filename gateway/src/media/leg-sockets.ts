/**
 * The two UDP sockets of a leg: RTP on an even port, RTCP on the one above (RFC 3550 §11). Addresses are IPv4 numbers, so the resolver is
 * short-cut: the stock one costs a turn of the event loop per packet.
 */
import { createSocket, type Socket } from 'node:dgram';

export type Received = (packet: Buffer, address: string, port: number) => void;

export class LegSockets {
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  /** `address:port`, or empty while anybody may send. */
  #connectedTo = '';
  /** RTCP goes over the RTP port. */
  #isShared = false;
  #sendFailed = 0;

  private constructor(rtp: Socket, rtcp: Socket) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    // A far end that is gone shows as ECONNREFUSED on a connected socket; the RTP timeout is what judges it.
    for (const socket of [rtp, rtcp]) socket.on('error', () => this.#sendFailed++);
  }

  get sendFailed(): number {
    return this.#sendFailed;
  }

  /** @throws the system's error (EADDRINUSE, EADDRNOTAVAIL …) with both sockets closed */
  static async open(address: string, port: number, onRtp: Received, onRtcp: Received): Promise<LegSockets> {
    const rtp = await bound(address, port, onRtp);
    try {
      return new LegSockets(rtp, await bound(address, port + 1, onRtcp));
    } catch (cause) {
      rtp.close();
      throw cause;
    }
  }

  /**
   * Only this far end is heard from now on, and the kernel keeps the route, which makes each packet cheaper (ADR 0011).
   * @param isShared RTCP goes over the RTP port too (RFC 5761)
   */
  connect(address: string, port: number, isShared: boolean): void {
    const to = `${address}:${port}`;
    if (this.#connectedTo === to) return;
    this.release();
    this.#rtp.connect(port, address);
    this.#connectedTo = to;
    this.#isShared = isShared;
  }

  /** Anybody may send again: the far end is moving. */
  release(): void {
    if (this.#connectedTo !== '') this.#rtp.disconnect();
    this.#connectedTo = '';
    this.#isShared = false;
  }

  sendRtp(packet: Uint8Array, offset: number, length: number, address: string, port: number): void {
    // Given whole, a packet needs no view of its own: one object less for each of 100 a second and call.
    const whole = offset === 0 && length === packet.length;
    if (this.#connectedTo === '') {
      if (whole) this.#rtp.send(packet, port, address);
      else this.#rtp.send(packet, offset, length, port, address);
    } else if (whole) this.#rtp.send(packet);
    else this.#rtp.send(packet, offset, length);
  }

  /** To the port above that of RTP, unless they share one. */
  sendRtcp(packet: Uint8Array, address: string, rtpPort: number): void {
    if (!this.#isShared) this.#rtcp.send(packet, 0, packet.length, rtpPort + 1, address);
    else this.#rtp.send(packet, 0, packet.length);
  }

  close(): void {
    this.#rtp.close();
    this.#rtcp.close();
  }
}

function bound(address: string, port: number, onPacket: Received): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
  return new Promise((resolve, reject) => {
    const refused = (cause: Error): void => {
      socket.close();
      reject(cause);
    };
    socket.once('error', refused);
    socket.bind(port, address, () => {
      socket.off('error', refused);
      socket.on('message', (packet, from) => onPacket(packet, from.address, from.port));
      resolve(socket);
    });
  });
}
