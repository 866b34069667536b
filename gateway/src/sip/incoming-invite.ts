/** A call that came in: the UAS side of INVITE (RFC 3261 §13.3). */
import { randomInt } from 'node:crypto';
import { AnswerUntilAck } from './answer-until-ack.ts';
import type { CallHost, DialogUser } from './call-host.ts';
import { CallSignals } from './call-signals.ts';
import type { HangupReason, IncomingCall, SipEnd, SipParty } from './call.ts';
import { DialogCall, reasonHeader } from './dialog-call.ts';
import { type Dialog, dialogOfUas } from './dialog.ts';
import { CallNotAcknowledged, ReinviteRefused } from './errors.ts';
import { newTag } from './identifiers.ts';
import type { Inbound } from './inbound.ts';
import { RING_AGAIN_MS } from './limits.ts';
import type { Headers } from './message.ts';
import { Outcome } from './outcome.ts';
import type { NameAddr } from './parse-header.ts';
import type { HeaderPairs, ResponseParts } from './respond.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { SipSource } from './transport.ts';
import { parseUri, type SipUri } from './uri.ts';

/** First CSeq of our own requests: below 2^31 with room to count (RFC 3261 §8.1.1.5). */
export const firstCseq = (): number => randomInt(1, 65_536);

export class IncomingInvite implements IncomingCall, DialogUser {
  readonly sipCallId: string;
  readonly source: SipSource;
  readonly from: SipParty;
  readonly to: SipParty;
  readonly requestUri: SipUri;
  readonly headers: Headers;
  readonly offer: string;
  readonly #host: CallHost;
  readonly #transaction: ServerTransaction;
  readonly #signals = new CallSignals();
  readonly #call: DialogCall;
  readonly #acknowledged = new Outcome<void>();
  readonly #lateAnswer = new Outcome<string>();
  #answer: AnswerUntilAck | null = null;
  #stopRinging: (() => void) | null = null;
  /** Hung up after our 2xx and before its ACK: BYE must wait (RFC 3261 §15). */
  #byeAfterAck: { readonly reason: HangupReason | undefined } | null = null;

  private constructor(host: CallHost, transaction: ServerTransaction, dialog: Dialog, parts: Parts) {
    this.#host = host;
    this.#transaction = transaction;
    this.sipCallId = transaction.inbound.callId;
    this.source = transaction.inbound.source;
    this.from = parts.from;
    this.to = parts.to;
    this.requestUri = parts.requestUri;
    this.headers = transaction.inbound.request.headers;
    this.offer = transaction.inbound.request.body.toString('utf8');
    this.#call = new DialogCall(host, this.#signals, dialog, false);
    this.#call.onOver = () => this.#over();
  }

  /** null when a party or the Contact cannot be read: 400. */
  static open(host: CallHost, transaction: ServerTransaction): IncomingInvite | null {
    const { inbound } = transaction;
    const from = partyOf(inbound.from);
    const to = partyOf(inbound.to);
    const requestUri = parseUri(inbound.request.uri);
    const dialog = dialogOfUas(inbound, newTag(), firstCseq());
    if (from === null || to === null || requestUri === null || dialog === null) return null;
    const invite = new IncomingInvite(host, transaction, dialog, { from, to, requestUri });
    host.adopt(invite.#call.key, invite);
    return invite;
  }

  get localTag(): string {
    return this.#call.localTag;
  }
  get ended(): Promise<SipEnd> {
    return this.#signals.ended;
  }
  get acknowledged(): Promise<void> {
    return this.#acknowledged.promise;
  }
  get lateAnswer(): Promise<string> {
    return this.#lateAnswer.promise;
  }

  ring(): void {
    if (!this.#isOffered || this.#stopRinging !== null) return;
    const say = (): void => this.#transaction.respond(this.#response(180, { headers: this.#dialogHeaders() }));
    say();
    this.#stopRinging = this.#host.clock.every(RING_AGAIN_MS, say);
  }

  answer(sdp: string): void {
    if (!this.#isOffered) return;
    this.#stopRinging?.();
    const response = this.#response(200, { headers: this.#dialogHeaders(), body: { type: 'application/sdp', text: sdp } });
    const onGiveUp = (): void => {
      // "the server transaction times out": from now on BYE is allowed again (RFC 3261 §13.3.1.4, §15)
      this.#call.bye(this.#byeAfterAck?.reason);
      this.#call.finish({ by: 'timeout', why: 'no_ack' });
    };
    this.#answer = new AnswerUntilAck(this.#host.clock, this.#transaction, response, (ack) => this.#acked(ack), onGiveUp);
  }

  reject(status: number, options: { readonly retryAfterSeconds?: number } = {}): void {
    const { retryAfterSeconds } = options;
    this.#refuse(status, retryAfterSeconds === undefined ? [] : [['Retry-After', `${retryAfterSeconds}`]]);
  }

  hangup(reason?: HangupReason): void {
    if (this.#signals.isOver || this.#byeAfterAck !== null) return;
    if (this.#isOffered) return this.#refuse(480, reasonHeader(reason));
    if (!this.#answer?.isOpen) return this.#call.hangup(reason);
    this.#byeAfterAck = { reason };
    this.#signals.end({ by: 'local', why: 'bye' }); // over for the house; the dialog stays until its BYE
  }

  /** The caller gave up; the answer may have crossed its CANCEL, then nothing changes (RFC 3261 §9.2). */
  cancelled(): void {
    if (!this.#isOffered) return;
    this.#transaction.respond(this.#response(487));
    this.#call.finish({ by: 'remote', why: 'cancel' });
  }

  receive(transaction: ServerTransaction): void {
    const wasOffered = this.#isOffered;
    if (wasOffered && transaction.inbound.request.method === 'INVITE') {
      // A second INVITE before the first has its final response (RFC 3261 §14.2).
      return transaction.respond(this.#call.response(transaction, 500, { headers: [['Retry-After', `${randomInt(0, 11)}`]] }));
    }
    this.#call.receive(transaction);
    if (wasOffered && this.#signals.isOver) this.#transaction.respond(this.#response(487)); // BYE on the early dialog (RFC 3261 §15.1.2)
  }

  receiveAck(ack: Inbound): void {
    this.#answer?.receive(ack);
    this.#call.receiveAck(ack);
  }

  reinvite(offer: string): Promise<string> {
    if (this.#transaction.finalStatus !== 0) return this.#call.reinvite(offer);
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

  get #isOffered(): boolean {
    return this.#transaction.finalStatus === 0 && !this.#signals.isOver;
  }

  #acked(ack: Inbound): void {
    this.#acknowledged.resolve();
    this.#lateAnswer.resolve(this.offer === '' ? ack.request.body.toString('utf8') : '');
    if (this.#byeAfterAck !== null) this.#call.hangup(this.#byeAfterAck.reason);
  }

  #refuse(status: number, headers: HeaderPairs): void {
    if (!this.#isOffered) return;
    this.#transaction.respond(this.#response(status, { headers }));
    this.#call.finish({ by: 'local', why: 'rejected', status });
  }

  #response(status: number, parts: ResponseParts = {}): ReturnType<DialogCall['response']> {
    return this.#call.response(this.#transaction, status, parts);
  }

  /** What makes the dialog: the way back, and the proxies that want to stay on it (RFC 3261 §12.1.1). */
  #dialogHeaders(): HeaderPairs {
    const routes = this.#transaction.inbound.request.headers.all('record-route').map((route) => ['Record-Route', route] as const);
    return [...routes, ...this.#call.contact()];
  }

  #over(): void {
    this.#stopRinging?.();
    this.#answer?.stop();
    if (!this.#acknowledged.isSettled) {
      const error = new CallNotAcknowledged('the call ended first');
      this.#acknowledged.reject(error);
      this.#lateAnswer.reject(error);
    }
  }
}

interface Parts {
  readonly from: SipParty;
  readonly to: SipParty;
  readonly requestUri: SipUri;
}

function partyOf(nameAddr: NameAddr): SipParty | null {
  const uri = parseUri(nameAddr.uri);
  return uri === null ? null : { uri, displayName: nameAddr.displayName };
}
