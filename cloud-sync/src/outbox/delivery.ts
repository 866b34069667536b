/**
 * The delivering half of the outbox, used by the relay in the `cloud-sync` process: claim what comes next, settle what became of it.
 * New rows are noticed by polling `PRAGMA data_version`: it reads one word of shared memory and takes no lock. A file watch on the WAL is
 * no better: it is blind on file systems without inotify and loses its file when SQLite replaces the WAL.
 */
import { type Clock, systemClock } from '@keepline/contracts/clock';
import { numberOf, SqliteFile, textOf } from '../sqlite/sqlite-file.ts';
import { type Counts, readCounts } from './counts.ts';
import type { Entry } from './entry.ts';
import { OutboxUnusable } from './errors.ts';
import { OUTBOX_SCHEMA } from './schema.ts';

/**
 * Delivered events kept behind the last one. The last itself is needed to recognise the stream's last message; the others tell a stream
 * that went back from one we never wrote to, and make late repeats of an append harmless.
 */
export const KEPT_DELIVERED = 1024;
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

export interface Hit {
  readonly entry: Entry;
  readonly why: string;
}

export class Delivery {
  readonly #file: SqliteFile;
  readonly #clock: Clock;

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
   * The next events after the last delivered one, oldest first. From now on they do not expire: they may reach the cloud.
   * Claiming again before settling returns the same events.
   */
  claim(limit: number): Promise<readonly Entry[]> {
    return this.#file.write(async (statements) => {
      const rows = await statements.all(
        'SELECT seq, id, type, body FROM event WHERE seq > (SELECT delivered_seq FROM progress) ORDER BY seq LIMIT ?',
        limit,
      );
      const entries = rows.map((row) => ({
        seq: numberOf(row['seq']),
        id: textOf(row['id']),
        type: textOf(row['type']),
        body: textOf(row['body']),
      }));
      const last = entries.at(-1);
      if (last) await statements.run('UPDATE progress SET claimed_seq = ? WHERE claimed_seq < ?', last.seq, last.seq);
      return entries;
    });
  }

  /** Everything waiting up to `seq` is in the stream, the last of it as `streamSeq`. Old delivered rows are pruned. */
  delivered(seq: number, streamSeq: number): Promise<void> {
    return this.#file.write(async (statements) => {
      await statements.run(
        `UPDATE progress SET delivered = delivered + (SELECT count(*) FROM event WHERE seq > delivered_seq AND seq <= ?),
           claimed_seq = max(claimed_seq, ?), delivered_seq = max(delivered_seq, ?), stream_seq = ?`,
        seq,
        seq,
        seq,
        streamSeq,
      );
      await statements.run(
        `DELETE FROM event WHERE seq < (SELECT seq FROM event WHERE seq <= (SELECT delivered_seq FROM progress)
           ORDER BY seq DESC LIMIT 1 OFFSET ${KEPT_DELIVERED - 1})`,
      );
    });
  }

  /** Takes events out of the line for good; they stay on the site, with the reason, for the operator. */
  quarantine(hits: readonly Hit[]): Promise<void> {
    const nowMs = this.#clock.now();
    return this.#file.write(async (statements) => {
      for (const { entry, why } of hits) {
        await statements.run(
          'INSERT OR IGNORE INTO quarantine (seq, id, type, why, quarantined_ms, body) SELECT seq, id, type, ?, ?, body FROM event WHERE seq = ?',
          why,
          nowMs,
          entry.seq,
        );
        await statements.run('DELETE FROM event WHERE seq = ?', entry.seq);
      }
    });
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

  /** Calls `wake` soon after the other process has written; the result ends it. A failed poll is repeated with the next one. */
  watch(wake: () => void): () => void {
    let known = -1;
    let polling = false;
    return this.#clock.every(POLL_MS, () => {
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
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
