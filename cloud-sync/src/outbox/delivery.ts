/**
 * The delivering half of the outbox, used by the relay in the `cloud-sync` process: claim what comes next, settle what became of it.
 * New rows are noticed by polling `PRAGMA data_version`: it reads one word of shared memory and takes no lock. A file watch on the WAL is
 * no better: it is blind on file systems without inotify and loses its file when SQLite replaces the WAL.
 */
import { type Clock, systemClock } from '@keepline/contracts/clock';
import { numberOf, SqliteFile, textOf } from '../sqlite/sqlite-file.ts';
import { type Backlog, type Counts, readBacklog, readCounts } from './counts.ts';
import { dayOf } from './day.ts';
import type { Entry } from './entry.ts';
import { OutboxUnusable, OutboxUnwritable } from './errors.ts';
import { type Hit, quarantineHits } from './quarantine.ts';
import { addRequests, type RequestCount } from './requests.ts';
import { OUTBOX_SCHEMA } from './schema.ts';
import { type Claim, claimNext, type Settled, settle } from './settle.ts';

/** How soon a new event is noticed, ms. */
const POLL_MS = 50;

export interface Delivered {
  /** Position of the last delivered event; 0 before the first. */
  readonly seq: number;
  readonly id: string;
  /** Sequence the stream gave it. */
  readonly streamSeq: number;
  /** End of the stream that a person has accepted as it is; 0 for none. */
  readonly acceptedSeq: number;
}

export class Delivery {
  readonly #file: SqliteFile;
  readonly #clock: Clock;
  #upTo: number | undefined;
  readonly #wakes = new Set<() => void>();

  private constructor(file: SqliteFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  /** @throws KeeplineError OUTBOX_UNUSABLE */
  static async open(path: string, clock: Clock = systemClock): Promise<Delivery> {
    try {
      return new Delivery(await SqliteFile.open(path, OUTBOX_SCHEMA), clock);
    } catch (cause) {
      throw new OutboxUnusable(path, cause);
    }
  }

  /**
   * One transaction for both halves of the relay's work: settles `settled`, then claims up to `claim.limit` events after `claim.after`.
   * Everything waiting up to `settled.seq` is in the stream, the last of it as `settled.streamSeq`; the ledger counts it with its day. Claimed
   * events do not expire from now on: they may reach the cloud. Claiming again gives the same events.
   * @throws KeeplineError OUTBOX_UNWRITABLE; then nothing is settled and nothing claimed
   */
  async advance(settled: Settled | undefined, claim: Claim | undefined): Promise<readonly Entry[]> {
    const nowMs = this.#clock.now();
    try {
      return await this.#file.write(async (statements) => {
        if (settled) await settle(statements, settled, nowMs);
        const bounded = claim && this.#upTo !== undefined ? { ...claim, upTo: this.#upTo } : claim;
        return bounded ? await claimNext(statements, bounded) : [];
      });
    } catch (cause) {
      throw new OutboxUnwritable(cause);
    }
  }

  /** From now on nothing behind this position is claimed; undefined lifts it. What was claimed before stays claimed. */
  holdAt(upTo: number | undefined): void {
    if (upTo === this.#upTo) return;
    this.#upTo = upTo;
    for (const wake of this.#wakes) wake();
  }

  /** The next events after the last delivered one, oldest first; see `advance`. */
  claim(limit: number): Promise<readonly Entry[]> {
    return this.advance(undefined, { after: 0, limit });
  }

  /** See `advance`. */
  async delivered(seq: number, streamSeq: number): Promise<void> {
    await this.advance({ seq, streamSeq }, undefined);
  }

  /**
   * Takes events out of the line for good; they stay on the site, with the reason, for the operator. Of more than `QUARANTINE_MAX` the oldest
   * lose their content and stay counted.
   */
  quarantine(hits: readonly Hit[]): Promise<void> {
    const nowMs = this.#clock.now();
    return this.#file.write((statements) => quarantineHits(statements, hits, nowMs));
  }

  /** Adds to the ledger of requests under today. @throws KeeplineError OUTBOX_UNWRITABLE */
  async countRequests(asked: readonly RequestCount[]): Promise<void> {
    const day = dayOf(this.#clock.now());
    try {
      await this.#file.write((statements) => addRequests(statements, day, asked));
    } catch (cause) {
      throw new OutboxUnwritable(cause);
    }
  }

  lastDelivered(): Promise<Delivered> {
    return this.#file.read(async (statements) => {
      const [row] = await statements.all(
        'SELECT delivered_seq, stream_seq, accepted_seq, (SELECT id FROM event WHERE seq = delivered_seq) AS id FROM progress',
      );
      return {
        seq: numberOf(row?.['delivered_seq']),
        id: textOf(row?.['id']),
        streamSeq: numberOf(row?.['stream_seq']),
        acceptedSeq: numberOf(row?.['accepted_seq']),
      };
    });
  }

  /** A person vouches for a stream that ends with message `streamSeq`: the relay may go on after exactly that one. */
  acceptEnd(streamSeq: number): Promise<void> {
    return this.#file.write(async (statements) => void (await statements.run('UPDATE progress SET accepted_seq = ?', streamSeq)));
  }

  /** Position of the event with this id, or undefined when it is not (or no longer) here. */
  find(id: string): Promise<number | undefined> {
    return this.#file.read(async (statements) => {
      const [row] = await statements.all('SELECT seq FROM event WHERE id = ?', id);
      return row ? numberOf(row['seq']) : undefined;
    });
  }

  counts(): Promise<Counts> {
    return this.#file.read((statements) => readCounts(statements, this.#clock.now()));
  }

  /** Cheap at any size; `counts` is the one that proves itself. */
  backlog(): Promise<Backlog> {
    return this.#file.read((statements) => readBacklog(statements, this.#clock.now()));
  }

  /** Calls `wake` soon after the other process has written; the result ends it. A failed poll is repeated with the next one. */
  watch(wake: () => void): () => void {
    let known = -1;
    let polling = false;
    this.#wakes.add(wake);
    const stopPolling = this.#clock.every(POLL_MS, () => {
      if (polling) return;
      polling = true;
      this.#file
        .dataVersion()
        .then((version) => {
          if (version !== known) wake();
          known = version;
        })
        .catch(() => undefined)
        .finally(() => (polling = false));
    });
    return () => {
      stopPolling();
      this.#wakes.delete(wake);
    };
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
