/**
 * The SIP side of the gateway, put together: one port for UDP and TCP, calls in and calls out (RFC 3261). Knows nothing of trunks,
 * queues or agents; who may send requests is the caller's `admit`.
 */
import type { Clock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import type { CallHost, DialogUser } from './call-host.ts';
import type { IncomingCall, OutgoingCall } from './call.ts';
import { newCounters, type SipCounters } from './counters.ts';
import { CLOSE_GRACE_MS } from './limits.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { type InviteOptions, OutgoingInvite } from './outgoing-invite.ts';
import { parseMessage, peekMethod } from './parse-message.ts';
import type { Frame } from './tcp-framing.ts';
import { TransactionTable } from './transaction-table.ts';
import { Transports } from './transports.ts';
import type { SipSource } from './transport.ts';
import { UasCore } from './uas-core.ts';

export type { HangupReason, IncomingCall, OutgoingCall, SipCall, SipEnd, SipParty } from './call.ts';
export type { InviteOptions } from './outgoing-invite.ts';
export type { SipSource } from './transport.ts';
export type { SipUri } from './uri.ts';

export interface UserAgentOptions {
  /** IPv4 address to bind and to write into Via and Contact. */
  readonly address: string;
  /** For UDP and TCP; 0 takes one that is free on both. */
  readonly port: number;
  readonly clock: Clock;
  /** For the Server and User-Agent headers. */
  readonly product: string;
  readonly limits: {
    /** Larger messages are answered 513; on TCP the connection is closed too. */
    readonly maxMessageBytes: number;
    /** Beyond this, requests outside dialogs are answered 503. */
    readonly maxTransactions: number;
    readonly maxTcpConnections: number;
  };
  /**
   * Asked for every request, in a dialog or not, before anything else is done with it: `refuse` is 403, `drop` is silence. For a TCP
   * connection it is asked once more when it opens, with `''` as method; `drop` closes it.
   */
  admit(source: SipSource, method: string): 'accept' | 'refuse' | 'drop';
  /** A new call; 100 is out already. It stays offered until it is answered, rejected, hung up or cancelled. */
  onInvite(call: IncomingCall): void;
  /** Never gets numbers or names of parties. */
  log?(level: 'debug' | 'info' | 'warn', what: string, fields: Record<string, string | number>): void;
}

const GRACE_STEP_MS = 10;

export class UserAgent {
  readonly #options: UserAgentOptions;
  readonly #counters = newCounters();
  readonly #dialogs = new Map<string, DialogUser>();
  readonly #transports: Transports;
  readonly #host: CallHost;
  readonly #uas: UasCore;
  #isDraining = false;
  #isClosed = false;

  private constructor(options: UserAgentOptions, transports: Transports) {
    const sentBy = `${options.address}:${transports.port}`;
    this.#options = options;
    this.#transports = transports;
    this.#host = {
      clock: options.clock,
      wire: transports,
      transactions: new TransactionTable(transports, options.clock, options.limits.maxTransactions, sentBy),
      product: options.product,
      contact: (transport) => (transport === 'tcp' ? `sip:${sentBy};transport=tcp` : `sip:${sentBy}`),
      adopt: (key, user) => this.#dialogs.set(key, user),
      release: (key) => this.#dialogs.delete(key),
    };
    this.#uas = new UasCore({
      host: this.#host,
      counters: this.#counters,
      address: options.address,
      onInvite: (call) => options.onInvite(call),
      dialog: (key) => this.#dialogs.get(key),
      isDraining: () => this.#isDraining,
    });
  }

  /** Resolves when both sockets are open. @throws SipPortTaken */
  static async start(options: UserAgentOptions): Promise<UserAgent> {
    let agent: UserAgent | null = null;
    const transports = await Transports.bind({
      address: options.address,
      port: options.port,
      clock: options.clock,
      maxMessageBytes: options.limits.maxMessageBytes,
      maxTcpConnections: options.limits.maxTcpConnections,
      admitConnection: (source) => options.admit(source, ''),
      // Bytes that come before both sockets are open are sent again by whoever sent them.
      onDatagram: (bytes, source) => agent !== null && agent.#datagram(bytes, source),
      onFrame: (frame, source) => agent !== null && agent.#frame(frame, source),
      onError: (error) => options.log?.('warn', 'sip.socket_error', { error: error.message }),
    });
    agent = new UserAgent(options, transports);
    return agent;
  }

  get port(): number {
    return this.#transports.port;
  }

  /**
   * Calls a sip: URI whose host is an IPv4 address or a name the system resolves; `;transport=tcp` for TCP.
   * @throws SipTargetInvalid
   */
  invite(target: string, offer: string, options: InviteOptions): OutgoingCall {
    this.#counters.callsMade++;
    return new OutgoingInvite(this.#host, target, offer, options);
  }

  /** From now on new calls are answered 503; calls in progress go on. */
  drain(): void {
    this.#isDraining = true;
  }

  /**
   * In this order: no new calls, every call in progress hung up, up to `CLOSE_GRACE_MS` for the answers to our BYEs and CANCELs, all
   * timers stopped, sockets closed. Calling it again changes nothing.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.drain();
    for (const user of [...this.#dialogs.values()]) user.hangup();
    await this.#grace();
    this.#host.transactions.stop();
    await this.#transports.close();
  }

  counters(): Readonly<Record<keyof SipCounters, number>> & { transactions: number; dialogs: number; tcpConnections: number } {
    const { transactions } = this.#host;
    return {
      ...this.#counters,
      transactions: transactions.size,
      dialogs: this.#dialogs.size,
      tcpConnections: this.#transports.tcpConnections,
    };
  }

  #datagram(bytes: Buffer, source: SipSource): void {
    const method = peekMethod(bytes);
    // Asked before the message is read, so that strangers cost little.
    const verdict = method === null ? null : this.#options.admit(source, method);
    if (verdict === 'drop') return void this.#counters.dropped++;
    const parsed = parseMessage(bytes);
    const tooLarge = bytes.length > this.#options.limits.maxMessageBytes;
    const { message } = parsed;
    if (message?.kind === 'request' && verdict !== null) this.#request(message, source, verdict, tooLarge ? 513 : parsed.ok ? null : 400);
    else if (message?.kind === 'response' && parsed.ok && !tooLarge) this.#response(message, source);
    else this.#counters.malformed++;
  }

  #frame(frame: Frame, source: SipSource): void {
    if (frame.is === 'ping') return;
    const { message } = frame;
    if (message?.kind === 'request') {
      const fault = frame.is === 'message' ? null : frame.why === 'too_large' ? 513 : 400;
      this.#request(message, source, this.#options.admit(source, message.method), fault);
    } else if (message?.kind === 'response' && frame.is === 'message') this.#response(message, source);
    else this.#counters.malformed++;
  }

  #request(message: SipRequest, source: SipSource, verdict: 'accept' | 'refuse' | 'drop', fault: 400 | 513 | null): void {
    if (verdict === 'drop') return void this.#counters.dropped++;
    this.#counters.messagesReceived++;
    this.#guarded(() => this.#uas.receive(message, source, verdict === 'refuse', fault));
  }

  #response(message: SipResponse, source: SipSource): void {
    this.#counters.messagesReceived++;
    this.#guarded(() => {
      if (!this.#host.transactions.receive(message, source)) this.#counters.stray++;
    });
  }

  /** Nothing thrown above gets out: one caller's message, or one listener's fault, must not end the other calls. */
  #guarded(deed: () => void): void {
    try {
      deed();
    } catch (thrown) {
      this.#counters.listenerFaults++;
      this.#options.log?.('warn', 'sip.listener_failed', { error: messageOf(thrown) });
    }
  }

  async #grace(): Promise<void> {
    const { clock, transactions } = this.#host;
    if (transactions.pending === 0) return;
    await new Promise<void>((resolve) => {
      const untilMs = clock.monotonicMs() + CLOSE_GRACE_MS;
      const stop = clock.every(GRACE_STEP_MS, () => {
        if (transactions.pending > 0 && clock.monotonicMs() < untilMs) return;
        stop();
        resolve();
      });
    });
  }
}
