/** Retention of the audit log in the running gateway: at its hour what is old enough is exported to the archive, verified there, and goes. */
import { mkdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { asBundle, exportAuditLog } from '@keepline/compliance/audit-export';
import { planPrune, type PrunePlan, pruneEntries } from '@keepline/compliance/audit-prune';
import { newFile } from '@keepline/compliance/new-file';
import { type NoteSigner, verifierFrom } from '@keepline/compliance/note';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { newId } from '@keepline/contracts/ids';
import type { SiteConfig } from '@keepline/contracts/site-config';
import cron from 'node-cron';
import type { Audited } from '../identity/identity-store.ts';

export interface AuditPruningParts {
  readonly site: Pick<SiteConfig, 'audit'>;
  readonly data: string;
  readonly signer: NoteSigner;
  readonly clock: Clock;
  readonly audited: Audited;
  readonly log: { info(details: object, message: string): void };
  readonly onFault: (fault: unknown) => void;
}

/** @throws KeeplineError RETENTION_SCHEDULE_INVALID: before any door opens */
export function startAuditPruning(parts: AuditPruningParts): { close(): Promise<void> } {
  const { pruneSchedule: schedule } = parts.site.audit;
  if (schedule === '') return { close: () => Promise.resolve() };
  if (!cron.validate(schedule))
    throw new KeeplineError('RETENTION_SCHEDULE_INVALID', `${schedule} is not a cron expression`, {
      hint: 'Set audit.pruneSchedule in site.yaml to five fields such as 15 3 * * 0.',
      offending: schedule,
    });
  let running: Promise<void> | undefined;
  const task = cron.schedule(schedule, () => {
    running ??= pruneOnce(parts)
      .then(() => {}, parts.onFault)
      .finally(() => (running = undefined));
  });
  return {
    async close() {
      await task.destroy();
      await running;
    },
  };
}

/** @returns what went; undefined when nothing was old enough. @throws AuditPruneRefused, AuditDamaged, EXPORT_TARGET_EXISTS */
export async function pruneOnce({ site, data, signer, clock, audited, log }: AuditPruningParts): Promise<PrunePlan | undefined> {
  const { archive, retentionDays, exportBeforePrune } = site.audit;
  const dir = join(data, 'audit');
  const plan = await planPrune(dir, signer.verifierKey, retentionDays, clock.now());
  if (plan.to === plan.from) return undefined;
  const who = { who: 'gateway', role: 'system', from: 'local', purpose: 'retention of the audit log' };
  let exported: string | undefined;
  if (exportBeforePrune) {
    const folder = isAbsolute(archive) ? archive : join(data, archive);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // The time makes the name new where a former run died before it pruned.
    const path = join(folder, `audit-${plan.from}-${plan.to}-${clock.now()}.keepline-audit`);
    await audited('audit.export', { ...who, object: 'audit:archive', correlation: newId('act', clock.now()) }, async () => {
      const file = await newFile(path);
      try {
        await exportAuditLog(
          dir,
          verifierFrom(signer.verifierKey),
          asBundle((piece) => file.write(piece)),
          plan.to,
        );
        await file.publish();
      } finally {
        await file.close();
      }
    });
    exported = path;
  }
  const act = newId('act', clock.now());
  const freedBytes = await audited('audit.prune', { ...who, object: `audit:${plan.from}-${plan.to}`, correlation: act }, () =>
    pruneEntries({ dir, signer, clock, rules: { retentionDays, exportBeforePrune }, plan, act, exported }),
  );
  log.info({ from: plan.from, to: plan.to, freedBytes }, 'audit entries that were kept long enough are gone; their hashes stay');
  return plan;
}
