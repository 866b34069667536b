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
  UserAuthenticationExpiredError,
} from '@nats-io/transport-node';
import type { Proof } from './credentials.ts';
import { CloudRefused, CloudUnreachable, CredentialsExpired } from './errors.ts';

export interface CloudOptions {
  readonly servers: readonly string[];
  readonly credentials?: Authenticator;
  /** Asked at every dial, in place of `credentials`: a rotated file is taken with the next connection. */
  readonly proof?: () => Proof;
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

  /** Public identity this connection was opened with; '' without a proof. */
  readonly identity: string;

  private constructor(nats: NatsConnection, identity: string, expiresMs: number | undefined) {
    this.nats = nats;
    this.identity = identity;
    this.closed = nats.closed().then((fault) => whyClosed(fault, expiresMs));
  }

  /** @throws KeeplineError CLOUD_UNREACHABLE, CLOUD_REFUSED, CREDENTIALS_EXPIRED, CREDENTIALS_INVALID */
  static async open(options: CloudOptions): Promise<CloudConnection> {
    const proof = options.proof?.();
    // The server only says that it refuses; asking the clock first gives the condition its name and spares the dial.
    if (proof?.expiresMs !== undefined && proof.expiresMs <= Date.now()) throw new CredentialsExpired(proof.identity, proof.expiresMs);
    const authenticator = proof?.authenticator ?? options.credentials;
    try {
      const nats = await connect({
        servers: [...options.servers],
        name: options.name,
        reconnect: false,
        timeout: options.timeoutMs,
        // Own heartbeats notice a dead line; the client's pings are the second net, for users without a monitor.
        pingInterval: 10_000,
        maxPingOut: 2,
        ...(authenticator ? { authenticator } : {}),
        ...(options.inboxPrefix ? { inboxPrefix: options.inboxPrefix } : {}),
        ...(options.caFile || proof?.tls ? { tls: { ...(options.caFile ? { caFile: options.caFile } : {}), ...proof?.tls } } : {}),
      });
      return new CloudConnection(nats, proof?.identity ?? '', proof?.expiresMs);
    } catch (cause) {
      // By the server's clock, that is: ours has been asked above.
      if (saysExpired(cause)) throw new CredentialsExpired(proof?.identity ?? '', proof?.expiresMs ?? Date.now());
      throw isRefusal(cause) ? new CloudRefused(options.servers, cause) : new CloudUnreachable(options.servers, cause);
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

/** A revoked user is told so in a text of its own, which the client has no class for. */
function isRefusal(cause: unknown): boolean {
  return cause instanceof AuthorizationError || (cause instanceof Error && /authentication revoked/i.test(cause.message));
}

/** The user's own token, or that of its account. */
function saysExpired(cause: unknown): boolean {
  return cause instanceof UserAuthenticationExpiredError || (cause instanceof Error && /authentication expired/i.test(cause.message));
}

/**
 * The server says why it ends a connection; two of its reasons need a person. A refusal without a reason is judged by our own date: a server
 * that reads its accounts again says no more than that.
 */
function whyClosed(fault: unknown, expiresMs: number | undefined): string {
  if (!(fault instanceof Error)) return 'connection_closed';
  if (saysExpired(fault)) return 'credentials_expired';
  if (!isRefusal(fault)) return 'connection_lost';
  return expiresMs !== undefined && expiresMs <= Date.now() ? 'credentials_expired' : 'credentials_revoked';
}
