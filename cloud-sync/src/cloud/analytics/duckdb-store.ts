/**
 * Facts in DuckDB, the engine for years of calls: columns, compressed, read by all cores. The only file that knows the package. One process holds the
 * file; a second one is refused by the engine. A batch goes through the appender into a temporary table, then by id into the real one.
 */
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { FACT_COLUMNS, TEXT_COLUMNS } from './fact.ts';
import { type FactStore, type FactTransaction, foldBatch, type Message } from './fact-store.ts';
import type { Cell, Query, ReportRow } from './questions.ts';
import { isTally, NO_TALLY, type Tally } from './tally.ts';

/** Memory and threads of the engine: it would take 80 % of the machine by itself. */
const MEMORY_LIMIT = '1GB';
const THREADS = '2';

const COLUMNS = Object.keys(FACT_COLUMNS);
const FIELDS = Object.entries(FACT_COLUMNS).map(([column, field]) => ({ field, isText: TEXT_COLUMNS.includes(column) }));
const SHAPE = COLUMNS.map((name) => `${name} ${TEXT_COLUMNS.includes(name) ? 'VARCHAR' : 'BIGINT'} NOT NULL`).join(', ');
const SCHEMA = `
CREATE TABLE IF NOT EXISTS fact (${SHAPE}, PRIMARY KEY (id));
CREATE TABLE IF NOT EXISTS odd (site VARCHAR NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (site, seq));
CREATE TABLE IF NOT EXISTS awaited (site VARCHAR NOT NULL, id VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS tally (site VARCHAR NOT NULL, body VARCHAR NOT NULL);
CREATE TEMP TABLE incoming (${SHAPE});
`;

export class DuckdbStore implements FactStore {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  /** @throws KeeplineError ANALYTICS_STORE_UNUSABLE */
  static async open(path: string): Promise<DuckdbStore> {
    try {
      const { DuckDBInstance: Instance } = await import('@duckdb/node-api'); // 68 MB of engine only where it is chosen
      const instance = await Instance.create(path, { threads: THREADS, memory_limit: MEMORY_LIMIT });
      const connection = await instance.connect();
      await connection.run(SCHEMA);
      return new DuckdbStore(instance, connection);
    } catch (cause) {
      throw new KeeplineError('ANALYTICS_STORE_UNUSABLE', `the analytical store ${path} cannot be opened: ${messageOf(cause)}`, {
        hint: 'One process holds a DuckDB file: stop the other service, or give this one its own --data. A damaged file may be deleted; it is rebuilt.',
        offending: path,
        cause,
      });
    }
  }

  add(site: string, messages: readonly Message[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#connection.run('BEGIN');
      try {
        await foldBatch(inside(this.#connection), site, messages, isTally);
        await this.#connection.run('COMMIT');
      } catch (fault) {
        await this.#connection.run('ROLLBACK').catch(() => undefined);
        throw fault;
      }
    });
  }

  tally(site: string): Promise<Tally> {
    return this.#inTurn(async () => {
      const body = await inside(this.#connection).loadTally(site);
      return isTally(body) ? body : NO_TALLY;
    });
  }

  ask({ sql, params }: Query): Promise<readonly ReportRow[]> {
    return this.#inTurn(() => rows(this.#connection, sql, params));
  }

  forget(site: string): Promise<void> {
    return this.#inTurn(async () => {
      for (const table of ['fact', 'odd', 'awaited', 'tally']) await this.#connection.run(`DELETE FROM ${table} WHERE site = $1`, [site]);
      await this.#connection.run('CHECKPOINT');
    });
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => {
      this.#connection.closeSync();
      this.#instance.closeSync();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work, work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

async function rows(connection: DuckDBConnection, sql: string, params: readonly (string | number)[]): Promise<ReportRow[]> {
  // Whole numbers are bound as 64 bits: the driver would take them for 32 where they fit, and times do not.
  const bound = params.map((value) => (typeof value === 'number' ? BigInt(Math.trunc(value)) : value));
  const reader = await connection.runAndReadAll(sql, bound);
  return reader.getRowObjectsJS().map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cellOf(value)])));
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

const LIST = `SELECT UNNEST(CAST(CAST($1 AS JSON) AS VARCHAR[]))`;

function inside(connection: DuckDBConnection): FactTransaction {
  const all = (sql: string, ...params: (string | number)[]): Promise<ReportRow[]> => rows(connection, sql, params);
  return {
    async loadTally(site) {
      const [row] = await all('SELECT body FROM tally WHERE site = $1', site);
      return row ? JSON.parse(String(row['body'])) : undefined;
    },
    async saveTally(site, tally) {
      const body = JSON.stringify(tally);
      const known = await all('UPDATE tally SET body = $2 WHERE site = $1 RETURNING site', site, body);
      if (known.length === 0) await all('INSERT INTO tally VALUES ($1, $2)', site, body);
    },
    async insertNew(facts) {
      if (facts.length === 0) return new Set();
      await connection.run('DELETE FROM incoming');
      const appender = await connection.createAppender('incoming', null, 'temp');
      for (const fact of new Map(facts.toReversed().map((one) => [one.id, one])).values()) {
        for (const { field, isText } of FIELDS) {
          if (isText) appender.appendVarchar(String(fact[field]));
          else appender.appendBigInt(BigInt(fact[field]));
        }
        appender.endRow();
      }
      appender.closeSync();
      const added = await all('INSERT INTO fact SELECT * FROM incoming ON CONFLICT DO NOTHING RETURNING id');
      return new Set(added.map((row) => String(row['id'])));
    },
    async placesOf(ids) {
      if (ids.length === 0) return new Map();
      const found = await all(`SELECT id, seq FROM fact WHERE id IN (${LIST})`, JSON.stringify(ids));
      return new Map(found.map((row) => [String(row['id']), Number(row['seq'])]));
    },
    async insertOdd(site, places) {
      if (places.length === 0) return new Set();
      const sql = `INSERT INTO odd SELECT $2, CAST(place AS BIGINT) FROM (${LIST} AS place) ON CONFLICT DO NOTHING RETURNING seq`;
      return new Set((await all(sql, JSON.stringify(places), site)).map((row) => Number(row['seq'])));
    },
    async settleAwaited(site, came, missing) {
      const [before] = await all('SELECT COUNT(*) AS n FROM awaited WHERE site = $1', site);
      if (Number(before?.['n']) === 0 && missing.length === 0) return 0; // the rule: nothing is ever missing
      await all(`DELETE FROM awaited WHERE site = $2 AND id IN (${LIST})`, JSON.stringify(came), site);
      const others = `SELECT id FROM awaited WHERE site = $2`;
      await all(
        `INSERT INTO awaited SELECT $2, id FROM (${LIST} AS id) AS named WHERE id NOT IN (${others})`,
        JSON.stringify(missing),
        site,
      );
      const [row] = await all('SELECT COUNT(*) AS n FROM awaited WHERE site = $1', site);
      return Number(row?.['n']);
    },
  };
}
