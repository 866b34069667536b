/** Retention in the running gateway: the rules of the site, and the hour at which what is over goes. */
import { join } from 'node:path';
import type { BusinessLine } from '@keepline/contracts/business-lines';
import { systemClock as clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { type OwnPeriods, rulesWith } from '@keepline/compliance/retention';
import cron from 'node-cron';
import { Retention } from '../retention/retention.ts';
import type { Ground } from './ground.ts';

/** Line of a queue by the site file; a queue that is not in it any more has none, so nothing of it is deleted. */
export function lineOfQueue(site: SiteConfig): (queue: string) => BusinessLine | undefined {
  const lines = new Map(site.queues.map(({ name, businessLine }) => [name, businessLine]));
  return (queue) => (queue === '' ? 'service' : lines.get(queue));
}

/** @throws RetentionTooShort, KeeplineError RETENTION_SCHEDULE_INVALID: before any door opens */
export function startRetention({ site, data, store, keys, log, audited, onFault }: Ground): { close(): Promise<void> } {
  const { automatic, schedule, perRun } = site.retention;
  const lines: OwnPeriods = site.retention.lines;
  const rules = rulesWith(lines);
  if (!cron.validate(schedule))
    throw new KeeplineError('RETENTION_SCHEDULE_INVALID', `${schedule} is not a cron expression`, {
      hint: 'Set retention.schedule in site.yaml to five fields such as 30 2 * * *.',
      offending: schedule,
    });
  if (!automatic) return { close: () => Promise.resolve() };
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
