/**
 * A lock file that names its owner, so that a lock left by a process that died is recognised. The owner is a pid plus the moment that
 * process started (from /proc), because pids are used again.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { KeeplineError, systemClock } from './before-packages.ts';

const ATTEMPTS = 5; // each removes one stale lock; more means that others win the race every time
const LOOK_AGAIN_MS = 500;

export interface PidLock {
  release(): void;
}

/** Takes the lock, or returns the pid that holds it. */
export function tryLock(path: string): PidLock | { readonly heldBy: number } {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${process.pid} ${startOf(process.pid)}`;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        linkSync(draft, path); // atomic, and the file is whole from the first moment, unlike one opened with O_EXCL
        return { release: () => rmSync(path, { force: true }) };
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
      const holder = liveHolder(path);
      if (holder !== undefined) return { heldBy: holder };
      clearStale(path);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new KeeplineError('LOCK_CONTENDED', `${path} changes hands too fast to be taken`, {
    hint: 'Several keepline commands start at the same moment; run the command again.',
    offending: path,
  });
}

/**
 * Moves a lock that looked stale away before it is deleted: between the look and the deed another process may have put its own there, and
 * deleting by name would let both in. What turns out to be alive goes back.
 */
function clearStale(path: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another process cleared it
  }
  try {
    if (liveHolder(aside) !== undefined) linkSync(aside, path);
  } catch {
    // Taken by a third in between: its attempt and this one go on by what the file says now.
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Pid of the process that holds the lock, or undefined when nobody alive does. */
export function liveHolder(path: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined; // released in between
  }
  const [pid = '', started = ''] = text.split(' ');
  const owner = Number(pid);
  return Number.isInteger(owner) && owner > 0 && isAlive(owner) && startOf(owner) === started ? owner : undefined;
}

/** Runs `work` under the lock, waiting for another holder. @throws KeeplineError LOCK_CONTENDED after `limitMs` */
export async function whileLocked(path: string, limitMs: number, say: (text: string) => void, work: () => Promise<void>): Promise<void> {
  const until = systemClock.monotonicMs() + limitMs;
  for (let told = false; ; told = true) {
    const lock = tryLock(path);
    if ('release' in lock) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    if (!told) say(`waiting for another keepline (pid ${lock.heldBy}), which is setting up the same folder`);
    if (systemClock.monotonicMs() > until)
      throw new KeeplineError('LOCK_CONTENDED', `pid ${lock.heldBy} has held ${path} for ${Math.round(limitMs / 1000)} s`, {
        hint: `See what it does: ps -fp ${lock.heldBy}`,
        offending: lock.heldBy,
      });
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // alive, another user's
  }
}

/** When the process started, in clock ticks since boot (field 22 of /proc/PID/stat); empty where there is no /proc. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''; // the name before `)` may hold spaces
  } catch {
    return '';
  }
}
