/**
 * The SIP side without its sockets: messages in, messages out by a `Wire`, calls between (RFC 3261). Whatever arrives, nothing thrown
 * gets out of `datagram` and `frame`.
 */
import type { Clock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import type { CallHost, DialogUser } from './call-host.ts';
import type { SecretFor } from './client-request.ts';
import type { IncomingCall, OutgoingCall, SipCall } from './call.ts';
import { newCounters, type SipCounters } from './counters.ts';
import { type Chance, SECURE_CHANCE } from './identifiers.ts';
import type { Inbound } from './inbound.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { MAX_ENDED_DIALOGS } from './limits.ts';
import { type InviteOptions, OutgoingInvite } from './outgoing-invite.ts';
import { parseMessage, peekMethod } from './parse-message.ts';
import type { Frame } from './tcp-framing.ts';
import { TransactionTable } from './transaction-table.ts';
import { type LooseAnswer, type LooseRequest, sendLoose } from './out-of-dialog.ts';
import type { TransactionFault } from './transaction.ts';
import { hostText, type SipSource, type Wire } from './transport.ts';
import { type Registrations, UasCore } from './uas-core.ts';
import type { Refusal } from './validate-request.ts';

export interface StackOptions {
  /** Address to write into Via and Contact where the wire knows no better. */
  readonly address: string;
  readonly clock: Clock;
  /** Default `SECURE_CHANCE`; anything else is for tests that must come again. */
  readonly chance?: Chance;
  /** For the Server and User-Agent headers. */
  readonly product: string;
  readonly limits: {
    /** Larger messages are answered 513; on TCP the connection is closed too. */
    readonly maxMessageBytes: number;
    /** Unfinished ones; beyond this, requests outside dialogs are answered 503. What finished ones may add is in `limits.ts`. */
    readonly maxTransactions: number;
  };
  /**
   * Asked for every request, in a dialog or not, before anything else is done with it: `refuse` is 403, `drop` is silence. For a TCP
   * connection it is asked once more when it opens, with `''` as method; `drop` closes it.
   */
  admit(source: SipSource, method: string): 'accept' | 'refuse' | 'drop';
  /** A new INVITE before a call comes of it: null lets it through, anything else is its answer (a challenge, a refusal). */
  vet?(inbound: Inbound): Refusal | null;
  /** Takes registrations; without it REGISTER is 405. Never rejects. */
  readonly register?: Registrations;
  /** What we know by heart for places that challenge us. */
  readonly secretFor?: SecretFor;
  /** A new call; 100 is out already. It stays offered until it is answered, rejected, hung up or cancelled. */
  onInvite(call: IncomingCall): void;
  /**
   * A new call that wants to take the place of one of ours (RFC 3891), which it names: whoever grants it answers the new one, gives it the
   * other's place and hangs the other up. Without this nobody may: 603.
   */
  onReplaces?: ((call: IncomingCall, replaced: SipCall) => void) | undefined;
  /** Never gets numbers or names of parties. */
  log?(level: 'debug' | 'info' | 'warn', what: string, fields: Record<string, string | number>): void;
}

export class SipStack {
  readonly #options: StackOptions;
  readonly #counters = newCounters();
  readonly #dialogs = new Map<string, DialogUser>();
  /** Keys of the dialogs that ended last, the oldest first. */
  readonly #ended = new Set<string>();
  readonly #host: CallHost;
  readonly #uas: UasCore;
  #isDraining = false;

  /** @param port ours, for Via and Contact */
  constructor(options: StackOptions, wire: Wire, port: number) {
    const sentBy = (to: SipSource): string => wire.sentBy?.(to) ?? `${hostText(options.address)}:${port}`;
    const chance = options.chance ?? SECURE_CHANCE;
    this.#options = options;
    this.#host = {
      clock: options.clock,
      wire,
      chance,
      transactions: new TransactionTable({
        ...{ wire, clock: options.clock, chance, sentBy },
        ...{ maxTransactions: options.limits.maxTransactions, secretFor: options.secretFor },
      }),
      product: options.product,
      contact: (to) => `sip:${sentBy(to)}${to.transport === 'udp' ? '' : `;transport=${to.transport}`}`,
      adopt: (key, user) => this.#dialogs.set(key, user),
      release: (key) => {
        if (!this.#dialogs.delete(key)) return;
        this.#ended.add(key);
        const oldest = this.#ended.size > MAX_ENDED_DIALOGS ? this.#ended.values().next().value : undefined;
        if (oldest !== undefined) this.#ended.delete(oldest);
      },
    };
    this.#uas = new UasCore({
      host: this.#host,
      counters: this.#counters,
      onInvite: (call) => options.onInvite(call),
      onReplaces: options.onReplaces && ((call, replaced) => options.onReplaces?.(call, replaced)),
      vet: (inbound) => options.vet?.(inbound) ?? null,
      register: options.register,
      dialog: (key) => this.#dialogs.get(key),
      hasEnded: (key) => this.#ended.has(key),
      isDraining: () => this.#isDraining,
    });
  }

  /** @throws SipTargetInvalid */
  invite(target: string, offer: string, options: InviteOptions): OutgoingCall {
    this.#counters.callsMade++;
    return new OutgoingInvite(this.#host, target, offer, options);
  }

  /** A request outside calls; resolves with its final response, or why there is none. @throws SipTargetInvalid */
  request(asked: LooseRequest): Promise<LooseAnswer | TransactionFault> {
    return sendLoose(this.#host, asked);
  }

  drain(): void {
    this.#isDraining = true;
  }

  hangUpAll(): void {
    for (const user of [...this.#dialogs.values()]) user.hangup();
  }

  /** Requests of ours without a final response. */
  get pending(): number {
    return this.#host.transactions.pending;
  }

  /** Forgets every transaction without a word to anyone. */
  stop(): void {
    this.#host.transactions.stop();
  }

  counters(): Readonly<Record<keyof SipCounters, number>> & { transactions: number; dialogs: number } {
    return { ...this.#counters, transactions: this.#host.transactions.size, dialogs: this.#dialogs.size };
  }

  datagram(bytes: Buffer, source: SipSource): void {
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

  frame(frame: Frame, source: SipSource): void {
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
}
