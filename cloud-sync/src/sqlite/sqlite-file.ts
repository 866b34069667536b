/**
 * One SQLite file with promises and a queue of transactions; the only file that knows the `sqlite3` package.
 * WAL with `synchronous=FULL`: a transaction that returned is on the disk. Whole numbers beyond 31 bits are bound as REAL by the package;
 * STRICT tables turn them back into INTEGER without loss.
 */
import sqlite3 from 'sqlite3';

export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, SqlValue>>;

/** Statements, valid only inside the transaction that handed them out. */
export interface Statements {
  run(sql: string, ...params: SqlValue[]): Promise<{ readonly changes: number }>;
  /** Steps to the end on purpose: a statement left on a row would keep its snapshot open and the WAL could never be checkpointed. */
  all(sql: string, ...params: SqlValue[]): Promise<Row[]>;
}

/** How long a transaction waits for the other process to end its own, ms. */
const BUSY_TIMEOUT_MS = 10_000;
/** The WAL is cut back to this after a checkpoint, bytes. */
const WAL_LIMIT_BYTES = 67_108_864;

export class SqliteFile {
  readonly #database: sqlite3.Database;
  readonly #prepared = new Map<string, sqlite3.Statement>();
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(database: sqlite3.Database) {
    this.#database = database;
  }

  /** Opens or creates the file and applies `schema`, which must be safe to repeat. */
  static async open(path: string, schema: string): Promise<SqliteFile> {
    const database = await new Promise<sqlite3.Database>((resolve, reject) => {
      const opening: sqlite3.Database = new sqlite3.Database(path, (fault) => (fault ? reject(fault) : resolve(opening)));
    });
    database.configure('busyTimeout', BUSY_TIMEOUT_MS);
    const file = new SqliteFile(database);
    try {
      await file.#exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=${WAL_LIMIT_BYTES};`);
      await file.#exec(`BEGIN IMMEDIATE; ${schema} COMMIT;`);
      return file;
    } catch (fault) {
      await file.close();
      throw fault;
    }
  }

  /** Runs `work` in one transaction that holds the write lock from its start; a throw rolls back. Transactions of this file queue up. */
  write<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#exec('BEGIN IMMEDIATE');
      try {
        const result = await work(this.#statements);
        await this.#exec('COMMIT');
        return result;
      } catch (fault) {
        // SQLite may have rolled back already (disk full); then this fails and says nothing new.
        await this.#exec('ROLLBACK').catch(() => undefined);
        throw fault;
      }
    });
  }

  /** Reads one consistent state of the file. */
  read<T>(work: (statements: Pick<Statements, 'all'>) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#exec('BEGIN');
      try {
        return await work(this.#statements);
      } finally {
        await this.#exec('COMMIT');
      }
    });
  }

  /** Changes whenever another connection, in this process or another, has committed. */
  async dataVersion(): Promise<number> {
    const rows = await this.#inTurn(() => this.#all('PRAGMA data_version', []));
    return numberOf(rows[0]?.['data_version']);
  }

  /** Waits for the transactions asked for, then closes. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      for (const statement of this.#prepared.values()) statement.finalize();
      this.#prepared.clear();
      await new Promise<void>((resolve, reject) => this.#database.close((fault) => (fault ? reject(fault) : resolve())));
    });
  }

  readonly #statements: Statements = {
    run: (sql, ...params) =>
      new Promise((resolve, reject) => {
        this.#statement(sql).run(params, function (fault) {
          if (fault) reject(fault);
          else resolve({ changes: this.changes });
        });
      }),
    all: (sql, ...params) => this.#all(sql, params),
  };

  #all(sql: string, params: readonly SqlValue[]): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      this.#statement(sql).all<Row>(params, (fault, rows) => (fault ? reject(fault) : resolve(rows)));
    });
  }

  /** Texts are constants of the code, so the cache is as large as the code. A fault of preparing arrives with the first use. */
  #statement(sql: string): sqlite3.Statement {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql, () => undefined);
    this.#prepared.set(sql, statement);
    return statement;
  }

  #exec(sql: string): Promise<void> {
    return new Promise((resolve, reject) => this.#database.exec(sql, (fault) => (fault ? reject(fault) : resolve())));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work, work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

/** A column that holds a number; NULL counts as 0. */
export function numberOf(value: SqlValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}

/** A column that holds text; NULL counts as ''. */
export function textOf(value: SqlValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
