/**
 * The state of the link as one stream of lines: at every change at once, while the backlog moves once a second, and every 2 s in any case,
 * so that silence means this process hangs.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { LinkStatus } from '@keepline/contracts/link';
import type { LinkView } from '../link/wire.ts';
import type { Backlog } from '../outbox/counts.ts';

export interface LinkFeedOptions {
  readonly clock: Clock;
  readonly view: () => LinkView;
  readonly onChange: (viewer: () => void) => () => void;
  readonly backlog: () => Promise<Backlog>;
}

const LOOK_MS = 1000;
const HEARTBEAT_MS = 2000;
/** Readers at once; the gateway needs one, an operator's tool another. */
export const FEED_READERS_MAX = 32;

export class LinkFeed {
  readonly #o: LinkFeedOptions;
  readonly #readers = new Set<(status: LinkStatus) => void>();
  readonly #ends: Array<() => void> = [];
  #backlog = 0;
  #oldestUnsentMs = 0;
  #spokenMs = 0;
  #looking = false;

  constructor(options: LinkFeedOptions) {
    this.#o = options;
    this.#ends.push(options.onChange(() => this.#speak()));
    this.#ends.push(options.clock.every(LOOK_MS, () => void this.#look()));
    void this.#look();
  }

  status(): LinkStatus {
    return { ...this.#o.view(), backlog: this.#backlog, oldestUnsentMs: this.#oldestUnsentMs };
  }

  /** Calls `reader` with the status now and with every line to come; undefined when there are too many readers. */
  follow(reader: (status: LinkStatus) => void): (() => void) | undefined {
    if (this.#readers.size >= FEED_READERS_MAX) return undefined;
    this.#readers.add(reader);
    reader(this.status());
    return () => this.#readers.delete(reader);
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#readers.clear();
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const before = this.#backlog;
    try {
      const { waiting, oldestMs } = await this.#o.backlog();
      this.#backlog = waiting;
      this.#oldestUnsentMs = oldestMs;
    } catch {
      // The outbox is busy or closing: the last known numbers stay, the heartbeat goes on.
    } finally {
      this.#looking = false;
    }
    if (this.#backlog !== before || this.#o.clock.monotonicMs() - this.#spokenMs >= HEARTBEAT_MS) this.#speak();
  }

  #speak(): void {
    this.#spokenMs = this.#o.clock.monotonicMs();
    const status = this.status();
    for (const reader of this.#readers) reader(status);
  }
}
