/**
 * Our reliable provisional responses to one INVITE (RFC 3262 §3): numbered by RSeq, repeated until their PRACK, and one after the other,
 * because the second may not leave before the first is acknowledged. Run by the pure machine `provisional-repeat`.
 */
import type { CallHost } from './call-host.ts';
import type { Inbound } from './inbound.ts';
import { MAX_WAITING_PROVISIONALS } from './limits.ts';
import type { SipResponse } from './message.ts';
import { beginProvisional, stepProvisional } from './provisional-repeat.ts';
import { rackOf } from './rack.ts';
import type { HeaderPairs } from './respond.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { TransactionRunner } from './transaction-runner.ts';

interface Waiting {
  readonly make: (headers: HeaderPairs) => SipResponse;
  readonly hasSdp: boolean;
}

export class ReliableResponses {
  readonly #clock: CallHost['clock'];
  readonly #transaction: ServerTransaction;
  readonly #onGiveUp: () => void;
  readonly #waiting: Waiting[] = [];
  #rseq: number;
  #open: { readonly hasSdp: boolean; readonly runner: { start(): void; feed(input: 'prack'): void; stop(): void } } | null = null;

  /** @param onGiveUp no PRACK came within 64 × T1: the call is to be refused */
  constructor({ clock, chance }: Pick<CallHost, 'clock' | 'chance'>, transaction: ServerTransaction, onGiveUp: () => void) {
    this.#clock = clock;
    this.#rseq = 1 + chance.below(2 ** 31 - 2);
    this.#transaction = transaction;
    this.#onGiveUp = onGiveUp;
  }

  /** Whether a session description is on its way and not acknowledged: then a 2xx must wait (§3). */
  get hasOpenSdp(): boolean {
    return this.#open?.hasSdp === true || this.#waiting.some(({ hasSdp }) => hasSdp);
  }

  /** `make` gets `Require` and `RSeq`. Beyond the bound the response is left out: it only repeats what was said. */
  send(make: (headers: HeaderPairs) => SipResponse, hasSdp: boolean): void {
    if (this.#waiting.length >= MAX_WAITING_PROVISIONALS) return;
    this.#waiting.push({ make, hasSdp });
    if (this.#open === null) this.#next();
  }

  /** The PRACK belongs to the response on its way; null for any other, which is answered 481. */
  acknowledge(prack: Inbound): { readonly hadSdp: boolean } | null {
    const rack = rackOf(prack.request.headers);
    const open = this.#open;
    const { number, method } = this.#transaction.cseq;
    if (open === null || rack === null || rack.rseq !== this.#rseq || rack.cseq !== number || rack.method !== method) return null;
    open.runner.feed('prack');
    this.#open = null;
    return { hadSdp: open.hasSdp };
  }

  /** Sends what has waited for the PRACK; kept apart from `acknowledge` so that the PRACK is answered first. */
  resume(): void {
    if (this.#open === null) this.#next();
  }

  /** A final response is out: nothing is repeated any more, and nothing that waits is sent. */
  stop(): void {
    this.#waiting.length = 0;
    this.#open?.runner.stop();
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined || this.#transaction.finalStatus !== 0) return;
    this.#rseq++;
    const response = next.make([
      ['Require', '100rel'],
      ['RSeq', `${this.#rseq}`],
    ]);
    const runner = new TransactionRunner(stepProvisional, beginProvisional(), this.#clock, {
      send: () => this.#transaction.respond(response),
      fail: () => this.#onGiveUp(),
    });
    this.#open = { hasSdp: next.hasSdp, runner };
    runner.start();
  }
}
