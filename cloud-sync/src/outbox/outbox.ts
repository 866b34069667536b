/**
 * The appending half of the durable queue towards the cloud (file outbox.db), used by the gateway. It takes `Anonymised` events only:
 * this file is the one thing that leaves the trust zone. The delivering half is `delivery.ts`, in another process on the same file.
 */
import type { Anonymised } from '@keepline/contracts/anonymised';
import { type Clock, systemClock } from '@keepline/contracts/clock';
import type { CloudEvent } from '@keepline/contracts/events';
import { numberOf, SqliteFile } from '../sqlite/sqlite-file.ts';
import { type Backlog, type Counts, readBacklog, readCounts } from './counts.ts';
import { bodyOf, expiryRank } from './entry.ts';
import { OutboxCursorWentBack, OutboxUnusable } from './errors.ts';
import { type Bounds, type Expired, expire } from './expiry.ts';
import { OUTBOX_SCHEMA } from './schema.ts';

export interface OutboxOptions extends Bounds {
  /** For the age of events; the system's when absent. */
  readonly clock?: Pick<Clock, 'now'>;
  /** Events were given up because a bound was reached; told after it is durable, by type. */
  readonly onExpired?: (expired: readonly Expired[]) => void;
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
    let bytes = 0;
    for (const event of events) {
      if (seen.has(event.id)) continue;
      seen.add(event.id);
      const body = bodyOf(event);
      bytes += Buffer.byteLength(body);
      rows.push([event.id, event.type, expiryRank(event.type), body]);
    }
    const expired = await this.#file.write(async (statements) => {
      const [before] = await statements.all("SELECT cursor, (SELECT seq FROM sqlite_sequence WHERE name = 'event') AS seq FROM progress");
      const stored = numberOf(before?.['cursor']);
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
      if (changes === 0) return [];
      if (changes < rows.length) {
        const added = 'SELECT sum(octet_length(body)) AS bytes FROM event WHERE seq > ?';
        bytes = numberOf((await statements.all(added, numberOf(before?.['seq'])))[0]?.['bytes']);
      }
      await statements.run('UPDATE volume SET events = events + ?, bytes = bytes + ?', changes, bytes);
      return await expire(statements, this.#options, nowMs);
    });
    if (expired.length > 0) this.#options.onExpired?.(expired);
  }

  /** The cursor of the last append; 0 before the first. The exporter goes on with the event after it. */
  cursor(): Promise<number> {
    return this.#file.read(async (statements) => numberOf((await statements.all('SELECT cursor FROM progress'))[0]?.['cursor']));
  }

  counts(): Promise<Counts> {
    return this.#file.read((statements) => readCounts(statements, this.#clock.now()));
  }

  /** Cheap at any size; `counts` is the one that proves itself. */
  backlog(): Promise<Backlog> {
    return this.#file.read((statements) => readBacklog(statements, this.#clock.now()));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
