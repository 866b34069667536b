/**
 * Facts in SQLite, the engine for a machine without an administrator: one file, no server, two processes may hold it open. A batch travels as one JSON
 * text and is taken apart inside the engine (`json_each`), because a call per row costs more than the row.
 */
import { SqliteFile, type Statements, numberOf, textOf } from '../../sqlite/sqlite-file.ts';
import { FACT_COLUMNS, TEXT_COLUMNS } from './fact.ts';
import { type FactStore, type FactTransaction, foldBatch, type Message } from './fact-store.ts';
import type { Query, ReportRow } from './questions.ts';
import { isTally, NO_TALLY, type Tally } from './tally.ts';

const COLUMNS = Object.keys(FACT_COLUMNS);
const FIELDS = Object.values(FACT_COLUMNS);
const SCHEMA = `
DROP TABLE IF EXISTS counters;
DROP TABLE IF EXISTS seen;
CREATE TABLE IF NOT EXISTS fact (${COLUMNS.map(
  (name) => `${name} ${TEXT_COLUMNS.includes(name) ? 'TEXT' : 'INTEGER'} NOT NULL${name === 'id' ? ' PRIMARY KEY' : ''}`,
).join(', ')}) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS fact_by_type ON fact (type, time_ms, call_id);
CREATE INDEX IF NOT EXISTS fact_by_call ON fact (call_id);
CREATE TABLE IF NOT EXISTS odd (site TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (site, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS awaited (site TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (site, id)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tally (site TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
`;

export class SqliteStore implements FactStore {
  readonly #file: SqliteFile;

  private constructor(file: SqliteFile) {
    this.#file = file;
  }

  static async open(path: string): Promise<SqliteStore> {
    return new SqliteStore(await SqliteFile.open(path, SCHEMA));
  }

  async add(site: string, messages: readonly Message[]): Promise<void> {
    await this.#file.write((statements) => foldBatch(inside(statements), site, messages, isTally));
  }

  async tally(site: string): Promise<Tally> {
    const body = await this.#file.read((statements) => inside(statements).loadTally(site));
    return isTally(body) ? body : NO_TALLY;
  }

  ask({ sql, params }: Query): Promise<readonly ReportRow[]> {
    // `$1` would be a name here, bound in the order of appearance; `?1` is the number.
    return this.#file.read((statements) => statements.all(sql.replaceAll(/\$(\d)/g, '?$1'), ...params));
  }

  async forget(site: string): Promise<void> {
    await this.#file.write(async (statements) => {
      for (const table of ['fact', 'odd', 'awaited', 'tally']) await statements.run(`DELETE FROM ${table} WHERE site = ?`, site);
    });
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

const each = (what: string): string => `SELECT value FROM json_each(${what})`;

function inside(statements: Pick<Statements, 'all'> & Partial<Statements>): FactTransaction {
  const { all } = statements;
  return {
    async loadTally(site) {
      const [row] = await all('SELECT body FROM tally WHERE site = ?', site);
      return row ? JSON.parse(textOf(row['body'])) : undefined;
    },
    async saveTally(site, tally) {
      await all('INSERT OR REPLACE INTO tally (site, body) VALUES (?, ?)', site, JSON.stringify(tally));
    },
    async insertNew(facts) {
      if (facts.length === 0) return new Set();
      const rows = JSON.stringify(facts.map((fact) => FIELDS.map((field) => fact[field])));
      const values = COLUMNS.map((_, i) => `value ->> ${i}`).join(', ');
      const sql = `INSERT OR IGNORE INTO fact (${COLUMNS.join(', ')}) SELECT ${values} FROM json_each(?) RETURNING id`;
      return new Set((await all(sql, rows)).map((row) => textOf(row['id'])));
    },
    async placesOf(ids) {
      if (ids.length === 0) return new Map();
      const rows = await all(`SELECT id, seq FROM fact WHERE id IN (${each('?')})`, JSON.stringify(ids));
      return new Map(rows.map((row) => [textOf(row['id']), numberOf(row['seq'])]));
    },
    async insertOdd(site, places) {
      if (places.length === 0) return new Set();
      const sql = `INSERT OR IGNORE INTO odd (site, seq) SELECT ?, value FROM json_each(?) RETURNING seq`;
      return new Set((await all(sql, site, JSON.stringify(places))).map((row) => numberOf(row['seq'])));
    },
    async settleAwaited(site, came, missing) {
      await all(`DELETE FROM awaited WHERE site = ? AND id IN (${each('?')})`, site, JSON.stringify(came));
      await all('INSERT OR IGNORE INTO awaited (site, id) SELECT ?, value FROM json_each(?)', site, JSON.stringify(missing));
      const [row] = await all('SELECT COUNT(*) AS n FROM awaited WHERE site = ?', site);
      return numberOf(row?.['n']);
    },
  };
}
