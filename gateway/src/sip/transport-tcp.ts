/**
 * SIP over TCP and TLS (RFC 3261 §18): connections from peers and to peers, kept by the address and port of the peer, and the keep-alives
 * of RFC 5626 §3.5.1 on them. Bounds in `limits.ts`.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { Server, Socket } from 'node:net';
import {
  MAX_CONNECTIONS_PER_SOURCE,
  MAX_HANDSHAKES,
  MAX_REFUSED_CONNECTIONS,
  PING_MS,
  PONG_MS,
  TCP_CONNECT_MS,
  TCP_IDLE_MS,
  TCP_MESSAGE_MS,
  TCP_QUEUED_BYTES,
} from './limits.ts';
import { type Frame, TcpFraming } from './tcp-framing.ts';
import type { SipSource } from './transport.ts';
import { isIdentity, plainStreams, type StreamKind } from './transport-tls.ts';

export interface TcpOptions {
  /** Plain TCP unless it says otherwise. */
  readonly streams?: StreamKind;
  readonly address: string;
  readonly port: number;
  readonly clock: Clock;
  readonly maxConnections: number;
  readonly maxMessageBytes: number;
  /** Asked once per connection from outside. A refused one stays long enough to be told so; a dropped one is closed at once. */
  readonly admit: (source: SipSource) => 'accept' | 'refuse' | 'drop';
  readonly onFrame: (frame: Frame, source: SipSource) => void;
  readonly onError: (error: Error) => void;
}

interface Connection {
  readonly socket: Socket;
  readonly source: SipSource;
  readonly framing: TcpFraming;
  readonly refused: boolean;
  lastByteMs: number;
  /** When the message that is coming in began; null between messages. */
  messageSinceMs: number | null;
  connecting: boolean;
  /** When we asked for a sign of life that has not come yet; null when none is owed. */
  pingedMs: number | null;
  /** A peer that answered once is held to it; one that never did may not know how. */
  answersPings: boolean;
}

const SWEEP_MS = 1_000;
const PONG = Buffer.from('\r\n');
const PING = Buffer.from('\r\n\r\n');

export class TransportTcp {
  readonly #options: TcpOptions;
  readonly #server: Server;
  readonly #connections = new Map<string, Connection>();
  readonly #perSource = new Map<string, number>();
  readonly #stopSweep: () => void;
  readonly #streams: StreamKind;
  /** TLS only: accepted, but not yet agreed on keys, and since when (monotonic ms). */
  readonly #handshakes = new Map<Socket, number>();
  #refused = 0;

  private constructor(options: TcpOptions, server: Server, streams: StreamKind) {
    this.#options = options;
    this.#server = server;
    this.#streams = streams;
    if (streams.accepted === 'secureConnection') {
      server.on('connection', (socket: Socket) => this.#shakeHands(socket));
      server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
    }
    server.on(streams.accepted, (socket: Socket) => this.#accept(socket));
    server.on('error', options.onError);
    this.#stopSweep = options.clock.every(SWEEP_MS, () => this.#sweep());
  }

  static async listen(options: TcpOptions): Promise<TransportTcp> {
    const streams = options.streams ?? plainStreams;
    const server = streams.listen();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.address, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return new TransportTcp(options, server, streams);
  }

  get connections(): number {
    return this.#connections.size;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  isConnected(to: SipSource): boolean {
    return this.#find(to)?.connecting === false;
  }

  send(bytes: Buffer, to: SipSource, onFail: () => void, dialPort = to.port): void {
    const dial = { ...to, port: dialPort };
    const connection = this.#find(to) ?? this.#find(dial) ?? this.#dial(dial);
    if (connection === null) return queueMicrotask(onFail);
    connection.socket.write(bytes, (error) => {
      if (error) onFail();
    });
    if (connection.socket.writableLength > TCP_QUEUED_BYTES) connection.socket.destroy();
  }

  /** Closes one connection after what was written to it has gone out. */
  end(source: SipSource): void {
    this.#connections.get(keyOf(source))?.socket.destroySoon();
  }

  async close(): Promise<void> {
    this.#stopSweep();
    for (const socket of this.#handshakes.keys()) socket.destroy();
    for (const { socket } of this.#connections.values()) socket.destroySoon();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Bounds what strangers may cost before they are known: a handshake that does not end is swept. */
  #shakeHands(raw: Socket): void {
    if (this.#handshakes.size >= MAX_HANDSHAKES || !this.#hasRoom(raw.remoteAddress ?? '')) return void raw.destroy();
    this.#handshakes.set(raw, this.#options.clock.monotonicMs());
    raw.once('close', () => this.#handshakes.delete(raw));
  }

  #accept(socket: Socket): void {
    const { remoteAddress: address, remotePort: port } = socket;
    if (address === undefined || port === undefined) return void socket.destroy(); // gone already
    for (const raw of this.#handshakes.keys()) if (raw.remotePort === port && raw.remoteAddress === address) this.#handshakes.delete(raw);
    const identities = this.#streams.identities(socket);
    const { transport } = this.#streams;
    const source: SipSource = { address, port, transport, local: this.#options.address, ...(identities ? { identities } : {}) };
    const verdict = this.#hasRoom(address) ? this.#options.admit(source) : 'drop';
    if (verdict === 'drop' || (verdict === 'refuse' && this.#refused >= MAX_REFUSED_CONNECTIONS)) return void socket.destroy();
    this.#keep(socket, source, verdict === 'refuse', false);
  }

  #dial(to: SipSource): Connection | null {
    if (!this.#hasRoom(to.address)) return null;
    const socket = this.#streams.dial(to);
    const connection = this.#keep(socket, to, false, true);
    socket.once(this.#streams.connected, () => {
      connection.connecting = false;
    });
    return connection;
  }

  /** An open connection to that place; where a domain led there, one whose certificate is for that domain (RFC 5922 §7.3). */
  #find(to: SipSource): Connection | undefined {
    const known = this.#connections.get(keyOf(to));
    if (known !== undefined || to.domain === undefined) return known;
    const other = this.#connections.get(`${to.address} ${to.port}`);
    return other !== undefined && isIdentity(to.domain, this.#streams.identities(other.socket) ?? []) ? other : undefined;
  }

  #hasRoom(address: string): boolean {
    return this.#connections.size < this.#options.maxConnections && (this.#perSource.get(address) ?? 0) < MAX_CONNECTIONS_PER_SOURCE;
  }

  #keep(socket: Socket, source: SipSource, refused: boolean, connecting: boolean): Connection {
    const framing = new TcpFraming(this.#options.maxMessageBytes);
    const nowMs = this.#options.clock.monotonicMs();
    const connection: Connection = {
      ...{ socket, source, framing, refused, connecting, lastByteMs: nowMs, messageSinceMs: null },
      ...{ pingedMs: null, answersPings: false },
    };
    this.#connections.set(keyOf(source), connection);
    this.#perSource.set(source.address, (this.#perSource.get(source.address) ?? 0) + 1);
    if (refused) this.#refused++;
    socket.on('data', (bytes) => this.#read(connection, bytes));
    socket.on('error', () => socket.destroy()); // the writes in flight report it to whoever made them
    socket.once('close', () => this.#forget(connection));
    return connection;
  }

  #read(connection: Connection, bytes: Buffer): void {
    const nowMs = this.#options.clock.monotonicMs();
    connection.lastByteMs = nowMs;
    if (connection.pingedMs !== null && !connection.framing.isInsideMessage && bytes.equals(PONG)) {
      connection.pingedMs = null;
      connection.answersPings = true;
      return;
    }
    for (const frame of connection.framing.take(bytes)) {
      connection.messageSinceMs = null;
      if (frame.is === 'ping') connection.socket.write(PONG);
      else this.#options.onFrame(frame, connection.source);
      if (frame.is === 'broken') connection.socket.destroySoon();
    }
    if (!connection.framing.isInsideMessage) connection.messageSinceMs = null;
    else connection.messageSinceMs ??= nowMs;
  }

  #forget(connection: Connection): void {
    const { source } = connection;
    if (this.#connections.get(keyOf(source)) === connection) this.#connections.delete(keyOf(source));
    const left = (this.#perSource.get(source.address) ?? 1) - 1;
    if (left === 0) this.#perSource.delete(source.address);
    else this.#perSource.set(source.address, left);
    if (connection.refused) this.#refused--;
  }

  #sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [socket, sinceMs] of this.#handshakes) if (nowMs - sinceMs > TCP_CONNECT_MS) socket.destroy();
    for (const connection of this.#connections.values()) {
      const { socket, connecting, lastByteMs, messageSinceMs, refused, pingedMs } = connection;
      const idleMs = nowMs - lastByteMs;
      const isSlow = messageSinceMs !== null && nowMs - messageSinceMs > TCP_MESSAGE_MS;
      const isDumb = connection.answersPings && pingedMs !== null && nowMs - pingedMs > PONG_MS;
      if (isSlow || isDumb || idleMs > (refused ? TCP_MESSAGE_MS : TCP_IDLE_MS) || (connecting && idleMs > TCP_CONNECT_MS))
        socket.destroy();
      else if (!connecting && !refused && idleMs > PING_MS && (pingedMs === null || nowMs - pingedMs > PING_MS)) {
        connection.pingedMs = nowMs;
        socket.write(PING);
      }
    }
  }
}

/** One place may stand for several domains, each with a connection that proved to be its own. */
const keyOf = ({ address, port, domain }: SipSource): string =>
  domain === undefined ? `${address} ${port}` : `${address} ${port} ${domain.toLowerCase()}`;
