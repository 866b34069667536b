/**
 * One SQLite connection with promises and a bounded cache of prepared statements; the only file that knows the `sqlite3` package.
 * Whole numbers beyond 31 bits arrive in SQLite as REAL; the STRICT tables of `tables/` turn them back into INTEGER without loss.
 */
import sqlite3 from 'sqlite3';
import { type Columns, lockedColumns } from './columns.ts';

export type SqlValue = string | number | null | Uint8Array;

export interface Reader {
  /** Seals and opens the customer data in its rows. */
  readonly columns: Columns;
  /** The first row, or undefined. `T` names the columns; the statement must deliver them. */
  get<T extends object>(sql: string, ...params: SqlValue[]): Promise<T | undefined>;
  all<T extends object>(sql: string, ...params: SqlValue[]): Promise<T[]>;
}

/** Statements are texts in the code, so there are few; a caller that glues values into SQL would fill this and is slowed, not served. */
const STATEMENTS_MAX = 256;
/** How long SQLite waits for another process (a backup, the command line) to let go of the file, ms. */
const BUSY_TIMEOUT_MS = 5000;

export class Connection implements Reader {
  readonly columns: Columns;
  readonly #database: sqlite3.Database;
  readonly #prepared = new Map<string, Promise<sqlite3.Statement>>();

  private constructor(database: sqlite3.Database, columns: Columns) {
    this.#database = database;
    this.columns = columns;
    database.configure('busyTimeout', BUSY_TIMEOUT_MS);
  }

  /** @param columns without it every value that is sealed is out of reach */
  static open(path: string, columns: Columns = lockedColumns): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const database = new sqlite3.Database(path, sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE, (fault) =>
        fault ? reject(fault) : resolve(new Connection(database, columns)),
      );
    });
  }

  /** Runs a text that may hold several statements, without parameters. */
  exec(sql: string): Promise<void> {
    return new Promise((resolve, reject) => this.#database.exec(sql, (fault) => (fault ? reject(fault) : resolve())));
  }

  async run(sql: string, ...params: SqlValue[]): Promise<{ changes: number }> {
    const statement = await this.#statement(sql);
    return new Promise((resolve, reject) =>
      statement.run(params, function (fault) {
        if (fault) reject(fault);
        else resolve({ changes: this.changes });
      }),
    );
  }

  async all<T extends object>(sql: string, ...params: SqlValue[]): Promise<T[]> {
    const statement = await this.#statement(sql);
    return new Promise((resolve, reject) => statement.all<T>(params, (fault, rows) => (fault ? reject(fault) : resolve(rows))));
  }

  /** Steps to the end on purpose: a statement left on its first row keeps its snapshot open, and the WAL could never be checkpointed. */
  async get<T extends object>(sql: string, ...params: SqlValue[]): Promise<T | undefined> {
    const rows = await this.all<T>(sql, ...params);
    return rows[0];
  }

  async close(): Promise<void> {
    const statements = await Promise.allSettled(this.#prepared.values());
    this.#prepared.clear();
    for (const prepared of statements) if (prepared.status === 'fulfilled') prepared.value.finalize();
    await new Promise<void>((resolve, reject) => this.#database.close((fault) => (fault ? reject(fault) : resolve())));
  }

  #statement(sql: string): Promise<sqlite3.Statement> {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const prepared = new Promise<sqlite3.Statement>((resolve, reject) => {
      const statement = this.#database.prepare(sql, (fault) => (fault ? reject(fault) : resolve(statement)));
    });
    this.#prepared.set(sql, prepared);
    prepared.catch(() => this.#prepared.delete(sql));
    if (this.#prepared.size > STATEMENTS_MAX) this.#forgetOldest();
    return prepared;
  }

  #forgetOldest(): void {
    for (const [sql, prepared] of this.#prepared) {
      this.#prepared.delete(sql);
      // Finalising waits in the package's queue behind uses already asked for.
      prepared.then((statement) => statement.finalize()).catch(() => {});
      return;
    }
  }
}
