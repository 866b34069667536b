/** A request from the wire and the responses to it, run by the pure machines `invite-server` and `request-server`. */
import type { Clock } from '@keepline/contracts/clock';
import { formatMessage } from './format-message.ts';
import type { Inbound } from './inbound.ts';
import { beginInviteServer, stepInviteServer } from './invite-server.ts';
import type { SipResponse } from './message.ts';
import { beginRequestServer, stepRequestServer } from './request-server.ts';
import { respond } from './respond.ts';
import { TransactionRunner } from './transaction-runner.ts';
import type { TransactionFault } from './transaction.ts';
import { isReliable, type Wire } from './transport.ts';

interface Machine {
  start(): void;
  responded(status: number): void;
  request(): void;
  ack(): void;
  transportFailed(): void;
  stop(): void;
}

export class ServerTransaction {
  readonly inbound: Inbound;
  readonly cseq: Inbound['cseq'];
  /** An ACK that carries the branch of the INVITE after our 2xx; others come by the dialog. */
  onAck: ((ack: Inbound) => void) | null = null;
  readonly #wire: Wire;
  readonly #machine: Machine;
  readonly #onFinal: () => void;
  #bytes: Buffer;
  #finalStatus = 0;
  #ack: Inbound | null = null;

  constructor(inbound: Inbound, wire: Wire, clock: Clock, onEnd: () => void, onFinal: () => void = () => {}) {
    this.inbound = inbound;
    this.cseq = inbound.cseq;
    this.#wire = wire;
    this.#onFinal = onFinal;
    this.#bytes = formatMessage(respond(inbound, 100));
    const reliable = isReliable(inbound.source);
    const deeds = { send: () => this.#send(), fail: (_why: TransactionFault) => {}, end: onEnd };
    this.#machine =
      inbound.request.method === 'INVITE'
        ? inviteMachine(reliable, clock, { ...deeds, deliver: () => this.#deliver() })
        : requestMachine(reliable, clock, deeds);
  }

  /** For an INVITE, 100 goes out at once. */
  start(): void {
    this.#machine.start();
  }

  /** 0 until a final response was given. */
  get finalStatus(): number {
    return this.#finalStatus;
  }

  /** Gives a response. After a final one only the same 2xx may be given again; anything else is ignored. */
  respond(response: SipResponse): void {
    const { status } = response;
    if (this.#finalStatus !== 0 && (status !== this.#finalStatus || status >= 300)) return;
    if (status >= 200 && this.#finalStatus === 0) {
      this.#finalStatus = status;
      this.#onFinal();
    }
    this.#bytes = formatMessage(response);
    this.#machine.responded(status);
  }

  receiveAgain(): void {
    this.#machine.request();
  }

  receiveAck(ack: Inbound): void {
    this.#ack = ack;
    this.#machine.ack();
  }

  stop(): void {
    this.#machine.stop();
  }

  #deliver(): void {
    if (this.#ack !== null) this.onAck?.(this.#ack);
  }

  #send(): void {
    const { replyTo, replyDialPort } = this.inbound;
    this.#wire.send(this.#bytes, replyTo, () => this.#machine.transportFailed(), replyDialPort);
  }
}

interface ServerDeeds {
  send(): void;
  deliver?(): void;
  fail(why: TransactionFault): void;
  end(): void;
}

function inviteMachine(reliable: boolean, clock: Clock, deeds: ServerDeeds): Machine {
  const runner = new TransactionRunner(stepInviteServer, beginInviteServer(reliable), clock, deeds);
  return {
    start: () => runner.start(),
    responded: (status) => runner.feed(status < 200 ? 'provisional' : status < 300 ? 'success' : 'failure'),
    request: () => runner.feed('request'),
    ack: () => runner.feed('ack'),
    transportFailed: () => runner.feed('transportFailed'),
    stop: () => runner.stop(),
  };
}

function requestMachine(reliable: boolean, clock: Clock, deeds: ServerDeeds): Machine {
  const runner = new TransactionRunner(stepRequestServer, beginRequestServer(reliable), clock, deeds);
  return {
    start: () => runner.start(),
    responded: (status) => runner.feed(status < 200 ? 'provisional' : 'final'),
    request: () => runner.feed('request'),
    ack: () => {},
    transportFailed: () => runner.feed('transportFailed'),
    stop: () => runner.stop(),
  };
}
