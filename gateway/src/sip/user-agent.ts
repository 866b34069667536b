/**
 * The SIP side of the gateway, put together: one port for UDP and TCP, calls in and calls out (RFC 3261). Knows nothing of trunks,
 * queues or agents; who may send requests is the caller's `admit`.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { OutgoingCall } from './call.ts';
import type { SipCounters } from './counters.ts';
import { CLOSE_GRACE_MS } from './limits.ts';
import type { InviteOptions } from './outgoing-invite.ts';
import type { LooseAnswer, LooseRequest } from './out-of-dialog.ts';
import { SipStack, type StackOptions } from './sip-stack.ts';
import type { TransactionFault } from './transaction.ts';
import type { SipSource } from './transport.ts';
import { type TlsListener, Transports } from './transports.ts';
import type { TlsTerms } from './transport-tls.ts';

export type { HangupReason, IncomingCall, OutgoingCall, Referral, SipCall, SipEnd, SipParty } from './call.ts';
export type { InviteOptions } from './outgoing-invite.ts';
export type { SipSource } from './transport.ts';
export type { SipUri } from './uri.ts';

export interface UserAgentOptions extends StackOptions {
  /** For UDP and TCP on every address; 0 takes one that is free on all. */
  readonly port: number;
  /** Further addresses to listen at, IPv4 or IPv6. */
  readonly addresses?: readonly string[];
  readonly tls?: TlsListener;
  readonly limits: StackOptions['limits'] & { readonly maxTcpConnections: number };
}

const GRACE_STEP_MS = 10;

export class UserAgent {
  readonly #clock: Clock;
  readonly #transports: Transports;
  readonly #stack: SipStack;
  #isClosed = false;

  private constructor(options: UserAgentOptions, transports: Transports) {
    this.#clock = options.clock;
    this.#transports = transports;
    this.#stack = new SipStack(options, transports, transports.port);
  }

  /** Resolves when both sockets are open. @throws SipPortTaken */
  static async start(options: UserAgentOptions): Promise<UserAgent> {
    let agent: UserAgent | null = null;
    const transports = await Transports.bind({
      addresses: [...new Set([options.address, ...(options.addresses ?? [])])],
      port: options.port,
      ...(options.tls ? { tls: options.tls } : {}),
      clock: options.clock,
      maxMessageBytes: options.limits.maxMessageBytes,
      maxTcpConnections: options.limits.maxTcpConnections,
      admitConnection: (source) => options.admit(source, ''),
      // Bytes that come before both sockets are open are sent again by whoever sent them.
      onDatagram: (bytes, source) => agent !== null && agent.#stack.datagram(bytes, source),
      onFrame: (frame, source) => agent !== null && agent.#stack.frame(frame, source),
      onError: (error) => options.log?.('warn', 'sip.socket_error', { error: error.message }),
    });
    agent = new UserAgent(options, transports);
    return agent;
  }

  get port(): number {
    return this.#transports.port;
  }

  /**
   * Calls a sip: or sips: URI whose host is an address or a name the system resolves; `;transport=tcp` for TCP, `tls` or sips: for TLS.
   * @throws SipTargetInvalid
   */
  invite(target: string, offer: string, options: InviteOptions): OutgoingCall {
    return this.#stack.invite(target, offer, options);
  }

  /** OPTIONS or REGISTER; resolves with the final response, or with why there is none. @throws SipTargetInvalid */
  request(asked: LooseRequest): Promise<LooseAnswer | TransactionFault> {
    return this.#stack.request(asked);
  }

  /** Whether the peer still holds the connection it came by; what it registered from UDP is always reached. */
  isReachable(source: SipSource): boolean {
    return source.transport === 'udp' || this.#transports.isConnected(source);
  }

  /** 0 without TLS. */
  get tlsPort(): number {
    return this.#transports.tlsPort;
  }

  /** Another certificate for TLS from now on; connections and calls stay. @throws what OpenSSL says of a pair that does not fit */
  renewTls(terms: TlsTerms): void {
    this.#transports.renewTls(terms);
  }

  /** Our `host:port` towards a place. */
  sentBy(to: SipSource): string {
    return this.#transports.sentBy(to);
  }

  /** From now on new calls are answered 503; calls in progress go on. */
  drain(): void {
    this.#stack.drain();
  }

  /**
   * In this order: no new calls, every call in progress hung up, up to `CLOSE_GRACE_MS` for the answers to our BYEs and CANCELs, all
   * timers stopped, sockets closed. Calling it again changes nothing.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stack.drain();
    this.#stack.hangUpAll();
    await this.#grace();
    this.#stack.stop();
    await this.#transports.close();
  }

  counters(): Readonly<Record<keyof SipCounters, number>> & { transactions: number; dialogs: number; tcpConnections: number } {
    return { ...this.#stack.counters(), tcpConnections: this.#transports.tcpConnections };
  }

  async #grace(): Promise<void> {
    const clock = this.#clock;
    if (this.#stack.pending === 0) return;
    await new Promise<void>((resolve) => {
      const untilMs = clock.monotonicMs() + CLOSE_GRACE_MS;
      const stop = clock.every(GRACE_STEP_MS, () => {
        if (this.#stack.pending > 0 && clock.monotonicMs() < untilMs) return;
        stop();
        resolve();
      });
    });
  }
}
