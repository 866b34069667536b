/**
 * A copy of a SQLite database as it is at one moment, taken beside its writers with SQLite's own backup interface: pages are copied as they
 * are, so that row numbers stay.
 */
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import sqlite3 from 'sqlite3';
import { StoreUnreadable } from './errors.ts';

/** How long SQLite waits for a writer to let go, ms. */
const BUSY_TIMEOUT_MS = 10_000;

/** Copies `from` to `to`, which must not be there; durable and readable by this user only. @throws StoreUnreadable */
export async function snapshot(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await (await open(to, 'wx', 0o600)).close();
  const database = await opened(from, sqlite3.OPEN_READONLY);
  try {
    await copy(database, to, from);
  } finally {
    await closed(database);
  }
  const file = await open(to, 'r+');
  await file.sync();
  await file.close();
}

/** What SQLite says about the structure of a database: `ok`, or its first faults. @throws StoreUnreadable */
export async function integrityOf(path: string): Promise<string> {
  const database = await opened(path, sqlite3.OPEN_READWRITE);
  try {
    return await new Promise((resolve, reject) =>
      database.all<{ integrity_check: string }>('PRAGMA integrity_check(5)', (fault, rows) =>
        fault ? reject(new StoreUnreadable(path, fault)) : resolve(rows.map((row) => row.integrity_check).join('; ')),
      ),
    );
  } finally {
    await closed(database);
  }
}

/** The part of the package its types leave out (its README has it). */
interface CopyingDatabase {
  backup(
    to: string,
    onOpen: (fault: Error | null) => void,
  ): { readonly completed: boolean; step(pages: number, done: (fault: Error | null) => void): void; finish(done: () => void): void };
}

function copy(database: sqlite3.Database, to: string, from: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (fault: Error): void => reject(new StoreUnreadable(from, fault));
    const backup = (database as unknown as CopyingDatabase).backup(to, (unopened) => {
      if (unopened) return fail(unopened);
      // All pages in one step: the copy is of one moment, whoever writes meanwhile.
      backup.step(-1, (fault) => {
        const { completed } = backup;
        backup.finish(() => (completed && !fault ? resolve() : fail(fault ?? new Error('the copy did not end'))));
      });
    });
  });
}

function opened(path: string, mode: number): Promise<sqlite3.Database> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(path, mode, (fault) => {
      if (fault) return reject(new StoreUnreadable(path, fault));
      database.configure('busyTimeout', BUSY_TIMEOUT_MS);
      resolve(database);
    });
  });
}

const closed = (database: sqlite3.Database): Promise<void> =>
  new Promise((resolve, reject) => database.close((fault) => (fault ? reject(fault) : resolve())));
