/**
 * The alarm of a full outbox: events that were given up, by type, at once for the first and then at most once a minute, so that a long outage does
 * not fill the log as well. Nothing is left untold: what came in between is in the next line, and the ledger of the outbox counts each.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import { OutboxExpired } from './errors.ts';

const QUIET_MS = 60_000;

export class ExpiryAlarm {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #tell: (fault: KeeplineError) => void;
  readonly #untold = new Map<string, number>();
  #disarm: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'after'>, tell: (fault: KeeplineError) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Types are a fixed list, so the sum cannot grow. */
  readonly expired = (given: readonly { readonly type: string; readonly events: number }[]): void => {
    for (const { type, events } of given) this.#untold.set(type, (this.#untold.get(type) ?? 0) + events);
    if (!this.#disarm) this.#speak();
  };

  /** Tells what is left and is silent afterwards. */
  close(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    if (this.#untold.size > 0) this.#tell(new OutboxExpired(this.#untold));
    this.#untold.clear();
  }

  #speak(): void {
    this.#disarm = undefined;
    if (this.#untold.size === 0) return;
    this.#tell(new OutboxExpired(this.#untold));
    this.#untold.clear();
    this.#disarm = this.#clock.after(QUIET_MS, () => this.#speak());
  }
}
