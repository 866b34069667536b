/**
 * Notices that the wall clock was set while the monotonic one went on. Nothing of the link depends on the wall clock; certificates, credentials
 * and the times in events do, so a jump is worth a line on the screen.
 */
import type { Clock } from '@keepline/contracts/clock';

/** Smaller corrections are the daily work of time synchronisation, ms. */
export const JUMP_MS = 5000;

export class ClockWatch {
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly #tellMs: number;
  #offsetMs: number;
  #jumpedMs = Number.NEGATIVE_INFINITY;

  /** @param tellMs how long a jump is told of */
  constructor(clock: Pick<Clock, 'now' | 'monotonicMs'>, tellMs: number) {
    this.#clock = clock;
    this.#tellMs = tellMs;
    this.#offsetMs = clock.now() - clock.monotonicMs();
  }

  look(): void {
    const offsetMs = this.#clock.now() - this.#clock.monotonicMs();
    if (Math.abs(offsetMs - this.#offsetMs) > JUMP_MS) this.#jumpedMs = this.#clock.monotonicMs();
    this.#offsetMs = offsetMs;
  }

  jumped(): boolean {
    return this.#clock.monotonicMs() - this.#jumpedMs < this.#tellMs;
  }
}
