/** One backup or prune at a time in a place: a file with the number of the process. Both only add and remove whole files, so a lock left by a dead process is simply taken over. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupRunning } from './errors.ts';

/** Runs `work` alone. @throws BackupRunning */
export async function alone<T>(place: string, work: () => Promise<T>): Promise<T> {
  const path = join(place, 'running.lock');
  await mkdir(place, { recursive: true, mode: 0o700 });
  const take = (): Promise<boolean> =>
    writeFile(path, `${process.pid}\n`, { flag: 'wx', mode: 0o600 }).then(
      () => true,
      () => false,
    );
  if (!(await take())) {
    const owner = Number(await readFile(path, 'utf8').catch(() => '0'));
    if (owner > 0 && lives(owner)) throw new BackupRunning(place);
    await rm(path, { force: true });
    if (!(await take())) throw new BackupRunning(place);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** Whether a process of this number runs. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return fault instanceof Error && 'code' in fault && fault.code === 'EPERM';
  }
}
