/** A request of ours and the responses to it, run by the pure machines `invite-client` and `request-client`. */
import type { Clock } from '@keepline/contracts/clock';
import { formatMessage } from './format-message.ts';
import { beginInviteClient, stepInviteClient } from './invite-client.ts';
import { type Header, Headers, NO_BODY, type SipRequest, type SipResponse } from './message.ts';
import { beginRequestClient, stepRequestClient } from './request-client.ts';
import { TransactionRunner } from './transaction-runner.ts';
import type { TransactionFault } from './transaction.ts';
import { isReliable, type SipSource, type Wire } from './transport.ts';

export interface ClientEvents {
  /** Each response, retransmitted 2xx to an INVITE among them. */
  response(response: SipResponse, source: SipSource): void;
  /** No final response came. */
  failed(why: TransactionFault): void;
  /** Takes the next sequence number of the dialog; absent outside dialogs, where the next one is free. */
  nextCseq?(): number;
}

interface Machine {
  start(): void;
  received(status: number): void;
  transportFailed(): void;
  isPending(): boolean;
  stop(): void;
}

export class ClientTransaction {
  /** With our Via on top. */
  readonly request: SipRequest;
  readonly to: SipSource;
  readonly #wire: Wire;
  readonly #events: ClientEvents;
  readonly #machine: Machine;
  readonly #bytes: Buffer;
  #last: { readonly response: SipResponse; readonly source: SipSource } | null = null;

  constructor(request: SipRequest, to: SipSource, wire: Wire, clock: Clock, events: ClientEvents, onEnd: () => void) {
    this.request = request;
    this.to = to;
    this.#wire = wire;
    this.#events = events;
    this.#bytes = formatMessage(request);
    const reliable = isReliable(to);
    const common = { deliver: () => this.#deliver(), fail: (why: TransactionFault) => events.failed(why), end: onEnd };
    this.#machine =
      request.method === 'INVITE'
        ? inviteMachine(reliable, clock, { ...common, send: (what) => this.#send(what === 'ack' ? this.#failureAck() : this.#bytes) })
        : requestMachine(reliable, clock, { ...common, send: () => this.#send(this.#bytes) });
  }

  start(): void {
    this.#machine.start();
  }

  /** No final response yet. */
  get isPending(): boolean {
    return this.#machine.isPending();
  }

  receive(response: SipResponse, source: SipSource): void {
    this.#last = { response, source };
    this.#machine.received(response.status);
    if (response.status < 300) this.#last = null; // only the ACK to a failure needs the response again
  }

  stop(): void {
    this.#machine.stop();
  }

  #deliver(): void {
    if (this.#last !== null) this.#events.response(this.#last.response, this.#last.source);
  }

  #send(bytes: Buffer): void {
    this.#wire.send(bytes, this.to, () => this.#machine.transportFailed());
  }

  /** The ACK to a failure stays on this hop: same branch, same Request-URI and Route, the To of the response (RFC 3261 §17.1.1.3). */
  #failureAck(): Buffer {
    const to = this.#last?.response.headers.get('to') ?? '';
    return formatMessage(sameHopRequest(this.request, 'ACK', to));
  }
}

/** ACK or CANCEL for a request of ours: they repeat what the next hop knows it by (RFC 3261 §9.1, §17.1.1.3). */
export function sameHopRequest(request: SipRequest, method: 'ACK' | 'CANCEL', to = request.headers.get('to') ?? ''): SipRequest {
  const kept: Header[] = [];
  for (const header of request.headers.entries) {
    if (REPEATED.has(header.key)) kept.push(header);
    else if (header.key === 'to') kept.push({ ...header, value: to });
    else if (header.key === 'cseq') kept.push({ ...header, value: header.value.replace(/\S+$/, method) });
  }
  return { ...request, method, headers: new Headers(kept), body: NO_BODY };
}
const REPEATED = new Set(['via', 'max-forwards', 'route', 'from', 'call-id']);

interface ClientDeeds<What> {
  send(what: What): void;
  deliver(): void;
  fail(why: TransactionFault): void;
  end(): void;
}

function inviteMachine(reliable: boolean, clock: Clock, deeds: ClientDeeds<'request' | 'ack'>): Machine {
  const runner = new TransactionRunner(stepInviteClient, beginInviteClient(reliable), clock, deeds);
  return {
    start: () => runner.start(),
    received: (status) => runner.feed(status < 200 ? 'provisional' : status < 300 ? 'success' : 'failure'),
    transportFailed: () => runner.feed('transportFailed'),
    isPending: () => runner.at === 'calling' || runner.at === 'proceeding',
    stop: () => runner.stop(),
  };
}

function requestMachine(reliable: boolean, clock: Clock, deeds: ClientDeeds<'request'>): Machine {
  const runner = new TransactionRunner(stepRequestClient, beginRequestClient(reliable), clock, deeds);
  return {
    start: () => runner.start(),
    received: (status) => runner.feed(status < 200 ? 'provisional' : 'final'),
    transportFailed: () => runner.feed('transportFailed'),
    isPending: () => runner.at === 'trying' || runner.at === 'proceeding',
    stop: () => runner.stop(),
  };
}
