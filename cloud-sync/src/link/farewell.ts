/** A connection whose place another has taken stays open for a moment, to bring the answers to what was asked over it. At most one at a time. */
import type { Clock } from '@keepline/contracts/clock';
import type { Wire } from './wire.ts';

/** Longer than the deadline of advice and than an acknowledgement over a slow line, ms. */
const FAREWELL_MS = 2000;

export class Farewell {
  readonly #clock: Pick<Clock, 'after'>;
  #leaving: Wire | undefined;
  #disarm: () => void = () => {};

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** Lets this one go; one that was still leaving is ended at once. */
  to(wire: Wire): void {
    this.end();
    this.#leaving = wire;
    this.#disarm = this.#clock.after(FAREWELL_MS, () => this.end());
  }

  end(): void {
    this.#disarm();
    this.#leaving?.drop();
    this.#leaving = undefined;
  }
}
