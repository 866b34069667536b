/**
 * How tables come to be: per family an append-only list of statements and, in the database, how many of them were applied.
 * A database that is ahead of the code, or was made by other statements, is refused before anything is written.
 */
import { createHash } from 'node:crypto';
import type { Columns } from './columns.ts';
import type { Connection, SqlValue } from './connection.ts';
import { StoreHistoryChanged, StoreNewer } from './errors.ts';

/** A table with customer data in it. */
export interface SealedTable {
  readonly name: string;
  /** The columns to write of a row that lies in clear; undefined when it holds nothing to seal. */
  sealed(row: Readonly<Record<string, SqlValue>>, columns: Columns): Promise<Readonly<Record<string, SqlValue>> | undefined>;
  /** The columns to write of a row that a former key sealed; undefined when it is under the key in use. */
  resealed(row: Readonly<Record<string, SqlValue>>, columns: Columns): Promise<Readonly<Record<string, SqlValue>> | undefined>;
}

export interface TableFamily {
  /** Never changes; it is the key under which the progress is kept. */
  readonly name: string;
  /** One SQL statement each. Only ever append: what was applied on a customer's machine cannot be edited here. */
  readonly statements: readonly string[];
  readonly sealed?: readonly SealedTable[];
}

interface Applied {
  family: string;
  applied: number;
  digest: string;
}

const PROGRESS_TABLE = `CREATE TABLE IF NOT EXISTS table_families (
  family TEXT PRIMARY KEY, applied INTEGER NOT NULL, digest TEXT NOT NULL
) STRICT, WITHOUT ROWID`;

/**
 * Brings all families up to date in one transaction: after a fault or a power cut the database is as before.
 * @throws StoreNewer, StoreHistoryChanged, or the error of the statement that failed
 */
export async function migrate(connection: Connection, families: readonly TableFamily[]): Promise<void> {
  await connection.exec('BEGIN IMMEDIATE');
  try {
    await connection.exec(PROGRESS_TABLE);
    const progress = await appliedSteps(connection, families);
    for (const family of families) await bringUp(connection, family, progress.get(family.name) ?? 0);
    await connection.exec('COMMIT');
  } catch (fault) {
    await connection.exec('ROLLBACK');
    throw fault;
  }
}

/** How many statements of each family were applied; empty for a new database. @throws StoreNewer, StoreHistoryChanged */
export async function appliedSteps(connection: Connection, families: readonly TableFamily[]): Promise<ReadonlyMap<string, number>> {
  const made = await connection.all("SELECT 1 FROM sqlite_schema WHERE name = 'table_families'");
  const done = made.length === 0 ? [] : await connection.all<Applied>('SELECT family, applied, digest FROM table_families');
  const known = new Map(families.map((family) => [family.name, family]));
  for (const { family, applied, digest } of done) {
    const statements = known.get(family)?.statements ?? [];
    if (applied > statements.length) throw new StoreNewer(family, applied, statements.length);
    if (digest !== digestOf(statements.slice(0, applied))) throw new StoreHistoryChanged(family);
  }
  return new Map(done.map(({ family, applied }) => [family, applied]));
}

/** Whether tables that are in use would be changed: the moment for a copy. @throws StoreNewer, StoreHistoryChanged */
export async function changesTables(connection: Connection, families: readonly TableFamily[]): Promise<boolean> {
  const progress = await appliedSteps(connection, families);
  return progress.size > 0 && families.some(({ name, statements }) => (progress.get(name) ?? 0) < statements.length);
}

async function bringUp(connection: Connection, family: TableFamily, applied: number): Promise<void> {
  if (applied === family.statements.length) return;
  for (const statement of family.statements.slice(applied)) await connection.exec(statement);
  await connection.run(
    'INSERT OR REPLACE INTO table_families (family, applied, digest) VALUES (?, ?, ?)',
    family.name,
    family.statements.length,
    digestOf(family.statements),
  );
}

/** Layout is free, words are not: the digest ignores white space. */
function digestOf(statements: readonly string[]): string {
  const hash = createHash('sha256');
  for (const statement of statements) hash.update(`${statement.replaceAll(/\s+/g, ' ').trim()}\0`);
  return hash.digest('hex');
}
