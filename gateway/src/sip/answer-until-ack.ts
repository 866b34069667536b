/** Gives a 2xx to an INVITE and repeats it until the ACK with the same CSeq number, run by the pure machine `answer-repeat`. */
import type { Clock } from '@keepline/contracts/clock';
import { beginAnswer, stepAnswer } from './answer-repeat.ts';
import type { Inbound } from './inbound.ts';
import type { SipResponse } from './message.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { TransactionRunner } from './transaction-runner.ts';

export class AnswerUntilAck {
  readonly #cseq: number;
  readonly #runner: { feed(input: 'ack'): void; start(): void; stop(): void; readonly at: string };
  readonly #onAck: (ack: Inbound) => void;
  readonly #transaction: ServerTransaction;

  constructor(clock: Clock, transaction: ServerTransaction, response: SipResponse, onAck: (ack: Inbound) => void, onGiveUp: () => void) {
    this.#cseq = transaction.inbound.cseq.number;
    this.#onAck = onAck;
    this.#transaction = transaction;
    this.#runner = new TransactionRunner(stepAnswer, beginAnswer(), clock, {
      send: () => transaction.respond(response),
      fail: onGiveUp,
    });
    transaction.onAck = (ack) => this.receive(ack);
    this.#runner.start();
  }

  get isOpen(): boolean {
    return this.#runner.at !== 'terminated';
  }

  receive(ack: Inbound): void {
    if (!this.isOpen || ack.cseq.number !== this.#cseq) return;
    this.#runner.feed('ack');
    this.#transaction.acknowledged(); // it stays for 32 s; neither the call nor the answer need stay with it
    this.#onAck(ack);
  }

  stop(): void {
    this.#transaction.onAck = null;
    this.#runner.stop();
  }
}
