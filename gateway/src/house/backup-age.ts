/**
 * How old the newest backup is, told by the names in its folder: whatever kept a schedule from its work (a full disk, a machine that was off at that hour,
 * a place that is gone), in the end there is no young backup.
 */
import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import type { SiteConfig } from '@keepline/contracts/site-config';

const HOUR_MS = 3_600_000;
/** Below the quiet time after which an alarm that is not raised again ends (`alarms/alarm-codes.ts`). */
const LOOK_EVERY_MS = 300_000;

/** Wall time in ms since 1970 at which the newest backup was begun; pure. Undefined where there is none. @param names of the folder `backups` */
export function newestBackup(names: readonly string[]): number | undefined {
  const times = names.flatMap((name) => {
    const [, day, hour, minute, second] = /^(\d{8})T(\d{2})(\d{2})(\d{2})Z-[0-9a-f]+\.note$/.exec(name) ?? [];
    if (day === undefined) return [];
    return [Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${hour}:${minute}:${second}Z`)];
  });
  return times.length === 0 ? undefined : Math.max(...times);
}

interface Watched {
  readonly data: string;
  readonly backup: SiteConfig['backup'];
  readonly clock: Clock;
  /** BACKUP_OLD, each time it is looked and is so. */
  readonly onFault: (fault: unknown) => void;
}

/** Looks at once and every 5 min; only where a schedule promises backups. The result ends it. */
export function watchBackupAge({ data, backup, clock, onFault }: Watched): () => void {
  if (backup.schedule === '' || backup.folder === '') return () => {};
  const look = async (): Promise<void> => {
    const folder = isAbsolute(backup.folder) ? backup.folder : join(data, backup.folder);
    const names = await readdir(join(folder, 'backups')).catch(() => []); // none yet, or a disk that is not there: both are no backup
    const sinceMs = newestBackup(names) ?? (await stat(data)).birthtimeMs;
    const hours = Math.floor((clock.now() - sinceMs) / HOUR_MS);
    if (hours < backup.oldHours) return;
    onFault(
      new KeeplineError('BACKUP_OLD', `the newest backup is ${hours} hours old, ${backup.oldHours} are allowed`, {
        hint: 'docs/runbook/backup-failed.md; ./keepline backup run makes one now and says what hinders it.',
        offending: String(hours),
      }),
    );
  };
  const lookQuietly = (): void => void look().catch(onFault);
  lookQuietly();
  return clock.every(LOOK_EVERY_MS, lookQuietly);
}
