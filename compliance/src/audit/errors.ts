/** Refusals of the audit log. Callers must not act when an append is refused (law 4). */
import { KeeplineError, messageOf } from '@keepline/contracts/errors';

/** The entry is not durable: do not act; answer 503 with Retry-After. */
export class AuditRefused extends KeeplineError {
  /** For `Retry-After`: a queue of 10,000 is written in less. */
  readonly retryAfterMs = 1000;
  constructor(why: string, cause?: unknown) {
    super('AUDIT_REFUSED', `the audit entry could not be written: ${why}`, {
      hint: 'Nothing was done. Answer 503 with Retry-After: 1; check space and health of the disk of the audit folder.',
      cause,
    });
  }
}

export class AuditEntryInvalid extends KeeplineError {
  constructor(field: string, why: string) {
    super('AUDIT_ENTRY_INVALID', `the field ${field} of an audit entry ${why}`, {
      hint: 'Entries carry names and identifiers of this site, never a number, name or text of a customer.',
      offending: field,
    });
  }
}

/** What was durable is gone or changed: never repaired by the program. */
export class AuditDamaged extends KeeplineError {
  constructor(path: string, why: string, entry?: number) {
    super('AUDIT_DAMAGED', `the audit log ${path} is damaged: ${why}`, {
      hint: 'Keep all files as they are, compare with the checkpoints held elsewhere, and follow docs/runbook/audit-broken.md.',
      offending: entry ?? path,
    });
  }
}

export class AuditLockTimeout extends KeeplineError {
  constructor(path: string, holder: string) {
    super('AUDIT_LOCK_TIMEOUT', `the lock ${path} is held by ${holder}`, {
      hint: 'If no process of this site has that number, remove the lock file; otherwise see why that process hangs.',
      offending: path,
    });
  }
}

/** The act happened and its intent is on record, its outcome is not. */
export class AuditOutcomeLost extends KeeplineError {
  constructor(act: string, cause: unknown) {
    super('AUDIT_OUTCOME_LOST', `${act} was done, but its outcome could not be recorded: ${messageOf(cause)}`, {
      hint: 'The intent is on record with the same correlation; treat the result as not given, and mend the audit log first.',
      offending: act,
      cause,
    });
  }
}

export class AuditLogAbsent extends KeeplineError {
  constructor(dir: string, cause?: unknown) {
    super('AUDIT_LOG_ABSENT', `there is no audit log in ${dir}`, {
      hint: 'Name the data folder of a site that has been started: --data DIR',
      offending: dir,
      cause,
    });
  }
}

export class AuditEntryAbsent extends KeeplineError {
  constructor(name: string) {
    super('AUDIT_ENTRY_ABSENT', `the audit log has no entry ${name}`, {
      hint: 'Give the number or the correlation of an entry: ./keepline audit list shows both.',
      offending: name,
    });
  }
}

export class AuditUnsigned extends KeeplineError {
  constructor(entry: number) {
    super('AUDIT_UNSIGNED', `no checkpoint covers entry ${entry} of the audit log yet`, {
      hint: 'Checkpoints are signed every minute; look whether the disk of the audit folder is full, and try again.',
      offending: entry,
    });
  }
}

export class AuditFileUnreadable extends KeeplineError {
  constructor(path: string, cause: unknown) {
    super('AUDIT_FILE_UNREADABLE', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'Check the path and the rights of this user.',
      offending: path,
      cause,
    });
  }
}

/** It went by the rules of the site; its hash stays in the tree. */
export class AuditEntryPruned extends KeeplineError {
  constructor(entry: number, first: number) {
    super('AUDIT_ENTRY_PRUNED', `entry ${entry} of the audit log was pruned: the oldest that is kept is ${first}`, {
      hint: 'Take the export made before the pruning: ./keepline audit prove NUMBER --export FILE proves an entry of it.',
      offending: entry,
    });
  }
}

/** Nothing was pruned. */
export class AuditPruneRefused extends KeeplineError {
  constructor(why: string, hint: string, cause?: unknown) {
    super('AUDIT_PRUNE_REFUSED', `the audit log is not pruned: ${why}`, { hint, cause });
  }
}
