/**
 * A call that has a dialog, early or answered: requests inside it both ways, and its end (RFC 3261 §12.2, §14, §15). What is more than a
 * request and its response lives beside: changes in `renegotiation`, transfer in `referrals`, signs of life in `session-refresh`.
 */
import type { CallHost, DialogUser } from './call-host.ts';
import type { CallSignals } from './call-signals.ts';
import type { HangupReason, ReferOptions, SipEnd } from './call.ts';
import type { ClientEvents } from './client-transaction.ts';
import { advanceRemote, type Dialog, dialogKey, nextHop, refreshTarget, requestIn } from './dialog.ts';
import { DTMF_TYPES, digitOfInfo } from './dtmf-info.ts';
import { allows, SUPPORTED } from './extensions.ts';
import { formatMessage } from './format-message.ts';
import type { Inbound } from './inbound.ts';
import type { Headers, SipResponse } from './message.ts';
import { reasonHeader, reasonOf } from './reason.ts';
import { Referrals } from './referrals.ts';
import { type InDialog, Renegotiation, type SentRequest } from './renegotiation.ts';
import type { Replaces } from './replaces.ts';
import { type HeaderPairs, respond, type ResponseParts } from './respond.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { SessionRefresh } from './session-refresh.ts';
import type { SipSource } from './transport.ts';
import { mediaType } from './recording-session.ts';
import { ACCEPT, ALLOW, contactHeaders } from './validate-request.ts';

const IGNORED: ClientEvents = { response: () => {}, failed: () => {} };

export class DialogCall implements DialogUser {
  readonly #host: CallHost;
  readonly #signals: CallSignals;
  readonly #renegotiation: Renegotiation;
  readonly #referrals: Referrals;
  readonly session: SessionRefresh;
  /** Under which the owner has the user agent find it. */
  readonly key: string;
  #dialog: Dialog;
  #over = false;
  #confirmed = false;
  #takesUpdate = false;
  #ack: { readonly cseq: number; readonly bytes: Buffer; readonly to: SipSource } | null = null;
  /** What is left to do when the call is over: the INVITE that has no final response, the answer that is still repeated. */
  onOver: (() => void) | null = null;
  /** The call this is the dialog of, while it may be replaced. */
  replaceable: DialogUser['replaceable'] = null;

  constructor(host: CallHost, signals: CallSignals, dialog: Dialog, ownsCallId: boolean) {
    this.#host = host;
    this.#signals = signals;
    this.#dialog = dialog;
    this.key = dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag);
    this.session = new SessionRefresh(host.clock, {
      refresh: () => this.#refreshSession(),
      ask: () => this.#askForLife(),
      expired: () => this.#lost({ by: 'timeout', why: 'session_expired' }),
    });
    const inDialog: InDialog = {
      clock: host.clock,
      chance: host.chance,
      ownsCallId,
      session: this.session,
      send: (method, body, headers, events) => this.send(method, body, headers, events),
      acknowledge: (cseq) => this.acknowledge(cseq),
      response: (transaction, status, parts) => this.response(transaction, status, parts),
      contact: () => this.contact(),
      refresh: (headers) => this.refresh(headers),
      isConfirmed: () => this.#confirmed,
      // The BYE goes out all the same: a far end that only lost one of our requests is told (§12.2.1.2).
      lost: (by, status) => this.#lost({ by, why: 'dialog_lost', ...(status === undefined ? {} : { status }) }),
      notAcknowledged: () => this.#lost({ by: 'timeout', why: 'no_ack' }),
    };
    this.#renegotiation = new Renegotiation(inDialog, signals);
    this.#referrals = new Referrals(inDialog, signals);
  }

  get localTag(): string {
    return this.#dialog.localTag;
  }

  /** As the far end, which is to be asked for its dialog, knows it (RFC 3891 §3). */
  get replaces(): Replaces {
    const { callId, localTag, remoteTag } = this.#dialog;
    return { callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false };
  }

  /** Our description now standing; see `Renegotiation.began`. */
  get localSdp(): string {
    return this.#renegotiation.local;
  }

  began(sdp: string): void {
    this.#renegotiation.began(sdp);
  }

  /** What the far end says of itself in INVITE or a response to one. */
  heard(headers: Headers): void {
    if (headers.all('allow').length > 0) this.#takesUpdate = allows(headers, 'UPDATE');
  }

  get takesUpdate(): boolean {
    return this.#takesUpdate;
  }

  /** The INVITE has its 2xx; for one of ours that 2xx also says where the far end is and which way leads there (§13.2.2.4). */
  confirm(dialog?: Dialog): void {
    this.#confirmed = true;
    if (dialog) this.#dialog = { ...this.#dialog, target: dialog.target, routes: dialog.routes, wire: dialog.wire };
  }

  /** A request inside the dialog. CSeq first: what comes late is refused whatever it is (§12.2.2). */
  receive(transaction: ServerTransaction): void {
    const { inbound } = transaction;
    if (!this.counts(transaction)) return transaction.respond(this.response(transaction, 500));
    const { method, headers } = inbound.request;
    switch (method) {
      case 'BYE': {
        const reason = reasonOf(headers);
        transaction.respond(this.response(transaction, 200));
        return this.finish({ by: 'remote', why: 'bye', ...(reason === null ? {} : { reason }) });
      }
      case 'INVITE':
        this.heard(headers);
        return this.#renegotiation.receive(transaction);
      case 'UPDATE':
        this.heard(headers);
        return this.#renegotiation.receiveUpdate(transaction);
      case 'INFO':
        return this.#info(transaction);
      case 'REFER':
        return this.#referrals.receiveRefer(transaction);
      case 'NOTIFY':
        return this.#referrals.receiveNotify(transaction);
      case 'PRACK':
        return transaction.respond(this.response(transaction, 481)); // of no reliable response of ours (RFC 3262 §3)
      default:
        return transaction.respond(this.response(transaction, 200, { headers: [ALLOW, ACCEPT, SUPPORTED] })); // OPTIONS: a sign of life
    }
  }

  /** Whether a request the owner handles itself counts upwards like the others (§12.2.2). */
  counts(transaction: ServerTransaction): boolean {
    const advanced = advanceRemote(this.#dialog, transaction.inbound.cseq.number);
    if (advanced !== null) this.#dialog = advanced;
    return advanced !== null;
  }

  /** A PRACK that carries an offer; a refusal is of the offer, the provisional response is acknowledged all the same (RFC 3262 §5). */
  answerPrack(transaction: ServerTransaction): void {
    this.#renegotiation.receiveOffer(transaction);
  }

  receiveAck(ack: Inbound): void {
    this.#renegotiation.receiveAck(ack);
  }

  reinvite(offer: string): Promise<string> {
    return this.#renegotiation.offer(offer);
  }

  refer(target: string, options?: ReferOptions): Promise<number> {
    return this.#referrals.refer(target, options);
  }

  /** BYE, whoever waits for it: `ended` is settled by `finish`. */
  bye(reason?: HangupReason): void {
    if (!this.#over) this.send('BYE', undefined, reasonHeader(reason), IGNORED);
  }

  hangup(reason?: HangupReason): void {
    this.bye(reason);
    this.finish({ by: 'local', why: 'bye' });
  }

  finish(end: SipEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#signals.end(end);
    this.#host.release(this.key);
    this.#renegotiation.stop();
    this.#referrals.stop();
    this.session.stop();
    this.replaceable = null;
    this.onOver?.();
  }

  /** An early dialog that came to nothing, or a fork that is not the call: gone without ending the call. */
  discard(): void {
    if (this.#over) return;
    this.#over = true;
    this.#host.release(this.key);
    this.#renegotiation.stop();
    this.#referrals.forget();
    this.session.stop();
  }

  /** The ACK to a 2xx goes its own way, outside transactions; a repeated 2xx gets the same bytes again (§13.2.2.4). */
  acknowledge(cseq: number, answer?: string): void {
    if (this.#ack?.cseq !== cseq) {
      const body = answer === undefined ? {} : { body: { type: 'application/sdp', text: answer } };
      const { request } = requestIn(this.#dialog, 'ACK', { headers: [], ackOf: cseq, ...body });
      const to = this.#hop();
      if (to === null) return;
      this.#ack = { cseq, bytes: formatMessage(this.#host.transactions.withVia(request, to)), to };
    }
    this.#host.wire.send(this.#ack.bytes, this.#ack.to, () => {});
  }

  response(transaction: ServerTransaction, status: number, parts: ResponseParts = {}): SipResponse {
    const headers: HeaderPairs = [['Server', this.#host.product], ...(parts.headers ?? [])];
    return respond(transaction.inbound, status, { ...parts, headers, toTag: this.#dialog.localTag });
  }

  contact(): HeaderPairs {
    return contactHeaders(this.#host.contact(this.#dialog.wire), this.#signals.recording !== null);
  }

  /** The far end may have moved (§12.2.1.2, §12.2.2). */
  refresh(headers: Headers): void {
    this.#dialog = refreshTarget(this.#dialog, headers);
  }

  send(method: string, body: { type: string; text: string } | undefined, headers: HeaderPairs, events: ClientEvents): SentRequest {
    const to = this.#hop();
    if (to === null) {
      queueMicrotask(() => events.failed('transport'));
      return { cseq: 0, stop: () => {} };
    }
    const more = { headers: [['User-Agent', this.#host.product] as const, ...headers], ...(body ? { body } : {}) };
    const { dialog, request } = requestIn(this.#dialog, method, more);
    this.#dialog = dialog;
    // A challenged request goes again under the next number, which is then used up.
    const nextCseq = (): number => {
      const { dialog: after } = requestIn(this.#dialog, method, { headers: [] });
      this.#dialog = after;
      return after.localCseq;
    };
    const transaction = this.#host.transactions.openClient(request, to, { ...events, nextCseq });
    return { cseq: dialog.localCseq, stop: () => transaction.stop() };
  }

  #lost(end: SipEnd): void {
    if (this.#confirmed) this.bye(); // before the answer there is none (§15): the owner ends the INVITE itself
    this.finish(end);
  }

  #info(transaction: ServerTransaction): void {
    const { body, headers } = transaction.inbound.request;
    const say = (status: number, more: HeaderPairs = []): void =>
      transaction.respond(this.response(transaction, status, { headers: more }));
    if (body.length === 0) return say(200);
    const type = mediaType(headers.get('content-type'));
    if (!DTMF_TYPES.some((known) => known === type)) return say(415, [['Accept', DTMF_TYPES.join(', ')]]);
    const digit = digitOfInfo(type, body.toString('latin1'));
    if (digit === null) return say(400);
    say(200);
    this.#signals.digit(digit); // after the answer: a listener's fault is not the caller's
  }

  /** UPDATE where the far end takes it: no description, nothing to agree on again (RFC 4028 §7.4); else a re-INVITE with the same one. */
  #refreshSession(): void {
    if (!this.#takesUpdate) return this.#refreshByInvite();
    this.send('UPDATE', undefined, [...this.contact(), ...this.session.headers()], {
      response: ({ status, headers }) => {
        if (status < 200 || this.#over) return;
        if (status < 300) {
          this.refresh(headers);
          return this.session.accepted(headers);
        }
        if (status === 481 || status === 408) return this.#lost({ by: 'remote', why: 'dialog_lost', status });
        if (status === 405 || status === 501) this.#takesUpdate = false;
        if (status === 422) this.session.lengthen(headers);
        this.session.again();
      },
      failed: (why) => this.#lost({ by: why, why: 'dialog_lost' }),
    });
  }

  #refreshByInvite(): void {
    const { local } = this.#renegotiation;
    if (local === '') return this.#askForLife();
    this.#renegotiation.offer(local).then(
      (answer) => this.#signals.reanswer(answer, local),
      () => void (this.#over || this.session.again()),
    );
  }

  #askForLife(): void {
    this.send('OPTIONS', undefined, [ACCEPT], {
      response: ({ status }) => {
        if (status === 481 || status === 408) this.#lost({ by: 'remote', why: 'dialog_lost', status });
      },
      failed: (why) => this.#lost({ by: why, why: 'dialog_lost' }),
    });
  }

  /** Many PBXs do not listen on the port of their Contact, so a TCP call keeps to its connection while that is open. */
  #hop(): SipSource | null {
    const { wire } = this.#dialog;
    return this.#host.wire.isConnected(wire) ? wire : nextHop(this.#dialog);
  }
}
