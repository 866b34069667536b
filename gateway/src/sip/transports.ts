/** UDP and TCP on one port (RFC 3261 §18.2.1 asks servers for both), as one wire. */
import type { Clock } from '@keepline/contracts/clock';
import { SipPortTaken } from './errors.ts';
import type { Frame } from './tcp-framing.ts';
import type { SipSource, Wire } from './transport.ts';
import { TransportTcp } from './transport-tcp.ts';
import { TransportUdp } from './transport-udp.ts';

export interface TransportsOptions {
  readonly address: string;
  /** 0 takes one that is free on both. */
  readonly port: number;
  readonly clock: Clock;
  readonly maxMessageBytes: number;
  readonly maxTcpConnections: number;
  readonly admitConnection: (source: SipSource) => 'accept' | 'refuse' | 'drop';
  readonly onDatagram: (bytes: Buffer, source: SipSource) => void;
  readonly onFrame: (frame: Frame, source: SipSource) => void;
  readonly onError: (error: Error) => void;
}

/** A port free on UDP may be taken on TCP; then another one is tried. */
const FREE_PORT_TRIES = 20;

export class Transports implements Wire {
  readonly #udp: TransportUdp;
  readonly #tcp: TransportTcp;

  private constructor(udp: TransportUdp, tcp: TransportTcp) {
    this.#udp = udp;
    this.#tcp = tcp;
  }

  /** @throws SipPortTaken */
  static async bind(options: TransportsOptions): Promise<Transports> {
    let cause: unknown;
    for (let tries = options.port === 0 ? FREE_PORT_TRIES : 1; tries > 0; tries--) {
      let udp: TransportUdp | null = null;
      try {
        udp = await TransportUdp.bind(options.address, options.port, options.onDatagram, options.onError);
        const tcp = await TransportTcp.listen({
          address: options.address,
          port: udp.port,
          clock: options.clock,
          maxConnections: options.maxTcpConnections,
          maxMessageBytes: options.maxMessageBytes,
          admit: options.admitConnection,
          onFrame: options.onFrame,
          onError: options.onError,
        });
        return new Transports(udp, tcp);
      } catch (error) {
        cause = error;
        await udp?.close();
      }
    }
    throw new SipPortTaken(options.address, options.port, cause);
  }

  get port(): number {
    return this.#udp.port;
  }

  get tcpConnections(): number {
    return this.#tcp.connections;
  }

  send(bytes: Buffer, to: SipSource, onFail: () => void, dialPort?: number): void {
    if (to.transport === 'udp') this.#udp.send(bytes, to, onFail);
    else this.#tcp.send(bytes, to, onFail, dialPort);
  }

  isConnected(to: SipSource): boolean {
    return to.transport === 'tcp' && this.#tcp.isConnected(to);
  }

  async close(): Promise<void> {
    await Promise.all([this.#udp.close(), this.#tcp.close()]);
  }
}
