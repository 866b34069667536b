/** A call we make: the UAC side of INVITE (RFC 3261 §13.2), its CANCEL (§9.1) and the answers of a fork (§13.2.2.4). */
import type { CallHost, DialogUser } from './call-host.ts';
import { CallSignals } from './call-signals.ts';
import type { HangupReason, OutgoingCall, SipEnd } from './call.ts';
import type { ClientRequest } from './client-request.ts';
import { DialogCall, reasonHeader } from './dialog-call.ts';
import { addressOf, dialogOfUac, MAX_FORWARDS } from './dialog.ts';
import { InviteRefused, InviteUnanswered, ReinviteRefused, SipTargetInvalid } from './errors.ts';
import { newSipCallId, newTag } from './identifiers.ts';
import { firstCseq } from './incoming-invite.ts';
import { INVITE_TIMEOUT_MS, MAX_FORKS } from './limits.ts';
import { Headers, SIP_VERSION, type SipRequest, type SipResponse } from './message.ts';
import { Outcome } from './outcome.ts';
import { parseNameAddr, printable, quoted } from './parse-header.ts';
import type { HeaderPairs } from './respond.ts';
import { type TransactionFault, WAIT_MS } from './transaction.ts';
import type { SipSource } from './transport.ts';
import { ALLOW } from './validate-request.ts';

export interface InviteOptions {
  readonly from: { readonly uri: string; readonly displayName: string };
  /** Added to the INVITE, such as P-Asserted-Identity. */
  readonly headers?: HeaderPairs;
  /** How long it may ring, ms; default `INVITE_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

export class OutgoingInvite implements OutgoingCall, DialogUser {
  readonly sipCallId = newSipCallId();
  readonly #host: CallHost;
  readonly #peer: string;
  readonly #signals = new CallSignals();
  readonly #ringing = new Outcome<void>();
  readonly #answered = new Outcome<string>();
  readonly #transaction: ClientRequest;
  readonly #forks = new Map<string, DialogCall>();
  #call: DialogCall | null = null;
  #heardProvisional = false;
  #cancelWanted: { readonly headers: HeaderPairs } | null = null;
  #stopTimeout: () => void;

  /** @throws SipTargetInvalid */
  constructor(host: CallHost, target: string, offer: string, options: InviteOptions) {
    const to = addressOf(target);
    if (to === null) throw new SipTargetInvalid();
    this.#host = host;
    this.#peer = `${to.address}:${to.port}`;
    const timeoutMs = options.timeoutMs ?? INVITE_TIMEOUT_MS;
    this.#stopTimeout = host.clock.after(timeoutMs, () => this.#giveUp({ by: 'timeout', why: 'no_answer' }, 'timeout'));
    host.adopt(this.sipCallId, this); // no tag of theirs yet, so nothing from the wire finds it; `close` does
    this.#transaction = host.transactions.openClient(this.#invite(target, to, offer, options), to, {
      response: (response, source) => this.#received(response, source),
      failed: (why) => this.#failed(why),
    });
  }

  get ended(): Promise<SipEnd> {
    return this.#signals.ended;
  }
  get ringing(): Promise<void> {
    return this.#ringing.promise;
  }
  get answered(): Promise<string> {
    return this.#answered.promise;
  }

  hangup(reason?: HangupReason): void {
    if (this.#call !== null) this.#call.hangup(reason);
    else this.#giveUp({ by: 'local', why: 'cancel' }, 'cancelled', reasonHeader(reason));
  }

  reinvite(offer: string): Promise<string> {
    if (this.#call !== null) return this.#call.reinvite(offer);
    const early = new Outcome<string>();
    early.reject(new ReinviteRefused(0, 'the call is not answered'));
    return early.promise;
  }

  onDigit(listener: (digit: string) => void): () => void {
    return this.#signals.onDigit(listener);
  }
  onReoffer(listener: (offer: string) => string | null): () => void {
    return this.#signals.onReoffer(listener);
  }
  onReanswer(listener: (answer: string) => void): () => void {
    return this.#signals.onReanswer(listener);
  }

  receive(): void {}
  receiveAck(): void {}

  #received(response: SipResponse, source: SipSource): void {
    const { status } = response;
    if (status < 200) {
      this.#heardProvisional = true;
      if (status > 100) this.#ringing.resolve();
      if (this.#cancelWanted !== null) this.#cancel(this.#cancelWanted.headers);
    } else if (status < 300) this.#accepted(response, source);
    else this.#settle({ by: 'remote', why: 'rejected', status }, new InviteRefused(this.#peer, status));
  }

  #accepted(response: SipResponse, source: SipSource): void {
    const tag = parseNameAddr(response.headers.get('to') ?? '')?.params.get('tag') ?? '';
    const known = this.#forks.get(tag);
    if (known) return known.acknowledge(this.#transaction.cseq); // our ACK was lost
    const dialog = dialogOfUac(this.#transaction.request, response, source, this.#transaction.cseq);
    if (dialog === null) {
      return this.#settle(
        { by: 'remote', why: 'dialog_lost', status: response.status },
        new InviteUnanswered(this.#peer, 'unusable_answer'),
      );
    }
    if (this.#forks.size >= MAX_FORKS) return;
    const isOurs = this.#call === null && !this.#signals.isOver;
    const call = new DialogCall(this.#host, isOurs ? this.#signals : new CallSignals(), dialog, true);
    this.#forks.set(tag, call);
    call.acknowledge(this.#transaction.cseq);
    if (!isOurs) return call.hangup(); // another phone of a fork, or a 2xx that crossed our CANCEL
    this.#call = call;
    this.#stopTimeout();
    this.#host.release(this.sipCallId);
    this.#host.adopt(call.key, call);
    this.#ringing.resolve();
    this.#answered.resolve(response.body.toString('utf8'));
  }

  #failed(why: TransactionFault): void {
    const end: SipEnd = why === 'timeout' ? { by: 'timeout', why: 'no_answer' } : { by: 'transport', why: 'no_answer' };
    this.#settle(end, new InviteUnanswered(this.#peer, why));
  }

  #giveUp(end: SipEnd, why: 'timeout' | 'cancelled', headers: HeaderPairs = []): void {
    if (this.#signals.isOver || this.#call !== null) return;
    this.#settle(end, new InviteUnanswered(this.#peer, why));
    if (this.#heardProvisional) this.#cancel(headers);
    else this.#cancelWanted = { headers }; // not before a provisional response (RFC 3261 §9.1); timer B ends it without one
  }

  #cancel(headers: HeaderPairs): void {
    this.#cancelWanted = null;
    this.#host.transactions.cancel(this.#transaction, Headers.of(headers), { response: () => {}, failed: () => {} });
    // A far end that does not know CANCEL never sends its 487 (RFC 3261 §9.1).
    this.#host.clock.after(WAIT_MS, () => {
      if (this.#transaction.isPending) this.#transaction.stop();
    });
  }

  /** Over without a dialog. */
  #settle(end: SipEnd, error: InviteRefused | InviteUnanswered): void {
    if (this.#signals.isOver || this.#call !== null) return;
    this.#stopTimeout();
    this.#host.release(this.sipCallId);
    this.#signals.end(end);
    this.#ringing.reject(error);
    this.#answered.reject(error);
  }

  #invite(target: string, to: SipSource, offer: string, options: InviteOptions): SipRequest {
    const { uri, displayName } = options.from;
    const name = displayName === '' ? '' : `${quoted(displayName)} `;
    const pairs: Array<readonly [string, string]> = [
      ['Max-Forwards', MAX_FORWARDS],
      ['From', `${name}<${printable(uri)}>;tag=${newTag()}`],
      ['To', `<${target}>`],
      ['Call-ID', this.sipCallId],
      ['CSeq', `${firstCseq()} INVITE`],
      ['Contact', `<${this.#host.contact(to)}>`],
      ALLOW,
      ['User-Agent', this.#host.product],
    ];
    for (const [headerName, value] of options.headers ?? []) pairs.push([printable(headerName), printable(value)]);
    pairs.push(['Content-Type', 'application/sdp']);
    return {
      kind: 'request',
      method: 'INVITE',
      uri: target,
      version: SIP_VERSION,
      headers: Headers.of(pairs),
      body: Buffer.from(offer, 'utf8'),
    };
  }
}
