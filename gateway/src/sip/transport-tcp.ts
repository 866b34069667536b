/**
 * SIP over TCP, IPv4 (RFC 3261 §18): connections from peers and to peers, kept by the address and port of the peer. Bounds in `limits.ts`.
 */
import type { Clock } from '@keepline/contracts/clock';
import { connect, createServer, type Server, type Socket } from 'node:net';
import {
  MAX_CONNECTIONS_PER_SOURCE,
  MAX_REFUSED_CONNECTIONS,
  TCP_CONNECT_MS,
  TCP_IDLE_MS,
  TCP_MESSAGE_MS,
  TCP_QUEUED_BYTES,
} from './limits.ts';
import { type Frame, TcpFraming } from './tcp-framing.ts';
import type { SipSource } from './transport.ts';

export interface TcpOptions {
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
}

const SWEEP_MS = 1_000;
const PONG = Buffer.from('\r\n');

export class TransportTcp {
  readonly #options: TcpOptions;
  readonly #server: Server;
  readonly #connections = new Map<string, Connection>();
  readonly #perSource = new Map<string, number>();
  readonly #stopSweep: () => void;
  #refused = 0;

  private constructor(options: TcpOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    server.on('connection', (socket) => this.#accept(socket));
    server.on('error', options.onError);
    this.#stopSweep = options.clock.every(SWEEP_MS, () => this.#sweep());
  }

  static async listen(options: TcpOptions): Promise<TransportTcp> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.address, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return new TransportTcp(options, server);
  }

  get connections(): number {
    return this.#connections.size;
  }

  isConnected(to: SipSource): boolean {
    return this.#connections.get(keyOf(to))?.connecting === false;
  }

  send(bytes: Buffer, to: SipSource, onFail: () => void, dialPort = to.port): void {
    const dial = { ...to, port: dialPort };
    const connection = this.#connections.get(keyOf(to)) ?? this.#connections.get(keyOf(dial)) ?? this.#dial(dial);
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
    for (const { socket } of this.#connections.values()) socket.destroySoon();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    const { remoteAddress: address, remotePort: port } = socket;
    if (address === undefined || port === undefined) return void socket.destroy(); // gone already
    const source: SipSource = { address, port, transport: 'tcp' };
    const verdict = this.#hasRoom(address) ? this.#options.admit(source) : 'drop';
    if (verdict === 'drop' || (verdict === 'refuse' && this.#refused >= MAX_REFUSED_CONNECTIONS)) return void socket.destroy();
    this.#keep(socket, source, verdict === 'refuse', false);
  }

  #dial(to: SipSource): Connection | null {
    if (!this.#hasRoom(to.address)) return null;
    const socket = connect({ host: to.address, port: to.port, noDelay: true });
    const connection = this.#keep(socket, to, false, true);
    socket.once('connect', () => {
      connection.connecting = false;
    });
    return connection;
  }

  #hasRoom(address: string): boolean {
    return this.#connections.size < this.#options.maxConnections && (this.#perSource.get(address) ?? 0) < MAX_CONNECTIONS_PER_SOURCE;
  }

  #keep(socket: Socket, source: SipSource, refused: boolean, connecting: boolean): Connection {
    const framing = new TcpFraming(this.#options.maxMessageBytes);
    const nowMs = this.#options.clock.monotonicMs();
    const connection: Connection = { socket, source, framing, refused, connecting, lastByteMs: nowMs, messageSinceMs: null };
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
    for (const { socket, connecting, lastByteMs, messageSinceMs, refused } of this.#connections.values()) {
      const idleMs = nowMs - lastByteMs;
      const isSlow = messageSinceMs !== null && nowMs - messageSinceMs > TCP_MESSAGE_MS;
      if (isSlow || idleMs > (refused ? TCP_MESSAGE_MS : TCP_IDLE_MS) || (connecting && idleMs > TCP_CONNECT_MS)) socket.destroy();
    }
  }
}

const keyOf = (source: SipSource): string => `${source.address}:${source.port}`;
