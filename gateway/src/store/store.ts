/**
 * The database of the gateway: SQLite in WAL mode with `synchronous=FULL`, one connection that writes and one that reads.
 * Units of work are queued; those that arrive while a transaction runs share the next one, so one fsync serves many (group commit).
 */
import { open } from 'node:fs/promises';
import { type Clock, systemClock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import type { Columns } from './columns.ts';
import { Connection, type Reader } from './connection.ts';
import { StoreBusy, StoreClosed, StoreUnitTooSlow, StoreUnreadable, StoreWriteFailed } from './errors.ts';
import { changesTables, migrate, type TableFamily } from './migrations.ts';
import { dropRestorePoints, takeRestorePoint } from './restore-point.ts';
import { hasClearRows, sealClearRows } from './seal-rows.ts';
import { type Tx, UnitOfWork } from './unit-of-work.ts';

export type { Reader, SqlValue } from './connection.ts';
export type { TableFamily } from './migrations.ts';
export type { Tx } from './unit-of-work.ts';

/** Units that may wait; at 1,000 units per second this is ten seconds, later than any caller still cares. */
export const WAITING_UNITS_MAX = 10_000;
/** Units per transaction: bounds how long the first of them waits for the last. */
export const UNITS_PER_COMMIT_MAX = 256;
/** How long one unit may hold the writer, ms. */
export const UNIT_LIMIT_MS = 10_000;

export interface StoreSurroundings {
  readonly clock?: Clock;
  readonly log?: { error(details: object, message: string): void };
  /** Keys of the customer data; a store without them cannot touch it. */
  readonly columns?: Columns;
}

interface Waiting {
  /** Runs the unit; the result is told to the caller only by `settle`. */
  run(tx: Tx): Promise<void>;
  settle(failure: Failure | undefined): void;
}
interface Failure {
  readonly reason: unknown;
}
interface Outcome {
  readonly waiting: Waiting;
  readonly failure: Failure | undefined;
  readonly afterwards: readonly (() => void)[];
}

export class Store {
  /** Sees what is committed, including everything whose `write` has resolved; never waits for writers. */
  readonly read: Reader;
  readonly #reader: Connection;
  readonly #writer: Connection;
  readonly #clock: Clock;
  readonly #log: StoreSurroundings['log'];
  readonly #queue: Waiting[] = [];
  #pump: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(writer: Connection, reader: Connection, { clock = systemClock, log }: StoreSurroundings) {
    this.#writer = writer;
    this.#reader = reader;
    this.read = reader;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Opens or creates the file (readable by this user only) and brings its tables up to date.
   * @throws StoreUnreadable, StoreNewer, StoreHistoryChanged
   */
  static async open(path: string, families: readonly TableFamily[], surroundings: StoreSurroundings = {}): Promise<Store> {
    const opened: Connection[] = [];
    try {
      await (await open(path, 'a', 0o600)).close(); // SQLite gives the WAL beside it the same mode
      const { columns } = surroundings;
      const writer = await Connection.open(path, columns);
      opened.push(writer);
      await writer.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864; PRAGMA secure_delete = ON',
      );
      if (await changesTables(writer, families)) await takeRestorePoint(path, (surroundings.clock ?? systemClock).now());
      await migrate(writer, families);
      if (columns) {
        // Before the sealing: a start that is cut off behind it must not leave them.
        if (await hasClearRows(writer, families)) await dropRestorePoints(path);
        await sealClearRows(writer, families);
      }
      const reader = await Connection.open(path, columns);
      opened.push(reader);
      await reader.exec('PRAGMA query_only = ON');
      return new Store(writer, reader, surroundings);
    } catch (fault) {
      await Promise.allSettled(opened.map((connection) => connection.close()));
      throw fault instanceof KeeplineError ? fault : new StoreUnreadable(path, fault);
    }
  }

  /**
   * Runs `unit` inside a transaction and resolves with its result only when that is on the disk. When the unit throws, it alone is
   * undone and the promise rejects with what it threw. The unit may run statements and nothing else: it holds up everyone behind it.
   * Durable does not mean told: after a power cut a unit may be there whose promise never resolved.
   * @throws StoreBusy (refuse the request with 503), StoreClosed, StoreUnitTooSlow, StoreWriteFailed (the whole transaction is undone)
   */
  write<T>(unit: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.#closing) return Promise.reject(new StoreClosed());
    if (this.#queue.length >= WAITING_UNITS_MAX) return Promise.reject(new StoreBusy(this.#queue.length));
    return new Promise<T>((resolve, reject) => {
      let result: { readonly value: T } | undefined;
      this.#queue.push({
        run: async (tx) => {
          result = { value: await unit(tx) };
        },
        settle: (failure) => {
          if (result && !failure) resolve(result.value);
          else reject(failure?.reason);
        },
      });
      this.#pump ??= this.#commitAll();
    });
  }

  /** Takes no more work, writes what waits, closes the file. Calling it again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#pump;
      await this.#reader.close();
      await this.#writer.close(); // the last connection folds the WAL into the file
    })();
    return this.#closing;
  }

  async #commitAll(): Promise<void> {
    while (this.#queue.length > 0) await this.#commit(this.#queue.splice(0, UNITS_PER_COMMIT_MAX));
    this.#pump = undefined; // here and not in a later `finally`: a unit that came in between would wait for nobody
  }

  /** One transaction; never rejects. */
  async #commit(batch: readonly Waiting[]): Promise<void> {
    const outcomes: Outcome[] = [];
    try {
      await this.#writer.run('BEGIN IMMEDIATE');
      for (const waiting of batch) outcomes.push(await this.#runUnit(waiting));
      await this.#writer.run('COMMIT');
    } catch (cause) {
      await this.#writer.run('ROLLBACK').catch(() => {}); // SQLite may already have rolled back, for instance when the disk is full
      const reason = new StoreWriteFailed(cause);
      this.#log?.error({ code: reason.code, units: batch.length }, reason.message);
      for (const waiting of batch) waiting.settle({ reason });
      return;
    }
    for (const { waiting, failure, afterwards } of outcomes) {
      waiting.settle(failure);
      for (const fn of afterwards) this.#callAfterwards(fn);
    }
  }

  /** Runs one unit in a savepoint of its own; rejects only when the transaction around it is lost. */
  async #runUnit(waiting: Waiting): Promise<Outcome> {
    const unit = new UnitOfWork(this.#writer);
    await this.#writer.run('SAVEPOINT unit');
    const failure = await this.#attempt(waiting, unit);
    try {
      if (failure) await this.#writer.run('ROLLBACK TO unit');
      await this.#writer.run('RELEASE unit');
    } catch (lost) {
      throw unit.fault ?? lost; // a full disk has already undone the whole transaction: that is the news, not the missing savepoint
    }
    return { waiting, failure, afterwards: failure ? [] : unit.afterwards };
  }

  async #attempt(waiting: Waiting, unit: UnitOfWork): Promise<Failure | undefined> {
    const failure = await new Promise<Failure | undefined>((resolve) => {
      const disarm = this.#clock.after(UNIT_LIMIT_MS, () => resolve({ reason: new StoreUnitTooSlow(UNIT_LIMIT_MS) }));
      const ended = (reason?: Failure): void => {
        disarm();
        resolve(reason);
      };
      waiting.run(unit).then(
        () => ended(),
        (reason: unknown) => ended({ reason }),
      );
    });
    await unit.end(failure?.reason instanceof StoreUnitTooSlow ? 'too_slow' : 'ended');
    return failure ?? (unit.fault === undefined ? undefined : { reason: unit.fault });
  }

  #callAfterwards(fn: () => void): void {
    try {
      fn();
    } catch (cause) {
      this.#log?.error({ err: cause }, 'a listener of a commit failed');
    }
  }
}
