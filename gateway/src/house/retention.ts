/** Retention in the running gateway: the rules of the site, and the hour at which what is over goes. */
import { join } from 'node:path';
import { systemClock as clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { type OwnPeriods, rulesWith } from '@keepline/compliance/retention';
import cron from 'node-cron';
import { lineOfQueue } from '../retention/lines.ts';
import { Retention } from '../retention/retention.ts';
import type { Ground } from './ground.ts';

type Needed = Pick<Ground, 'site' | 'data' | 'store' | 'keys' | 'audited' | 'onFault'> & { readonly log: Pick<Ground['log'], 'info'> };

/** @throws RetentionTooShort, KeeplineError RETENTION_SCHEDULE_INVALID: before any door opens */
export function startRetention({ site, data, store, keys, log, audited, onFault }: Needed): { close(): Promise<void> } {
  const { automatic, schedule, perRun } = site.retention;
  const lines: OwnPeriods = site.retention.lines;
  const rules = rulesWith(lines);
  if (!cron.validate(schedule))
    throw new KeeplineError('RETENTION_SCHEDULE_INVALID', `${schedule} is not a cron expression`, {
      hint: 'Set retention.schedule in site.yaml to five fields such as 30 2 * * *.',
      offending: schedule,
    });
  if (!automatic) {
    log.info('nothing is deleted by itself: retention.automatic is off until the compliance officer has confirmed the periods');
    return { close: () => Promise.resolve() };
  }
  const retention = new Retention({
    ...{ store, clock, site: site.site, rules },
    recordings: join(data, 'recordings'),
    signer: keys.auditSigner(),
    lineOf: lineOfQueue(site),
    audited: (act, object, purpose, correlation, run) =>
      audited(act, { who: 'gateway', role: 'system', from: 'local', object, purpose, correlation }, run),
  });
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    const { deleted, held, forgotten } = await retention.run(perRun);
    if (deleted.length + forgotten > 0) log.info({ deleted: deleted.length, held, forgotten }, 'what was kept long enough is gone');
  };
  const task = cron.schedule(schedule, () => {
    running ??= run()
      .catch(onFault)
      .finally(() => {
        running = undefined;
      });
  });
  return {
    async close() {
      await task.destroy();
      await running;
    },
  };
}
