/** Runs one pure machine against a clock: the only place where a SIP timer is armed. */
import type { Clock } from '@keepline/contracts/clock';
import type { Effect, Step, TransactionFault } from './transaction.ts';

export interface Deeds<What extends string> {
  send(what: What): void;
  deliver?(): void;
  fail(why: TransactionFault): void;
  /** Once, after the machine reached `terminated` or was stopped. */
  end?(): void;
}

export class TransactionRunner<State extends { readonly at: string }, Input extends string, What extends string> {
  readonly #step: (state: State, input: Input) => Step<State, What, Input>;
  readonly #clock: Clock;
  readonly #deeds: Deeds<What>;
  readonly #disarms: Array<() => void> = [];
  #state: State;
  #first: Step<State, What, Input> | null;
  #over = false;

  /** `start` performs the first step; until then nothing is sent, so the owner can finish building itself. */
  constructor(
    step: (state: State, input: Input) => Step<State, What, Input>,
    first: Step<State, What, Input>,
    clock: Clock,
    deeds: Deeds<What>,
  ) {
    this.#step = step;
    this.#state = first.state;
    this.#clock = clock;
    this.#deeds = deeds;
    this.#first = first;
  }

  get at(): State['at'] {
    return this.#state.at;
  }

  start(): void {
    const first = this.#first;
    this.#first = null;
    if (first !== null) this.#take(first);
  }

  feed(input: Input): void {
    if (!this.#over) this.#take(this.#step(this.#state, input));
  }

  /** Drops the machine where it stands. */
  stop(): void {
    this.#disarm();
    this.#end();
  }

  /** An effect may feed the machine again before the next one is performed; the state is therefore set first. */
  #take(next: Step<State, What, Input>): void {
    this.#state = next.state;
    for (const effect of next.effects) this.#perform(effect);
    if (this.#state.at === 'terminated') this.#end();
  }

  #perform(effect: Effect<What, Input>): void {
    switch (effect.do) {
      case 'send':
        return this.#deeds.send(effect.what);
      case 'arm': {
        const { input, ms } = effect;
        this.#disarms.push(this.#clock.after(ms, () => this.feed(input)));
        return;
      }
      case 'disarm':
        return this.#disarm();
      case 'deliver':
        return this.#deeds.deliver?.();
      case 'fail':
        return this.#deeds.fail(effect.why);
    }
  }

  #disarm(): void {
    for (const disarm of this.#disarms.splice(0)) disarm();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#disarm();
    this.#deeds.end?.();
  }
}
