/** A request from the wire and the responses to it, run by the pure machines `invite-server` and `request-server`. */
import type { Clock } from '@keepline/contracts/clock';
import { formatMessage } from './format-message.ts';
import type { Inbound } from './inbound.ts';
import { beginInviteServer, stepInviteServer } from './invite-server.ts';
import { NO_BODY, type SipResponse } from './message.ts';
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
  readonly cseq: Inbound['cseq'];
  /** Held until the final response is out: most transactions live long after it, for retransmissions that need the bytes alone. */
  #inbound: Inbound | null;
  readonly #replyTo: Inbound['replyTo'];
  readonly #replyDialPort: number;
  /** An ACK that carries the branch of the INVITE after our 2xx; others come by the dialog. */
  onAck: ((ack: Inbound) => void) | null = null;
  readonly #wire: Wire;
  readonly #machine: Machine;
  readonly #onFinal: () => void;
  #bytes: Buffer;
  #finalStatus = 0;
  #ack: Inbound | null = null;

  constructor(inbound: Inbound, wire: Wire, clock: Clock, onEnd: () => void, onFinal: () => void = () => {}) {
    this.#inbound = inbound;
    this.#replyTo = inbound.replyTo;
    this.#replyDialPort = inbound.replyDialPort;
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

  /** The request; not to be asked for once it is answered for good. */
  get inbound(): Inbound {
    if (this.#inbound === null) throw new Error(`the ${this.cseq.method} is answered and its request forgotten`);
    return this.#inbound;
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
    this.#bytes = ownBytes(formatMessage(response));
    if (status >= 200) this.#inbound = null;
    this.#machine.responded(status);
  }

  receiveAgain(): void {
    this.#machine.request();
  }

  receiveAck(ack: Inbound): void {
    this.#ack = ack;
    this.#machine.ack();
    this.#ack = null;
    if (this.#finalStatus >= 300) this.#bytes = NO_BODY; // confirmed: it only takes in what comes late (§17.2.1)
  }

  /** The 2xx is acknowledged: what is left only takes in retransmissions of the INVITE and says nothing (RFC 6026 §7.1). */
  acknowledged(): void {
    this.onAck = null;
    this.#bytes = NO_BODY;
  }

  stop(): void {
    this.#machine.stop();
  }

  #deliver(): void {
    if (this.#ack !== null) this.onAck?.(this.#ack);
  }

  #send(): void {
    if (this.#bytes.length === 0) return;
    this.#wire.send(this.#bytes, this.#replyTo, () => this.#machine.transportFailed(), this.#replyDialPort);
  }
}

/** Small buffers are cut from slabs of 8 KB, and one that is kept keeps its slab. */
function ownBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
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
