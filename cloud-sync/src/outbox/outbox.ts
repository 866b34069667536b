/**
 * The appending half of the durable queue towards the cloud (file outbox.db), used by the gateway. It takes `Anonymised` events only:
 * this file is the one thing that leaves the trust zone. The delivering half is `delivery.ts`, in another process on the same file.
 */
import type { Anonymised } from '@keepline/contracts/anonymised';
import { type Clock, systemClock } from '@keepline/contracts/clock';
import type { CloudEvent } from '@keepline/contracts/events';
import { numberOf, SqliteFile, type Statements } from '../sqlite/sqlite-file.ts';
import { type Counts, readCounts } from './counts.ts';
import { bodyOf, expiryRank } from './entry.ts';
import { OutboxCursorWentBack, OutboxUnusable } from './errors.ts';
import { OUTBOX_SCHEMA } from './schema.ts';

export interface OutboxOptions {
  /** Events that may wait at once; beyond it the least valuable, then oldest, expire (ranks in `entry.ts`) and are counted by type. */
  readonly maxEvents: number;
  /** For the age of events; the system's when absent. */
  readonly clock?: Pick<Clock, 'now'>;
}

export class Outbox {
  readonly #file: SqliteFile;
  readonly #options: OutboxOptions;
  readonly #clock: Pick<Clock, 'now'>;

  private constructor(file: SqliteFile, options: OutboxOptions) {
    this.#file = file;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** @throws KeeplineError OUTBOX_UNUSABLE */
  static async open(path: string, options: OutboxOptions): Promise<Outbox> {
    try {
      return new Outbox(await SqliteFile.open(path, OUTBOX_SCHEMA), options);
    } catch (cause) {
      throw new OutboxUnusable(path, cause);
    }
  }

  /**
   * Appends events in this order. Once it returns, events and cursor are on the disk together; when it throws, neither is.
   * An id that is already here is passed over, so an append whose result was lost may be repeated.
   * @param cursor event log number of the last event of the batch, or of the last one looked at when none of a batch is for the cloud
   * @throws KeeplineError OUTBOX_CURSOR_WENT_BACK when an older batch brings new events; EVENT_TOO_LARGE
   */
  async append(events: readonly Anonymised<CloudEvent>[], cursor: number): Promise<void> {
    const nowMs = this.#clock.now();
    const seen = new Set<string>();
    const rows: [id: string, type: string, rank: number, body: string][] = [];
    for (const event of events) {
      if (seen.has(event.id)) continue;
      seen.add(event.id);
      rows.push([event.id, event.type, expiryRank(event.type), bodyOf(event)]);
    }
    await this.#file.write(async (statements) => {
      const stored = numberOf((await statements.all('SELECT cursor FROM progress'))[0]?.['cursor']);
      // One statement for the whole batch: each costs a trip to the thread pool.
      const { changes } = await statements.run(
        `INSERT INTO event (id, type, expiry_rank, appended_ms, body)
         SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), ?, json_extract(value, '$[3]')
         FROM json_each(?) WHERE json_extract(value, '$[0]') NOT IN (SELECT id FROM event)
           AND json_extract(value, '$[0]') NOT IN (SELECT id FROM quarantine) ORDER BY key`,
        nowMs,
        JSON.stringify(rows),
      );
      if (changes > 0 && cursor < stored) throw new OutboxCursorWentBack(cursor, stored);
      await statements.run('UPDATE progress SET produced = produced + ?, cursor = max(cursor, ?)', changes, cursor);
      if (changes > 0) await this.#expire(statements);
    });
  }

  /** The cursor of the last append; 0 before the first. The exporter goes on with the event after it. */
  cursor(): Promise<number> {
    return this.#file.read(async (statements) => numberOf((await statements.all('SELECT cursor FROM progress'))[0]?.['cursor']));
  }

  counts(): Promise<Counts> {
    return this.#file.read((statements) => readCounts(statements, this.#clock.now()));
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #expire(statements: Statements): Promise<void> {
    const [row] = await statements.all(
      `SELECT produced - delivered - (SELECT coalesce(sum(events), 0) FROM expired) - (SELECT count(*) FROM quarantine) AS waiting,
              max(delivered_seq, claimed_seq) AS sent_seq FROM progress`,
    );
    const excess = numberOf(row?.['waiting']) - this.#options.maxEvents;
    if (excess <= 0) return;
    const sentSeq = numberOf(row?.['sent_seq']);
    const chosen = 'SELECT seq FROM event WHERE seq > ? ORDER BY expiry_rank, seq LIMIT ?';
    await statements.run(
      `INSERT INTO expired (type, events) SELECT type, count(*) FROM event WHERE seq IN (${chosen}) GROUP BY type
       ON CONFLICT (type) DO UPDATE SET events = events + excluded.events`,
      sentSeq,
      excess,
    );
    await statements.run(`DELETE FROM event WHERE seq IN (${chosen})`, sentSeq, excess);
  }
}
