/**
 * Brings rows of sealed tables to the key in use: those written in clear before there were column keys, and those of a former key. Runs in
 * batches with a cursor on the disk, so that a start that is killed goes on where it was. What lay in clear is wiped: pages freed are
 * overwritten (secure_delete), and the file is rebuilt at the end.
 */
import type { Connection, SqlValue } from './connection.ts';
import type { SealedTable, TableFamily } from './migrations.ts';
import type { Tx } from './unit-of-work.ts';

const BATCH_ROWS = 500;
const PROGRESS = `CREATE TABLE IF NOT EXISTS sealed_tables (name TEXT PRIMARY KEY, upto INTEGER NOT NULL, goal INTEGER NOT NULL) STRICT, WITHOUT ROWID`;

interface Progress {
  readonly upto: number;
  readonly goal: number;
}
type Row = { readonly rowid: number } & Readonly<Record<string, SqlValue>>;

/** Was anything written in clear that is not sealed yet? */
export async function hasClearRows(connection: Connection, families: readonly TableFamily[]): Promise<boolean> {
  await connection.exec(PROGRESS);
  for (const { name } of families.flatMap((family) => family.sealed ?? [])) {
    const { upto, goal } = await progressOf(connection, name);
    if (upto < goal) return true;
  }
  return false;
}

/** Seals what was written in clear before; at start, before anybody reads. @returns rows that were sealed */
export async function sealClearRows(connection: Connection, families: readonly TableFamily[]): Promise<number> {
  await connection.exec(PROGRESS);
  let sealed = 0;
  for (const table of families.flatMap((family) => family.sealed ?? [])) sealed += await sealTable(connection, table);
  if (sealed > 0) await connection.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
  return sealed;
}

async function sealTable(connection: Connection, table: SealedTable): Promise<number> {
  const { isKnown, goal, upto: begun } = await progressOf(connection, table.name);
  let upto = begun;
  if (!isKnown) await connection.run('INSERT INTO sealed_tables (name, upto, goal) VALUES (?, ?, ?)', table.name, upto, goal);
  let sealed = 0;
  while (upto < goal) {
    const rows = await connection.all<Row>(
      `SELECT rowid AS rowid, * FROM ${table.name} WHERE rowid > ? AND rowid <= ? ORDER BY rowid LIMIT ${BATCH_ROWS}`,
      ...[upto, goal],
    );
    upto = rows.length < BATCH_ROWS ? goal : (rows.at(-1)?.rowid ?? goal);
    await connection.exec('BEGIN IMMEDIATE');
    try {
      for (const row of rows) if (await store(connection, table, row, await table.sealed(row, connection.columns))) sealed++;
      await connection.run('UPDATE sealed_tables SET upto = ? WHERE name = ?', upto, table.name);
      await connection.exec('COMMIT');
    } catch (fault) {
      await connection.exec('ROLLBACK');
      throw fault;
    }
  }
  return sealed;
}

async function progressOf(connection: Connection, name: string): Promise<Progress & { readonly isKnown: boolean }> {
  const known = await connection.get<Progress>('SELECT upto, goal FROM sealed_tables WHERE name = ?', name);
  if (known) return { ...known, isKnown: true };
  // What stands in the table when this version comes is in clear; everything after it is sealed at birth.
  const last = await connection.get<{ goal: number }>(`SELECT coalesce(max(rowid), 0) AS goal FROM ${name}`);
  return { upto: 0, goal: last?.goal ?? 0, isKnown: false };
}

/** One batch of rows that a former key sealed, as part of a unit of work. @returns the place to go on from; undefined at the end of the table */
export async function resealBatch(
  tx: Tx,
  table: SealedTable,
  after: number,
): Promise<{ readonly upto: number; readonly resealed: number } | undefined> {
  const rows = await tx.all<Row>(`SELECT rowid AS rowid, * FROM ${table.name} WHERE rowid > ? ORDER BY rowid LIMIT ${BATCH_ROWS}`, after);
  const last = rows.at(-1);
  if (!last) return undefined;
  let resealed = 0;
  for (const row of rows) if (await store(tx, table, row, await table.resealed(row, tx.columns))) resealed++;
  return { upto: last.rowid, resealed };
}

async function store(
  to: Pick<Tx, 'run'>,
  table: SealedTable,
  row: Row,
  values: Readonly<Record<string, SqlValue>> | undefined,
): Promise<boolean> {
  if (!values) return false;
  const names = Object.keys(values);
  const sql = `UPDATE ${table.name} SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE rowid = ?`;
  await to.run(sql, ...Object.values(values), row.rowid);
  return true;
}
