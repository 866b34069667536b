/** Every socket of the SIP side as one wire: UDP and TCP on one port of each address (RFC 3261 §18.2.1 asks servers for both), TLS on its own. */
import { isIP, isIPv6 } from 'node:net';
import type { Clock } from '@keepline/contracts/clock';
import { SipPortTaken } from './errors.ts';
import { TCP_CONNECT_MS } from './limits.ts';
import type { Frame } from './tcp-framing.ts';
import { hostText, type SipSource, type Wire } from './transport.ts';
import { TransportTcp } from './transport-tcp.ts';
import { type TlsStreams, type TlsTerms, tlsStreams } from './transport-tls.ts';
import { TransportUdp } from './transport-udp.ts';

export interface TlsListener extends TlsTerms {
  /** 0 takes a free one. */
  readonly port: number;
}

export interface TransportsOptions {
  /** IPv4 and IPv6 addresses of this machine; the first is ours where nothing else decides. At least one. */
  readonly addresses: readonly string[];
  /** 0 takes one that is free on all addresses for UDP and TCP. */
  readonly port: number;
  readonly tls?: TlsListener;
  readonly clock: Clock;
  readonly maxMessageBytes: number;
  /** For each address, TCP and TLS apart. */
  readonly maxTcpConnections: number;
  readonly admitConnection: (source: SipSource) => 'accept' | 'refuse' | 'drop';
  readonly onDatagram: (bytes: Buffer, source: SipSource) => void;
  readonly onFrame: (frame: Frame, source: SipSource) => void;
  readonly onError: (error: Error) => void;
}

interface Place {
  readonly address: string;
  readonly udp: TransportUdp;
  readonly tcp: TransportTcp;
  readonly tls: TransportTcp | undefined;
}

/** A port free on UDP may be taken on TCP; then another one is tried. */
const FREE_PORT_TRIES = 20;

export class Transports implements Wire {
  readonly #places: readonly Place[];
  readonly #chief: Place;
  readonly #tlsStreams: TlsStreams | undefined;

  private constructor(chief: Place, places: readonly Place[], tls: TlsStreams | undefined) {
    this.#chief = chief;
    this.#places = places;
    this.#tlsStreams = tls;
  }

  /** @throws SipPortTaken */
  static async bind(options: TransportsOptions): Promise<Transports> {
    let cause: unknown;
    const tls = options.tls && tlsStreams(options.tls, TCP_CONNECT_MS);
    for (let tries = options.port === 0 ? FREE_PORT_TRIES : 1; tries > 0; tries--) {
      const places: Place[] = [];
      try {
        let { port } = options;
        let tlsPort = options.tls?.port ?? 0;
        for (const address of options.addresses) {
          const place = await openPlace(options, address, port, tls && { port: tlsPort, streams: tls });
          places.push(place);
          port = place.udp.port; // a free one is the same on every address
          tlsPort = place.tls?.port ?? 0;
        }
        const [chief] = places;
        if (chief !== undefined) return new Transports(chief, places, tls);
      } catch (error) {
        cause = error;
        for (const place of places) await closePlace(place);
      }
    }
    throw new SipPortTaken(options.addresses.join(', '), options.port, cause);
  }

  get port(): number {
    return this.#chief.udp.port;
  }

  /** 0 without TLS. */
  get tlsPort(): number {
    return this.#chief.tls?.port ?? 0;
  }

  /** Another certificate for TLS connections from now on; without TLS nothing. @throws as `TlsStreams.renew` */
  renewTls(terms: TlsTerms): void {
    this.#tlsStreams?.renew(terms);
  }

  get tcpConnections(): number {
    return this.#places.reduce((sum, { tcp, tls }) => sum + tcp.connections + (tls?.connections ?? 0), 0);
  }

  send(bytes: Buffer, to: SipSource, onFail: () => void, dialPort?: number): void {
    const place = this.#placeFor(to);
    if (to.transport === 'udp') return place.udp.send(bytes, to, onFail);
    const streams = to.transport === 'tls' ? place.tls : place.tcp;
    if (streams === undefined) queueMicrotask(onFail);
    else streams.send(bytes, to, onFail, dialPort);
  }

  isConnected(to: SipSource): boolean {
    const { tcp, tls } = this.#placeFor(to);
    return to.transport === 'tcp' ? tcp.isConnected(to) : to.transport === 'tls' && tls?.isConnected(to) === true;
  }

  sentBy(to: SipSource): string {
    const { address, udp, tls } = this.#placeFor(to);
    return `${hostText(address)}:${to.transport === 'tls' && tls !== undefined ? tls.port : udp.port}`;
  }

  async close(): Promise<void> {
    await Promise.all(this.#places.map(closePlace));
  }

  /** The address something came to, else the first of the family; a name may resolve to either, so it leaves from the chief one. */
  #placeFor({ local, address }: SipSource): Place {
    if (this.#places.length === 1) return this.#chief;
    const family = isIP(address);
    return (
      this.#places.find((place) => place.address === local) ??
      this.#places.find((place) => family === 0 || isIPv6(place.address) === (family === 6)) ??
      this.#chief
    );
  }
}

type TlsPlace = { readonly port: number; readonly streams: TlsStreams } | undefined;

async function openPlace(options: TransportsOptions, address: string, port: number, secure: TlsPlace): Promise<Place> {
  const streams = {
    address,
    clock: options.clock,
    maxConnections: options.maxTcpConnections,
    maxMessageBytes: options.maxMessageBytes,
    admit: options.admitConnection,
    onFrame: options.onFrame,
    onError: options.onError,
  };
  const udp = await TransportUdp.bind(address, port, options.onDatagram, options.onError);
  let tcp: TransportTcp | undefined;
  try {
    tcp = await TransportTcp.listen({ ...streams, port: udp.port });
    const tls = secure && (await TransportTcp.listen({ ...streams, ...secure }));
    return { address, udp, tcp, tls };
  } catch (error) {
    await udp.close();
    await tcp?.close();
    throw error;
  }
}

async function closePlace({ udp, tcp, tls }: Place): Promise<void> {
  await Promise.all([udp.close(), tcp.close(), tls?.close()]);
}
