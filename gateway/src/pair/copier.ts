/** The side of a pair that stands by, at work: asks whoever serves for one parcel after the other and lays each down. */
import type { Clock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import type { CopyQuestion } from './copy-door.ts';
import { finishedRecordings } from './copy-source.ts';
import type { CopyTarget } from './copy-target.ts';
import type { DataLineage } from './lineage.ts';
import type { PairLine } from './pair-line.ts';

/** A copy that hears nothing for so long begins anew, ms. */
const COPY_SILENCE_MS = 5000;

export interface CopierParts {
  readonly line: PairLine;
  readonly target: CopyTarget;
  readonly lineage: DataLineage;
  readonly data: string;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly say: (event: string, details: object) => void;
  /** Nothing is asked for while this appliance serves. */
  readonly standsBy: () => boolean;
}

export class Copier {
  readonly #p: CopierParts;
  #session = '';
  #after = 0;
  #takenAt = -Infinity;
  #at: { abort: AbortController; over: Promise<void> } | undefined;
  #closed = false;

  constructor(parts: CopierParts) {
    this.#p = parts;
  }

  /** When the last parcel was laid down, ms of the monotonic clock; -Infinity for never. */
  get takenAt(): number {
    return this.#takenAt;
  }

  /** For as long as this process runs. */
  async run(): Promise<void> {
    while (!this.#closed) {
      await this.#pause();
      if (!this.#p.standsBy() || this.#closed) {
        this.#session = '';
        this.#takenAt = -Infinity;
        continue;
      }
      const abort = new AbortController();
      const over = this.#once(abort.signal).catch((fault: unknown) => {
        if (this.#session !== '') this.#p.say('copy broke off', { fault: messageOf(fault) });
        this.#session = '';
        this.#after = 0;
      });
      this.#at = { abort, over };
      await over;
      this.#at = undefined;
    }
  }

  /** Nothing is written into the data folder when it resolves, until this appliance stands by again. */
  async interrupt(): Promise<void> {
    this.#at?.abort.abort();
    await this.#at?.over;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.interrupt();
  }

  async #once(signal: AbortSignal): Promise<void> {
    const { line, target, lineage, data, clock, say } = this.#p;
    const has = this.#session === '' && lineage.is !== 'none' ? await finishedRecordings(data) : {};
    const question: CopyQuestion = { session: this.#session, after: this.#after, has };
    const answer = await line.ask('/copy', question, COPY_SILENCE_MS, signal);
    if (lineage.is === 'own') say('set aside', { folder: lineage.setAside(clock.now()) });
    this.#after = await target.take(answer);
    if (this.#session === '') say('copying', { whole: true });
    this.#session = String(answer.headers['x-session'] ?? '');
    this.#takenAt = clock.monotonicMs();
    lineage.set('copy');
  }

  #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#p.clock.after(this.#p.everyMs, resolve);
    return promise;
  }
}
