/**
 * One connection to the cloud, from dialling to its end. It never reconnects by itself: the client's own reconnect would send what it had buffered
 * after we have asked the stream where it stands. Whoever holds it opens the next one (`link/link-monitor.ts`).
 */
import {
  type Authenticator,
  AuthorizationError,
  connect,
  type Msg,
  type NatsConnection,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node';
import { CloudRefused, CloudUnreachable } from './errors.ts';

export interface CloudOptions {
  readonly servers: readonly string[];
  readonly credentials?: Authenticator;
  /** Certificate authority for TLS; absent leaves TLS to the scheme of the URL. */
  readonly caFile?: string;
  /** Shown in the server's connection list. */
  readonly name: string;
  readonly inboxPrefix?: string;
  /** Dialling and handshake, ms. */
  readonly timeoutMs: number;
}

export type AskFailure = 'timeout' | 'no_responders' | 'closed';
export type Asked = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: AskFailure };

export class CloudConnection {
  /** Resolves once, with a short cause, when the connection is gone. */
  readonly closed: Promise<string>;
  /** For `jetstream.ts` and the workers of `cloud/`, which speak NATS themselves. */
  readonly nats: NatsConnection;

  private constructor(nats: NatsConnection) {
    this.nats = nats;
    this.closed = nats.closed().then((fault) => (fault instanceof Error ? 'connection_lost' : 'connection_closed'));
  }

  /** @throws KeeplineError CLOUD_UNREACHABLE, CLOUD_REFUSED */
  static async open(options: CloudOptions): Promise<CloudConnection> {
    try {
      const nats = await connect({
        servers: [...options.servers],
        name: options.name,
        reconnect: false,
        timeout: options.timeoutMs,
        // Own heartbeats notice a dead line; the client's pings are the second net, for users without a monitor.
        pingInterval: 10_000,
        maxPingOut: 2,
        ...(options.credentials ? { authenticator: options.credentials } : {}),
        ...(options.inboxPrefix ? { inboxPrefix: options.inboxPrefix } : {}),
        ...(options.caFile ? { tls: { caFile: options.caFile } } : {}),
      });
      return new CloudConnection(nats);
    } catch (cause) {
      throw cause instanceof AuthorizationError ? new CloudRefused(options.servers, cause) : new CloudUnreachable(options.servers, cause);
    }
  }

  /** Round trip through the server's own loop (PING, PONG), behind everything sent before: a black hole and a frozen server both stay silent. */
  ping(): Promise<void> {
    return this.nats.flush();
  }

  /** A question that expects one answer within `timeoutMs`. Never rejects. */
  async ask(subject: string, body: string, timeoutMs: number): Promise<Asked> {
    try {
      const answer: Msg = await this.nats.request(subject, body, { timeout: Math.max(1, timeoutMs) });
      return { ok: true, text: answer.string() };
    } catch (fault) {
      if (fault instanceof TimeoutError) return { ok: false, why: 'timeout' };
      if (fault instanceof RequestError && fault.isNoResponders()) return { ok: false, why: 'no_responders' };
      return { ok: false, why: 'closed' };
    }
  }

  /** Ends it now; what was not acknowledged is not sent later. */
  drop(): void {
    this.nats.close().catch(() => undefined);
  }
}
