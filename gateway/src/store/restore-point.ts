/**
 * Copies of main.db from before its tables were changed, in `restore-points` beside it: with one, the version before an upgrade can be started
 * again. What was written after the copy is in none of them, so the database that is put aside is kept, too.
 */
import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Connection } from './connection.ts';
import { RestorePointAbsent, StoreHistoryChanged, StoreNewer } from './errors.ts';
import { appliedSteps, type TableFamily } from './migrations.ts';
import { snapshot } from './snapshot.ts';

/** Copies kept; each is as large as the database. */
export const RESTORE_POINTS_MAX = 3;
const POINT = /^main-\d{8}T\d{9}Z\.db$/;

const folderOf = (path: string): string => join(dirname(path), 'restore-points');
const stamp = (nowMs: number): string => new Date(nowMs).toISOString().replaceAll(/[-:.]/g, '');

/** Names of the copies, newest first. */
export async function restorePoints(path: string): Promise<string[]> {
  const folder = folderOf(path);
  return existsSync(folder)
    ? (await readdir(folder))
        .filter((name) => POINT.test(name))
        .toSorted()
        .toReversed()
    : [];
}

/** Copies the database before its tables are changed; the oldest copies go. @throws StoreUnreadable, and then nothing may be changed */
export async function takeRestorePoint(path: string, nowMs: number): Promise<string> {
  const folder = folderOf(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = `main-${stamp(nowMs)}.db`;
  const draft = join(folder, `${name}.draft`);
  await rm(draft, { force: true });
  await snapshot(path, draft);
  await rename(draft, join(folder, name));
  for (const old of (await restorePoints(path)).slice(RESTORE_POINTS_MAX)) await rm(join(folder, old), { force: true });
  return name;
}

/** Copies from before the columns were sealed hold customer data in clear: they go, and with them the way back to a version that cannot seal. */
export async function dropRestorePoints(path: string): Promise<void> {
  await rm(folderOf(path), { recursive: true, force: true });
}

/**
 * Makes the database one that these tables know, no process having it open: leaves it when it is, else puts the newest copy back that is. The
 * database that was there lies beside the copies as `aside.db` until the next time.
 * @returns the copy that was put back; undefined when nothing was to do @throws RestorePointAbsent
 */
export async function putBackRestorePoint(path: string, families: readonly TableFamily[]): Promise<string | undefined> {
  if (await isKnown(path, families)) return undefined;
  const folder = folderOf(path);
  for (const name of await restorePoints(path)) {
    if (!(await isKnown(join(folder, name), families))) continue;
    const aside = join(folder, 'aside.db');
    for (const end of ['', '-wal', '-shm']) await rm(`${aside}${end}`, { force: true });
    const draft = `${path}.new`;
    await copyFile(join(folder, name), draft);
    const file = await open(draft, 'r+');
    await file.sync();
    await file.close();
    // The WAL belongs to the database it stands beside: with another one it would be replayed into it.
    for (const end of ['-wal', '-shm', '']) if (existsSync(`${path}${end}`)) await rename(`${path}${end}`, `${aside}${end}`);
    await rename(draft, path);
    return name;
  }
  throw new RestorePointAbsent(basename(path));
}

async function isKnown(path: string, families: readonly TableFamily[]): Promise<boolean> {
  const connection = await Connection.open(path);
  try {
    await appliedSteps(connection, families);
    return true;
  } catch (fault) {
    if (fault instanceof StoreNewer || fault instanceof StoreHistoryChanged) return false;
    throw fault;
  } finally {
    await connection.close();
  }
}
