/**
 * Backups at their hour, in a process of their own: sealing megabytes would hold up the signalling of calls. One at a time; one that fails is
 * an alarm, and the next hour tries again; so is a newest backup that has grown old.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { KeeplineError } from '@keepline/contracts/errors';
import { systemClock as clock } from '@keepline/contracts/clock';
import cron from 'node-cron';
import { watchBackupAge } from './backup-age.ts';
import type { Ground } from './ground.ts';

type Needed = Pick<Ground, 'data' | 'onFault'> & {
  readonly site: Pick<Ground['site'], 'backup'>;
  readonly log: Pick<Ground['log'], 'info'>;
};

const COMMAND = fileURLToPath(new URL('../backup-cli.ts', import.meta.url));
const SAID_MAX_CHARS = 2000;
/** What a backup that is under way gets to end when the site stops, ms; what it leaves is no backup yet and is taken by the next. */
const STOP_MS = 2000;

/** @param siteFile as the gateway was given it @throws KeeplineError BACKUP_SCHEDULE_INVALID: before any door opens */
export function startBackups({ site, data, log, onFault }: Needed, siteFile: string | undefined): { close(): Promise<void> } {
  const { schedule } = site.backup;
  if (schedule === '') return { close: () => Promise.resolve() };
  if (!cron.validate(schedule))
    throw new KeeplineError('BACKUP_SCHEDULE_INVALID', `${schedule} is not a cron expression`, {
      hint: 'Set backup.schedule in site.yaml to five fields such as 30 3 * * *.',
      offending: schedule,
    });
  const end = new AbortController();
  const stopWatch = watchBackupAge({ data, backup: site.backup, clock, onFault });
  const task = cron.schedule(
    schedule,
    async () => {
      try {
        log.info({ backup: await runOnce(data, siteFile, end.signal) }, 'backup made');
      } catch (fault) {
        if (!end.signal.aborted) onFault(fault);
      }
    },
    { noOverlap: true },
  );
  return {
    async close() {
      end.abort();
      stopWatch();
      await task.destroy();
    },
  };
}

/** @returns the id of the backup @throws KeeplineError BACKUP_FAILED with what the command said */
function runOnce(data: string, siteFile: string | undefined, signal: AbortSignal): Promise<string> {
  const site = siteFile === undefined ? [] : ['--site', siteFile];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [COMMAND, 'run', '--json', '--data', data, ...site], { stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = (): void => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), STOP_MS).unref();
    };
    signal.addEventListener('abort', kill, { once: true });
    let heard = '';
    let said = '';
    child.stdout.on('data', (piece: Buffer) => (heard = `${heard}${piece.toString()}`.slice(-SAID_MAX_CHARS)));
    child.stderr.on('data', (piece: Buffer) => (said = `${said}${piece.toString()}`.slice(-SAID_MAX_CHARS)));
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', kill);
      if (code === 0)
        resolve((JSON.parse(heard) as { id: string }).id); // parse boundary: our own command
      else
        reject(
          new KeeplineError('BACKUP_FAILED', `the backup did not end well: ${said.trim()}`, {
            hint: 'What it says names the next step; then ./keepline backup run. Until one succeeds, the newest backup grows older.',
          }),
        );
    });
  });
}
