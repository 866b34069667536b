/**
 * A lock between processes of one machine: a file that names its owner (process number and its start time), made by `link`, which fails when
 * the name is taken. A dead owner's lock is removed under a second lock of the same kind, so that two heirs cannot remove each other's.
 * Node has no flock(2); process numbers must mean the same to all, so the folder must not be shared between containers.
 */
import { randomUUID } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import type { Clock } from '@keepline/contracts/clock';
import { AuditLockTimeout } from './errors.ts';

/** Name of the lock in the folder of a log. */
export const LOCK_FILE = 'lock';
/** Pause between two tries, ms; appends hold the lock for one fsync. */
export const LOCK_RETRY_MS = 5;
/** How long a living owner is waited for, ms. */
export const LOCK_WAIT_MS = 10_000;
/** A process must die in the very act of removing a lock for each further level. */
const HEIR_LEVELS = 3;

export interface Lock {
  release(): Promise<void>;
}

/** @throws AuditLockTimeout */
export async function acquireLock(path: string, clock: Pick<Clock, 'after' | 'monotonicMs'>, level = 0): Promise<Lock> {
  const draft = `${path}.${process.pid}.${randomUUID()}`;
  const startedMs = clock.monotonicMs();
  await writeNew(draft, `${process.pid} ${await startOf(process.pid)}\n`);
  try {
    for (;;) {
      if (await tryLink(draft, path)) return { release: () => unlink(path) };
      const holder = await readHolder(path);
      if (holder === undefined) continue; // released in between
      if (!(await isAlive(holder)) && level < HEIR_LEVELS) {
        await removeDead(path, clock, level);
        continue;
      }
      if (clock.monotonicMs() - startedMs > LOCK_WAIT_MS) throw new AuditLockTimeout(path, `process ${holder.trim()}`);
      await new Promise<void>((resolve) => clock.after(LOCK_RETRY_MS, resolve));
    }
  } finally {
    await unlink(draft);
  }
}

/** For readers, who take no lock: `left` by a process that is no more, or by a power cut. */
export async function lockState(path: string): Promise<'free' | 'held' | 'left'> {
  const holder = await readHolder(path);
  if (holder === undefined) return 'free';
  return (await isAlive(holder)) ? 'held' : 'left';
}

/** Only who holds the heir's lock removes a dead owner's; the owner cannot come back, so what is read here is what is removed. */
async function removeDead(path: string, clock: Pick<Clock, 'after' | 'monotonicMs'>, level: number): Promise<void> {
  const heir = await acquireLock(`${path}.heir`, clock, level + 1);
  try {
    const holder = await readHolder(path);
    if (holder !== undefined && !(await isAlive(holder))) await unlink(path);
  } finally {
    await heir.release();
  }
}

async function isAlive(holder: string): Promise<boolean> {
  const [pid, started] = holder.trim().split(' ');
  return started !== '' && started === (await startOf(Number(pid)));
}

/** Start time of a process in clock ticks since boot (proc(5), field 22), '' when there is none: numbers are used again, pairs are not. */
async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name of the program may hold spaces and brackets; what follows the last bracket is field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

async function readHolder(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function tryLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') return false;
    throw thrown;
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
