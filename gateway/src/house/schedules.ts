/** What the running gateway does by the clock for its data: lets go what is over, makes backups. */
import { startBackups } from './backup-schedule.ts';
import { startRetention } from './retention.ts';

type Needed = Parameters<typeof startRetention>[0] & Parameters<typeof startBackups>[0];

/** @param siteFile as the gateway was given it @throws KeeplineError RETENTION_SCHEDULE_INVALID, BACKUP_SCHEDULE_INVALID, RetentionTooShort */
export function startSchedules(ground: Needed, siteFile: string | undefined): { close(): Promise<void> } {
  const parts = [startRetention(ground), startBackups(ground, siteFile)];
  return {
    async close() {
      for (const part of parts) await part.close();
    },
  };
}
