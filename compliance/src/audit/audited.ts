/**
 * Law 4: no sensitive act without a durable entry first. Intent → act → outcome, tied together by one correlation.
 */
import type { AuditAct } from '@keepline/contracts/audit-acts';
import type { AuditEntry } from './entry.ts';
import { AuditOutcomeLost } from './errors.ts';

/** The part of the audit log that is needed here. */
export interface AuditAppender {
  append(entry: AuditEntry): Promise<number>;
}

/** Who acts on what, from where and why; the fields are those of `AuditEntry`. */
export type ActContext = Omit<AuditEntry, 'act' | 'outcome'>;

/**
 * Runs `run` only when its intent is durable. When the outcome cannot be recorded the result is withheld: a caller must not hand out what
 * the log does not know to have succeeded.
 * @throws AuditRefused, AuditEntryInvalid (nothing was done), AuditOutcomeLost (it was done), or what `run` throws (recorded as failed)
 */
export async function audited<T>(log: AuditAppender, act: AuditAct, context: ActContext, run: () => Promise<T>): Promise<T> {
  await log.append({ ...context, act, outcome: 'intent' });
  let result: T;
  try {
    result = await run();
  } catch (thrown) {
    // The act's own error tells more than a log that failed after it; the intent without an outcome stays visible.
    await log.append({ ...context, act, outcome: 'failed' }).catch(() => {});
    throw thrown;
  }
  try {
    await log.append({ ...context, act, outcome: 'done' });
  } catch (cause) {
    throw new AuditOutcomeLost(act, cause);
  }
  return result;
}
