/**
 * The view of the writer connection that one unit of work gets. It ends with the unit, so a statement that comes late cannot slip into
 * the transaction of somebody else; and, as in PostgreSQL, a statement that failed leaves nothing but the way back.
 */
import type { Columns } from './columns.ts';
import type { Connection, Reader, SqlValue } from './connection.ts';
import { StoreUnitOver } from './errors.ts';

export interface Tx extends Reader {
  /** One statement that returns no rows. */
  run(sql: string, ...params: SqlValue[]): Promise<{ changes: number }>;
  /** Calls `fn` once the unit is durable, in the order of commits; never when the unit is undone. What it throws is logged. */
  afterCommit(fn: () => void): void;
}

export class UnitOfWork implements Tx {
  readonly columns: Columns;
  readonly afterwards: Array<() => void> = [];
  /** The first statement that failed; a unit that swallowed it is undone all the same. */
  fault: unknown;
  readonly #connection: Connection;
  readonly #running = new Set<Promise<unknown>>();
  #over: 'ended' | 'failed' | 'too_slow' | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.columns = connection.columns;
  }

  get<T extends object>(sql: string, ...params: SqlValue[]): Promise<T | undefined> {
    return this.#watched(() => this.#connection.get<T>(sql, ...params));
  }

  all<T extends object>(sql: string, ...params: SqlValue[]): Promise<T[]> {
    return this.#watched(() => this.#connection.all<T>(sql, ...params));
  }

  run(sql: string, ...params: SqlValue[]): Promise<{ changes: number }> {
    return this.#watched(() => this.#connection.run(sql, ...params));
  }

  afterCommit(fn: () => void): void {
    if (this.#over) throw new StoreUnitOver(this.#over);
    this.afterwards.push(fn);
  }

  /** Takes no more statements and waits for those still running; one that nobody awaited spoils the unit. */
  async end(why: 'ended' | 'too_slow'): Promise<void> {
    this.#over ??= why;
    if (this.#running.size === 0) return;
    await Promise.allSettled(this.#running);
    this.fault ??= new StoreUnitOver(why);
  }

  async #watched<T>(statement: () => Promise<T>): Promise<T> {
    if (this.#over) throw new StoreUnitOver(this.#over);
    const running = statement();
    this.#running.add(running);
    try {
      return await running;
    } catch (fault) {
      this.fault ??= fault;
      this.#over ??= 'failed';
      throw fault;
    } finally {
      this.#running.delete(running);
    }
  }
}
