/** A call that has a dialog: requests inside it both ways, and its end (RFC 3261 §12.2, §14, §15). */
import type { CallHost, DialogUser } from './call-host.ts';
import type { CallSignals } from './call-signals.ts';
import type { HangupReason, SipEnd } from './call.ts';
import type { ClientEvents } from './client-transaction.ts';
import { advanceRemote, type Dialog, dialogKey, nextHop, refreshTarget, requestIn } from './dialog.ts';
import { DTMF_TYPES, digitOfInfo } from './dtmf-info.ts';
import { formatMessage } from './format-message.ts';
import type { Inbound } from './inbound.ts';
import type { Headers, SipResponse } from './message.ts';
import { printable } from './parse-header.ts';
import { type InDialog, Renegotiation } from './renegotiation.ts';
import { type HeaderPairs, respond, type ResponseParts } from './respond.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { SipSource } from './transport.ts';
import { ACCEPT, ALLOW, mediaType } from './validate-request.ts';

const IGNORED: ClientEvents = { response: () => {}, failed: () => {} };

export class DialogCall implements DialogUser {
  readonly #host: CallHost;
  readonly #signals: CallSignals;
  readonly #renegotiation: Renegotiation;
  /** Under which the owner has the user agent find it. */
  readonly key: string;
  #dialog: Dialog;
  #over = false;
  #ackBytes: { readonly cseq: number; readonly bytes: Buffer; readonly to: SipSource } | null = null;
  /** What is left to do when the call is over, such as stopping the answer that is still repeated. */
  onOver: (() => void) | null = null;

  constructor(host: CallHost, signals: CallSignals, dialog: Dialog, ownsCallId: boolean) {
    this.#host = host;
    this.#signals = signals;
    this.#dialog = dialog;
    this.key = dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag);
    const inDialog: InDialog = {
      clock: host.clock,
      ownsCallId,
      send: (method, body, headers, events) => this.#send(method, body, headers, events),
      acknowledge: (cseq) => this.acknowledge(cseq),
      response: (transaction, status, parts) => this.response(transaction, status, parts),
      contact: () => this.contact(),
      refresh: (headers) => this.#refresh(headers),
      lost: (by, status) => {
        // The BYE goes out all the same: a far end that only lost one of our requests is told (§12.2.1.2).
        this.bye();
        this.finish({ by, why: 'dialog_lost', ...(status === undefined ? {} : { status }) });
      },
      notAcknowledged: () => {
        this.bye();
        this.finish({ by: 'timeout', why: 'no_ack' });
      },
    };
    this.#renegotiation = new Renegotiation(inDialog, signals);
  }

  get localTag(): string {
    return this.#dialog.localTag;
  }

  /** A request inside the dialog. CSeq first: what comes late is refused whatever it is (§12.2.2). */
  receive(transaction: ServerTransaction): void {
    const { inbound } = transaction;
    const advanced = advanceRemote(this.#dialog, inbound.cseq.number);
    if (advanced === null) return transaction.respond(this.response(transaction, 500));
    this.#dialog = advanced;
    switch (inbound.request.method) {
      case 'BYE':
        transaction.respond(this.response(transaction, 200));
        return this.finish({ by: 'remote', why: 'bye' });
      case 'INVITE':
        this.#refresh(inbound.request.headers);
        return this.#renegotiation.receive(transaction);
      case 'INFO':
        return this.#info(transaction);
      default:
        return transaction.respond(this.response(transaction, 200, { headers: [ALLOW, ACCEPT] })); // OPTIONS: a sign of life
    }
  }

  receiveAck(ack: Inbound): void {
    this.#renegotiation.receiveAck(ack);
  }

  reinvite(offer: string): Promise<string> {
    return this.#renegotiation.offer(offer);
  }

  /** BYE, whoever waits for it: `ended` is settled by `finish`. */
  bye(reason?: HangupReason): void {
    if (!this.#over) this.#send('BYE', undefined, reasonHeader(reason), IGNORED);
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
    this.onOver?.();
  }

  /** The ACK to a 2xx goes its own way, outside transactions; a repeated 2xx gets the same bytes again (§13.2.2.4). */
  acknowledge(cseq: number): void {
    if (this.#ackBytes?.cseq !== cseq) {
      const { request } = requestIn(this.#dialog, 'ACK', { headers: [], ackOf: cseq });
      const to = this.#hop();
      if (to === null) return;
      this.#ackBytes = { cseq, bytes: formatMessage(this.#host.transactions.withVia(request, to)), to };
    }
    this.#host.wire.send(this.#ackBytes.bytes, this.#ackBytes.to, () => {});
  }

  response(transaction: ServerTransaction, status: number, parts: ResponseParts = {}): SipResponse {
    const headers: HeaderPairs = [['Server', this.#host.product], ...(parts.headers ?? [])];
    return respond(transaction.inbound, status, { ...parts, headers, toTag: this.#dialog.localTag });
  }

  contact(): HeaderPairs {
    return [['Contact', `<${this.#host.contact(this.#dialog.wire.transport)}>`], ALLOW];
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

  #refresh(headers: Headers): void {
    this.#dialog = refreshTarget(this.#dialog, headers);
  }

  #send(method: string, body: { type: string; text: string } | undefined, headers: HeaderPairs, events: ClientEvents): () => void {
    const to = this.#hop();
    if (to === null) {
      queueMicrotask(() => events.failed('transport'));
      return () => {};
    }
    const more = { headers: [['User-Agent', this.#host.product] as const, ...headers], ...(body ? { body } : {}) };
    const { dialog, request } = requestIn(this.#dialog, method, more);
    this.#dialog = dialog;
    const transaction = this.#host.transactions.openClient(request, to, events);
    return () => transaction.stop();
  }

  /** Many PBXs do not listen on the port of their Contact, so a TCP call keeps to its connection while that is open. */
  #hop(): SipSource | null {
    const { wire } = this.#dialog;
    return this.#host.wire.isConnected(wire) ? wire : nextHop(this.#dialog);
  }
}

/** RFC 3326. */
export function reasonHeader(reason: HangupReason | undefined): HeaderPairs {
  if (reason === undefined) return [];
  return [['Reason', `Q.850;cause=${reason.cause};text="${printable(reason.text).replace(/["\\]/g, "'")}"`]];
}
