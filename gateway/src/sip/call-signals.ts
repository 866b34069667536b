/** Who listens to a call, kept apart from the dialog because listeners come before there is one. */
import type { SipEnd } from './call.ts';
import { Outcome } from './outcome.ts';

export class CallSignals {
  readonly #ended = new Outcome<SipEnd>();
  readonly #digits = new Set<(digit: string) => void>();
  readonly #reanswers = new Set<(answer: string) => void>();
  #reoffer: ((offer: string) => string | null) | null = null;

  get ended(): Promise<SipEnd> {
    return this.#ended.promise;
  }

  get isOver(): boolean {
    return this.#ended.isSettled;
  }

  /** The first end counts. */
  end(end: SipEnd): void {
    if (!this.#ended.isSettled) this.#ended.resolve(end);
  }

  onDigit(listener: (digit: string) => void): () => void {
    this.#digits.add(listener);
    return () => this.#digits.delete(listener);
  }

  onReanswer(listener: (answer: string) => void): () => void {
    this.#reanswers.add(listener);
    return () => this.#reanswers.delete(listener);
  }

  onReoffer(listener: (offer: string) => string | null): () => void {
    this.#reoffer = listener;
    return () => {
      if (this.#reoffer === listener) this.#reoffer = null;
    };
  }

  digit(digit: string): void {
    for (const listener of this.#digits) listener(digit);
  }

  reanswer(answer: string): void {
    for (const listener of this.#reanswers) listener(answer);
  }

  reoffer(offer: string): string | null {
    return this.#reoffer?.(offer) ?? null;
  }
}
