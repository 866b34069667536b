/** Stories in progress: a call is over when its row and its recording are, not when nobody talks any more. */
import type { Clock } from '@keepline/contracts/clock';

/** What calls that were ended by the site may take to close their recordings and rows, ms. */
const CLOSE_CALLS_MS = 5000;

export class Stories {
  readonly #told = new Set<Promise<void>>();
  readonly #onFault: (fault: unknown) => void;

  constructor(onFault: (fault: unknown) => void) {
    this.#onFault = onFault;
  }

  follow(told: Promise<void>): void {
    const story = told.catch(this.#onFault).finally(() => this.#told.delete(story));
    this.#told.add(story);
  }

  /** Resolves when all are over, and what else is waited for, or when that takes too long. */
  async over(clock: Clock, ...others: readonly Promise<void>[]): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const disarm = clock.after(CLOSE_CALLS_MS, resolve);
    await Promise.race([Promise.all([...this.#told, ...others]), late]);
    disarm();
  }
}
