/**
 * A call we make: the UAC side of INVITE (RFC 3261 §13.2), its CANCEL (§9.1), the phones of a fork (§13.2.2.4), and further tries where
 * the far end sends us on (3xx) or wants a longer session (422).
 */
import type { CallHost, DialogUser } from './call-host.ts';
import { CallSignals } from './call-signals.ts';
import type { HangupReason, OutgoingCall, Referral, ReferOptions, SipEnd } from './call.ts';
import type { ClientRequest } from './client-request.ts';
import type { DialogCall } from './dialog-call.ts';
import { addressOf, type Dialog, dialogOfUac } from './dialog.ts';
import { InviteRefused, InviteUnanswered, ReferRefused, ReinviteRefused, SipTargetInvalid } from './errors.ts';
import { firstCseq, newSipCallId, newTag } from './identifiers.ts';
import { type InviteOptions, inviteRequest } from './invite-request.ts';
import { INVITE_TIMEOUT_MS, MAX_EARLY_DIALOGS, MAX_FORKS, MAX_INVITE_TRIES } from './limits.ts';
import { Headers, type SipResponse } from './message.ts';
import { Outcome } from './outcome.ts';
import { OutgoingFork } from './outgoing-fork.ts';
import { parseNameAddr } from './parse-header.ts';
import { reasonHeader, reasonOf } from './reason.ts';
import { redirectTargets } from './redirect.ts';
import type { Replaces } from './replaces.ts';
import type { HeaderPairs } from './respond.ts';
import { MIN_SESSION_SECONDS, minSeOf, SESSION_SECONDS, sessionRequest } from './session-timer.ts';
import { type TransactionFault, WAIT_MS } from './transaction.ts';
import type { SipSource } from './transport.ts';

export type { InviteOptions } from './invite-request.ts';

export class OutgoingInvite implements OutgoingCall, DialogUser {
  readonly sipCallId: string;
  readonly #fromTag: string;
  readonly #host: CallHost;
  readonly #offer: string;
  readonly #options: InviteOptions;
  readonly #signals = new CallSignals();
  readonly #heard = new Outcome<void>();
  readonly #ringing = new Outcome<void>();
  readonly #answered = new Outcome<string>();
  readonly #forks = new Map<string, OutgoingFork>();
  /** Answers that were acknowledged and ended. */
  readonly #ended = new Map<string, DialogCall>();
  readonly #tried = new Set<string>();
  /** Targets of the last 3xx that are still to be called, the best first. */
  #next: readonly string[] = [];
  #hops = 0;
  #tries = 0;
  #target: string;
  #minSe = MIN_SESSION_SECONDS;
  #request: ClientRequest;
  #call: DialogCall | null = null;
  #heardProvisional = false;
  #cancelWanted: { readonly headers: HeaderPairs } | null = null;
  readonly #stopTimeout: () => void;
  /** Early dialogs are found by `close` through the call itself. */
  readonly replaceable = null;

  /** @throws SipTargetInvalid */
  constructor(host: CallHost, target: string, offer: string, options: InviteOptions) {
    const to = options.hop ?? addressOf(target);
    if (to === null) throw new SipTargetInvalid();
    this.#host = host;
    this.sipCallId = newSipCallId(host.chance);
    this.#fromTag = newTag(host.chance);
    this.#offer = offer;
    this.#options = options;
    this.#target = target;
    const timeoutMs = options.timeoutMs ?? INVITE_TIMEOUT_MS;
    this.#stopTimeout = host.clock.after(timeoutMs, () => this.#giveUp({ by: 'timeout', why: 'no_answer' }, 'timeout'));
    host.adopt(this.sipCallId, this); // no tag of theirs yet, so nothing from the wire finds it; `close` does
    this.#request = this.#send(to, firstCseq(host.chance));
  }

  get ended(): Promise<SipEnd> {
    return this.#signals.ended;
  }
  get heard(): Promise<void> {
    return this.#heard.promise;
  }
  get ringing(): Promise<void> {
    return this.#ringing.promise;
  }
  get answered(): Promise<string> {
    return this.#answered.promise;
  }
  get replaces(): Replaces | null {
    return this.#call?.replaces ?? null;
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
  refer(target: string, options?: ReferOptions): Promise<number> {
    if (this.#call !== null) return this.#call.refer(target, options);
    const early = new Outcome<number>();
    early.reject(new ReferRefused(0, 'the call is not answered'));
    return early.promise;
  }

  onDigit(listener: (digit: string) => void): () => void {
    return this.#signals.onDigit(listener);
  }
  onReoffer(listener: (offer: string) => string | null): () => void {
    return this.#signals.onReoffer(listener);
  }
  onReanswer(listener: (answer: string, offer: string) => void): () => void {
    return this.#signals.onReanswer(listener);
  }
  onRefer(handler: (referral: Referral) => void): () => void {
    return this.#signals.onRefer(handler);
  }
  onEarlyMedia(listener: (sdp: string) => void): () => void {
    return this.#signals.onEarlyMedia(listener);
  }

  receive(): void {}
  receiveAck(): void {}

  get #peer(): string {
    return `${this.#request.to.address}:${this.#request.to.port}`;
  }

  #send(to: SipSource, cseq: number): ClientRequest {
    this.#tries++;
    this.#tried.add(this.#target);
    const seconds = Math.max(SESSION_SECONDS, this.#minSe);
    const request = inviteRequest(
      {
        ...{ target: this.#target, callId: this.sipCallId, fromTag: this.#fromTag, cseq, offer: this.#offer },
        ...{ contact: this.#host.contact(to), product: this.#host.product, session: sessionRequest(seconds, this.#minSe, null) },
      },
      this.#options,
    );
    return this.#host.transactions.openClient(request, to, {
      response: (response, source) => this.#received(response, source),
      failed: (why) => this.#failed(why),
    });
  }

  #received(response: SipResponse, source: SipSource): void {
    const { status } = response;
    this.#heard.resolve();
    if (status < 200) return this.#provisional(response, source);
    if (status < 300) return this.#accepted(response, source);
    if (this.#signals.isOver || this.#sendAgain(response)) return;
    const reason = reasonOf(response.headers);
    const end: SipEnd = { by: 'remote', why: 'rejected', status, ...(reason === null ? {} : { reason }) };
    this.#settle(end, new InviteRefused(this.#peer, status));
  }

  #provisional(response: SipResponse, source: SipSource): void {
    this.#heardProvisional = true;
    if (this.#cancelWanted !== null) return this.#cancel(this.#cancelWanted.headers);
    if (response.status === 100 || this.#call !== null || this.#signals.isOver) return;
    this.#ringing.resolve();
    const tag = toTagOf(response);
    const fork = this.#forks.get(tag) ?? this.#fork(tag, this.#dialog(response, source), MAX_EARLY_DIALOGS);
    fork?.progress(response, this.#request.cseq);
  }

  #accepted(response: SipResponse, source: SipSource): void {
    const { cseq } = this.#request;
    const tag = toTagOf(response);
    const dialog = this.#dialog(response, source);
    if (dialog === null) {
      const end: SipEnd = { by: 'remote', why: 'dialog_lost', status: response.status };
      return this.#settle(end, new InviteUnanswered(this.#peer, 'unusable_answer'));
    }
    if (this.#call !== null || this.#signals.isOver) return this.#refuse(tag, dialog, cseq);
    const fork = this.#forks.get(tag) ?? this.#fork(tag, dialog, MAX_FORKS);
    if (fork === null) return;
    const { call } = fork;
    this.#call = call;
    this.#stopTimeout();
    this.#host.release(this.sipCallId);
    call.replaceable = { call: this, at: 'answered' };
    for (const other of this.#forks.values()) if (other !== fork) other.call.discard();
    const sdp = fork.accept(response, cseq, dialog);
    this.#ringing.resolve();
    if (sdp !== null) return this.#answered.resolve(sdp);
    this.#answered.reject(new InviteUnanswered(this.#peer, 'unusable_answer'));
    call.hangup({ cause: 88, text: 'Incompatible destination' });
  }

  /** A 2xx for a call that has one, or is given up: acknowledged, and ended unless it is the call's own, repeated. */
  #refuse(tag: string, dialog: Dialog, cseq: number): void {
    const known = this.#forks.get(tag)?.call;
    if (known !== undefined && known === this.#call) return known.acknowledge(cseq); // our ACK was lost
    if (this.#ended.has(tag)) return this.#ended.get(tag)?.acknowledge(cseq);
    if (this.#ended.size >= MAX_FORKS) return;
    const { call } = new OutgoingFork(this.#host, new CallSignals(), dialog, this.#offer);
    this.#ended.set(tag, call);
    call.acknowledge(cseq);
    call.hangup(); // another phone of a fork, or a 2xx that crossed our CANCEL
  }

  #dialog(response: SipResponse, source: SipSource): Dialog | null {
    return dialogOfUac(this.#request.request, response, source, this.#request.cseq);
  }

  #fork(tag: string, dialog: Dialog | null, max: number): OutgoingFork | null {
    if (dialog === null || this.#forks.size >= max) return null;
    const fork = new OutgoingFork(this.#host, this.#signals, dialog, this.#offer);
    fork.call.replaceable = { call: this, at: 'ringing_there' };
    fork.call.onOver = () => this.#earlyOver();
    this.#forks.set(tag, fork);
    this.#host.adopt(fork.call.key, fork.call);
    return fork;
  }

  /** Whether the call goes on elsewhere, or as the far end wants it. */
  #sendAgain(response: SipResponse): boolean {
    const { status, headers } = response;
    if (this.#tries >= MAX_INVITE_TRIES) return false;
    if (status === 422) {
      const minSe = minSeOf(headers);
      if (minSe <= this.#minSe) return false;
      this.#minSe = minSe;
    } else {
      if (status < 400) {
        const targets = redirectTargets(headers, this.#options.redirect, this.#hops, this.#tried);
        if (targets.length > 0) this.#hops++;
        this.#next = [...targets, ...this.#next];
      }
      const [next, ...rest] = this.#next.filter((target) => !this.#tried.has(target));
      if (next === undefined || status >= 600) return false;
      this.#next = rest;
      this.#target = next;
    }
    const to = (this.#hops === 0 ? this.#options.hop : undefined) ?? addressOf(this.#target);
    if (to === null) return false;
    this.#discardForks();
    this.#heardProvisional = false;
    this.#request = this.#send(to, this.#request.cseq + 1);
    return true;
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

  /** The far end ended an early dialog, which only a final response may do (RFC 3261 §15): the INVITE has no timer any more, so it is ended. */
  #earlyOver(): void {
    if (this.#call !== null) return;
    this.#forget(new InviteUnanswered(this.#peer, 'cancelled'));
    this.#cancel([]);
  }

  #cancel(headers: HeaderPairs): void {
    this.#cancelWanted = null;
    const request = this.#request;
    this.#host.transactions.cancel(request, Headers.of(headers), { response: () => {}, failed: () => {} });
    // A far end that does not know CANCEL never sends its 487 (RFC 3261 §9.1).
    this.#host.clock.after(WAIT_MS, () => {
      if (request.isPending) request.stop();
    });
  }

  /** Over without a dialog. */
  #settle(end: SipEnd, error: InviteRefused | InviteUnanswered): void {
    if (this.#signals.isOver || this.#call !== null) return;
    this.#signals.end(end);
    this.#forget(error);
  }

  #forget(error: InviteRefused | InviteUnanswered): void {
    this.#stopTimeout();
    this.#host.release(this.sipCallId);
    this.#discardForks();
    this.#heard.reject(error);
    this.#ringing.reject(error);
    this.#answered.reject(error);
  }

  #discardForks(): void {
    for (const { call } of this.#forks.values()) call.discard();
    this.#forks.clear();
  }
}

const toTagOf = (response: SipResponse): string => parseNameAddr(response.headers.get('to') ?? '')?.params.get('tag') ?? '';
