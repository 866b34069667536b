/**
 * What becomes of a request from the wire (RFC 3261 §8.2): refused, given to its transaction, given to its dialog, or a new call.
 * Refusals that need no memory keep none (§8.2.7), so that strangers and overload cost no transactions.
 */
import type { CallHost, DialogUser } from './call-host.ts';
import type { IncomingCall, SipCall } from './call.ts';
import type { SipCounters } from './counters.ts';
import { dialogKey } from './dialog.ts';
import { SUPPORTED } from './extensions.ts';
import { formatMessage } from './format-message.ts';
import { newTag, statelessTag } from './identifiers.ts';
import { type Envelope, type Inbound, keyOfCancelled, openEnvelope, readInbound } from './inbound.ts';
import { IncomingInvite } from './incoming-invite.ts';
import { OVERLOAD_RETRY_SECONDS } from './limits.ts';
import type { SipRequest } from './message.ts';
import { parseReplaces } from './replaces.ts';
import { type HeaderPairs, respond, type ResponseParts } from './respond.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { SipSource } from './transport.ts';
import { ACCEPT, ALLOW, type Refusal, refusalOf } from './validate-request.ts';

export interface UasOptions {
  readonly host: CallHost;
  readonly counters: SipCounters;
  readonly onInvite: (call: IncomingCall) => void;
  /** Absent: nobody may take a call over, 603. */
  readonly onReplaces: ((call: IncomingCall, replaced: SipCall) => void) | undefined;
  /** A new INVITE: null lets it through. */
  readonly vet: (inbound: Inbound) => Refusal | null;
  readonly register: Registrations | undefined;
  readonly dialog: (key: string) => DialogUser | undefined;
  /** Whether that dialog was here not long ago. */
  readonly hasEnded: (key: string) => boolean;
  readonly isDraining: () => boolean;
}

/** Answers a REGISTER (RFC 3261 §10.3); never rejects. */
export type Registrations = (inbound: Inbound) => Promise<Refusal>;

const RETRY_AFTER: readonly [string, string] = ['Retry-After', `${OVERLOAD_RETRY_SECONDS}`];

export class UasCore {
  readonly #options: UasOptions;
  readonly #secret: string;
  /** Which call a CANCEL ends; forgotten with the transaction, and the call before that, when it is over. */
  readonly #offered = new WeakMap<ServerTransaction, { readonly localTag: string; call: IncomingInvite | null }>();

  constructor(options: UasOptions) {
    this.#options = options;
    this.#secret = options.host.chance.bytes(16).toString('hex');
  }

  /**
   * A request whose source was not turned away in silence.
   * @param isRefused whether the source is not known here: 403
   * @param fault a status the framing already found: 400 or 513
   */
  receive(request: SipRequest, source: SipSource, isRefused: boolean, fault: 400 | 513 | null): void {
    const { counters } = this.#options;
    const envelope = openEnvelope(request, source);
    if (envelope === null) return void counters.malformed++;
    if (isRefused) {
      counters.refused++;
      return this.#refuse(envelope, 403);
    }
    const inbound = readInbound(envelope);
    if (inbound === null || fault !== null) return this.#invalid(envelope, fault ?? 400);
    if (request.method === 'ACK') return this.#acknowledged(inbound);
    const known = this.#options.host.transactions.server(inbound.key);
    if (known) return known.receiveAgain();
    this.#first(inbound);
  }

  /** A request that is not a retransmission. */
  #first(inbound: Inbound): void {
    const { host, counters, dialog } = this.#options;
    const { request, callId, toTag, fromTag } = inbound;
    const user = toTag === '' ? undefined : dialog(dialogKey(callId, toTag, fromTag));
    const isKnown = user !== undefined || request.method === 'CANCEL';
    if (host.transactions.isFull(isKnown)) {
      counters.overloaded++;
      return this.#refuse(inbound, 503, [RETRY_AFTER]);
    }
    if (request.method === 'REGISTER' && this.#options.register !== undefined && toTag === '')
      return this.#register(inbound, this.#options.register);
    const refusal = refusalOf(inbound);
    if (refusal !== null) return this.#invalid(inbound, refusal.status, refusal.headers);
    if (request.method === 'CANCEL') return this.#cancel(inbound);
    if (user !== undefined) return user.receive(host.transactions.openServer(inbound));
    if (toTag !== '') return this.#invalid(inbound, 481);
    if (host.transactions.isMerged(inbound)) return this.#invalid(inbound, 482);
    switch (request.method) {
      case 'INVITE':
        return this.#invite(inbound);
      case 'OPTIONS':
        return this.#options200(inbound);
      default:
        // What is about a call has no meaning outside its dialog; a transfer out of the blue is nobody's to ask (RFC 3515 §5).
        return this.#invalid(inbound, request.method === 'REFER' ? 403 : 481);
    }
  }

  #invite(inbound: Inbound): void {
    const { host, counters, isDraining, onInvite } = this.#options;
    if (isDraining()) return this.#refuse(inbound, 503, [RETRY_AFTER]);
    const vetoed = this.#options.vet(inbound);
    if (vetoed !== null) return this.#refuse(inbound, vetoed.status, vetoed.headers);
    const place = this.#replaced(inbound);
    if (typeof place === 'number') return this.#invalid(inbound, place);
    const { onReplaces } = this.#options;
    if (place !== null && onReplaces === undefined) return this.#refuse(inbound, 603);
    const transaction = host.transactions.openServer(inbound);
    const call = IncomingInvite.open(host, transaction);
    if (call === null) {
      counters.invalid++;
      return transaction.respond(this.#response(inbound, 400, { toTag: this.#newTag() }));
    }
    const offered: { readonly localTag: string; call: IncomingInvite | null } = { localTag: call.localTag, call };
    this.#offered.set(transaction, offered);
    void call.ended.then(() => (offered.call = null));
    counters.callsOffered++;
    try {
      if (place !== null) onReplaces?.(call, place);
      else onInvite(call);
    } catch (fault) {
      call.reject(500);
      throw fault;
    }
  }

  #register(inbound: Inbound, register: Registrations): void {
    const transaction = this.#options.host.transactions.openServer(inbound);
    void register(inbound).then(({ status, headers = [] }) =>
      transaction.respond(this.#response(inbound, status, { toTag: this.#newTag(), headers })),
    );
  }

  /** Which call an INVITE wants to take the place of, or the status that says why not (RFC 3891 §3). */
  #replaced(inbound: Inbound): SipCall | null | 400 | 481 | 486 | 603 {
    const values = inbound.request.headers.all('replaces');
    if (values.length === 0) return null;
    const asked = values.length === 1 ? parseReplaces(values[0] ?? '') : null;
    if (asked === null || inbound.request.headers.all('join').length > 0) return 400;
    const key = dialogKey(asked.callId, asked.toTag, asked.fromTag);
    const user = this.#options.dialog(key);
    if (user === undefined) return this.#options.hasEnded(key) ? 603 : 481;
    const { replaceable } = user;
    if (replaceable === null) return 603;
    // A call that rings here was not made by us, so nobody may pick it up this way.
    if (replaceable.at === 'ringing_here') return 481;
    return replaceable.at === 'answered' && asked.earlyOnly ? 486 : replaceable.call;
  }

  /** CANCEL gets 200 whenever its INVITE is known, even when the final response is out already (§9.2). */
  #cancel(cancel: Inbound): void {
    const { transactions } = this.#options.host;
    const invite = transactions.server(keyOfCancelled(cancel));
    if (invite === undefined) return this.#invalid(cancel, 481);
    const offered = this.#offered.get(invite);
    transactions.openServer(cancel).respond(this.#response(cancel, 200, { toTag: offered?.localTag ?? this.#newTag() }));
    offered?.call?.cancelled(cancel.request.headers);
  }

  /** OPTIONS outside a dialog answers as an INVITE would be answered (§11.2). */
  #options200(inbound: Inbound): void {
    const transaction = this.#options.host.transactions.openServer(inbound);
    const parts: ResponseParts = {
      toTag: this.#newTag(),
      headers: [ALLOW, ACCEPT, SUPPORTED, ['Accept-Encoding', 'identity'], ['Accept-Language', 'zh, en']],
    };
    transaction.respond(
      this.#options.isDraining()
        ? this.#response(inbound, 503, { toTag: this.#newTag(), headers: [RETRY_AFTER] })
        : this.#response(inbound, 200, parts),
    );
  }

  #acknowledged(ack: Inbound): void {
    const transaction = this.#options.host.transactions.server(ack.key);
    if (transaction) return transaction.receiveAck(ack);
    const user = this.#options.dialog(dialogKey(ack.callId, ack.toTag, ack.fromTag));
    if (user) user.receiveAck(ack);
    else this.#options.counters.stray++;
  }

  #invalid(envelope: Envelope, status: number, headers: HeaderPairs = []): void {
    this.#options.counters.invalid++;
    this.#refuse(envelope, status, headers);
  }

  /** Without a transaction; an ACK is never answered (§17.1.1.3). */
  #refuse(envelope: Envelope, status: number, headers: HeaderPairs = []): void {
    if (envelope.request.method === 'ACK') return;
    const toTag = statelessTag(this.#secret, envelope.request.headers.get('call-id') ?? '', envelope.via.branch);
    const bytes = formatMessage(this.#response(envelope, status, { toTag, headers }));
    this.#options.host.wire.send(bytes, envelope.replyTo, () => {}, envelope.replyDialPort);
  }

  #newTag(): string {
    return newTag(this.#options.host.chance);
  }

  #response(envelope: Envelope, status: number, parts: ResponseParts): ReturnType<typeof respond> {
    return respond(envelope, status, { ...parts, headers: [['Server', this.#options.host.product], ...(parts.headers ?? [])] });
  }
}
