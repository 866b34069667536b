/** A call that came in: the UAS side of INVITE (RFC 3261 §13.3), with reliable provisional responses (RFC 3262). */
import { AnswerUntilAck } from './answer-until-ack.ts';
import type { CallHost, DialogUser } from './call-host.ts';
import { CallSignals } from './call-signals.ts';
import type { HangupReason, IncomingCall, Referral, ReferOptions, SipEnd, SipParty } from './call.ts';
import { DialogCall } from './dialog-call.ts';
import { type Dialog, dialogOfUas } from './dialog.ts';
import { CallNotAcknowledged, ReferRefused, ReinviteRefused } from './errors.ts';
import { requires, supports } from './extensions.ts';
import { firstCseq, newTag } from './identifiers.ts';
import type { Inbound } from './inbound.ts';
import { RING_AGAIN_MS } from './limits.ts';
import type { Headers } from './message.ts';
import { Outcome } from './outcome.ts';
import type { NameAddr } from './parse-header.ts';
import { asksToRecord, RecordingSession, type SessionBody, sessionBody } from './recording-session.ts';
import { reasonHeader, reasonOf } from './reason.ts';
import { ReliableResponses } from './reliable-responses.ts';
import { INCOMPATIBLE } from './renegotiation.ts';
import type { Replaces } from './replaces.ts';
import type { HeaderPairs, ResponseParts } from './respond.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { SipSource } from './transport.ts';
import { parseUri, type SipUri } from './uri.ts';

/** Calls that may ring longer than this are watched by whoever lets them ring. */
const MAX_EXPIRES_MS = 3_600_000;

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
  readonly #reliable: ReliableResponses;
  /** The description of a 183; `''` before one. */
  #early = '';
  /** `answer` was called while a description waits for its PRACK. */
  #answerWaits: string | null = null;
  /** Of an INVITE without one, while its answer is awaited. */
  #ourOffer = '';
  #isAgreedReliably = false;
  #stopExpiry: (() => void) | null = null;
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
    this.offer = parts.body.sdp;
    this.#signals.recording = asksToRecord(this.headers) ? new RecordingSession(parts.body.metadata) : null;
    this.#call = new DialogCall(host, this.#signals, dialog, false);
    this.#call.onOver = () => this.#over();
    this.#call.heard(transaction.inbound.request.headers);
    // Nobody acknowledges what must be acknowledged: refused as the RFC says (RFC 3262 §3), with the one 5xx that tells of time.
    this.#reliable = new ReliableResponses(host, transaction, () => this.#refuse(504, []));
    const expires = transaction.inbound.request.headers.get('expires') ?? '';
    // The caller wants an answer by then or none (RFC 3261 §13.3.1).
    if (/^[1-9][0-9]{0,8}$/.test(expires) && Number(expires) * 1000 < MAX_EXPIRES_MS)
      this.#stopExpiry = host.clock.after(Number(expires) * 1000, () => this.#refuse(487, []));
  }

  /** null when a party or the Contact cannot be read: 400. */
  static open(host: CallHost, transaction: ServerTransaction): IncomingInvite | null {
    const { inbound } = transaction;
    const from = partyOf(inbound.from);
    const to = partyOf(inbound.to);
    const requestUri = parseUri(inbound.request.uri);
    const dialog = dialogOfUas(inbound, newTag(host.chance), firstCseq(host.chance));
    const body = sessionBody(inbound.request);
    if (from === null || to === null || requestUri === null || dialog === null || body === null) return null;
    const invite = new IncomingInvite(host, transaction, dialog, { from, to, requestUri, body });
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
  get recording(): RecordingSession | null {
    return this.#signals.recording;
  }
  get replaces(): Replaces | null {
    return this.#call.replaces;
  }
  get replaceable(): DialogUser['replaceable'] {
    if (this.#signals.isOver) return null;
    return { call: this, at: this.#transaction.finalStatus === 0 ? 'ringing_here' : 'answered' };
  }

  ring(): void {
    if (!this.#isOffered || this.#stopRinging !== null) return;
    const headers = this.#dialogHeaders();
    const mustArrive = requires(this.#transaction.inbound.request.headers, '100rel');
    const say = (): void => {
      if (mustArrive) this.#reliable.send((more) => this.#response(180, { headers: [...headers, ...more] }), false);
      else this.#transaction.respond(this.#response(180, { headers }));
    };
    say();
    this.#stopRinging = this.#host.clock.every(RING_AGAIN_MS, say);
  }

  progress(sdp: string): void {
    if (!this.#isOffered || this.#early !== '') return;
    const body = { type: 'application/sdp', text: sdp };
    const headers = this.#dialogHeaders();
    if (supports(this.#transaction.inbound.request.headers, '100rel'))
      this.#reliable.send((more) => this.#response(183, { headers: [...headers, ...more], body }), true);
    else if (this.offer === '') return;
    else this.#transaction.respond(this.#response(183, { headers, body }));
    this.#early = sdp;
    if (this.offer !== '') this.#call.began(sdp);
  }

  answer(sdp: string): void {
    if (!this.#isOffered) return;
    if (this.#reliable.hasOpenSdp) return void (this.#answerWaits ??= sdp);
    this.#stopRinging?.();
    this.#stopExpiry?.();
    this.#reliable.stop();
    const { headers } = this.#transaction.inbound.request;
    // What was agreed before the answer stands; an offer that a PRACK answered is not made again (RFC 3262 §5).
    const text = this.#call.localSdp || this.#early || sdp;
    const isAgreed = this.offer === '' && this.#lateAnswer.isSettled;
    if (this.offer !== '') this.#call.began(text);
    const parts = { headers: [...this.#dialogHeaders(), ...this.#call.session.answered(headers)] };
    const response = this.#response(200, isAgreed ? parts : { ...parts, body: { type: 'application/sdp', text } });
    const onGiveUp = (): void => {
      // "the server transaction times out": from now on BYE is allowed again (RFC 3261 §13.3.1.4, §15)
      this.#call.bye(this.#byeAfterAck?.reason);
      this.#call.finish({ by: 'timeout', why: 'no_ack' });
    };
    if (!isAgreed && this.offer === '') this.#ourOffer = text;
    this.#call.confirm();
    this.#answer = new AnswerUntilAck(this.#host.clock, this.#transaction, response, (ack) => this.#acked(ack), onGiveUp);
  }

  reject(status: number, options: { readonly retryAfterSeconds?: number } = {}): void {
    const { retryAfterSeconds } = options;
    const why: HeaderPairs = status === 488 ? [INCOMPATIBLE] : [];
    this.#refuse(status, retryAfterSeconds === undefined ? why : [['Retry-After', `${retryAfterSeconds}`]]);
  }

  hangup(reason?: HangupReason): void {
    if (this.#signals.isOver || this.#byeAfterAck !== null) return;
    if (this.#isOffered) return this.#refuse(480, reasonHeader(reason));
    if (!this.#answer?.isOpen) return this.#call.hangup(reason);
    this.#byeAfterAck = { reason };
    this.#signals.end({ by: 'local', why: 'bye' }); // over for the house; the dialog stays until its BYE
  }

  /** The caller gave up; the answer may have crossed its CANCEL, then nothing changes (RFC 3261 §9.2). */
  cancelled(headers: Headers): void {
    if (!this.#isOffered) return;
    this.#transaction.respond(this.#response(487));
    const reason = reasonOf(headers);
    this.#call.finish({ by: 'remote', why: 'cancel', ...(reason === null ? {} : { reason }) });
  }

  receive(transaction: ServerTransaction): void {
    const wasOffered = this.#isOffered;
    if (transaction.inbound.request.method === 'PRACK') return this.#pracked(transaction);
    if (wasOffered && transaction.inbound.request.method === 'INVITE') {
      // A second INVITE before the first has its final response (RFC 3261 §14.2).
      return transaction.respond(this.#call.response(transaction, 500, { headers: [['Retry-After', `${this.#host.chance.below(11)}`]] }));
    }
    this.#call.receive(transaction);
  }

  receiveAck(ack: Inbound): void {
    this.#answer?.receive(ack);
    this.#call.receiveAck(ack);
  }

  reinvite(offer: string): Promise<string> {
    const { finalStatus } = this.#transaction;
    // Before the answer a change needs UPDATE, and a first agreement that is acknowledged (RFC 3311 §5.1).
    if (finalStatus !== 0 || (this.#call.takesUpdate && this.#call.localSdp !== '' && this.#isAgreedReliably))
      return this.#call.reinvite(offer);
    const early = new Outcome<string>();
    early.reject(new ReinviteRefused(0, 'the call is not answered'));
    return early.promise;
  }
  refer(target: string, options?: ReferOptions): Promise<number> {
    if (this.#transaction.finalStatus !== 0) return this.#call.refer(target, options);
    const early = new Outcome<number>();
    early.reject(new ReferRefused(0, 'the call is not answered'));
    return early.promise;
  }
  onRefer(handler: (referral: Referral) => void): () => void {
    return this.#signals.onRefer(handler);
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

  get #isOffered(): boolean {
    return this.#transaction.finalStatus === 0 && !this.#signals.isOver;
  }

  /** A PRACK: with the answer to our offer, with an offer of its own, or with neither (RFC 3262 §5). */
  #pracked(transaction: ServerTransaction): void {
    if (!this.#call.counts(transaction)) return transaction.respond(this.#call.response(transaction, 500));
    const acked = this.#reliable.acknowledge(transaction.inbound);
    if (acked === null) return transaction.respond(this.#call.response(transaction, 481));
    const sdp = transaction.inbound.request.body.toString('utf8');
    if (acked.hadSdp) this.#isAgreedReliably = true;
    if (acked.hadSdp && this.offer === '') {
      transaction.respond(this.#call.response(transaction, 200));
      this.#call.began(this.#early);
      this.#lateAnswer.resolve(sdp);
    } else if (sdp === '') transaction.respond(this.#call.response(transaction, 200));
    else this.#call.answerPrack(transaction);
    this.#reliable.resume();
    const waits = this.#answerWaits;
    if (waits === null || this.#reliable.hasOpenSdp) return;
    this.#answerWaits = null;
    this.answer(waits);
  }

  #acked(ack: Inbound): void {
    this.#acknowledged.resolve();
    const late = ack.request.body.toString('utf8');
    if (this.#ourOffer !== '') {
      this.#call.began(this.#ourOffer);
      this.#lateAnswer.resolve(late);
    } else this.#lateAnswer.resolve('');
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
    // A BYE on the early dialog (RFC 3261 §15.1.2), or one that was lost: without a final response its transaction would stay for ever.
    if (this.#transaction.finalStatus === 0) this.#transaction.respond(this.#response(487));
    this.#stopRinging?.();
    this.#stopExpiry?.();
    this.#reliable.stop();
    this.#answer?.stop();
    if (!this.#acknowledged.isSettled) {
      const error = new CallNotAcknowledged('the call ended first');
      this.#acknowledged.reject(error);
      this.#lateAnswer.reject(error);
    }
  }
}

type Parts = Pick<IncomingInvite, 'from' | 'to' | 'requestUri'> & { readonly body: SessionBody };

function partyOf(nameAddr: NameAddr): SipParty | null {
  const uri = parseUri(nameAddr.uri);
  return uri === null ? null : { uri, displayName: nameAddr.displayName };
}
