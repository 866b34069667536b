/**
 * Which faults are alarms, and how long they stand, pure. A latched one stands until a person clears it: what it tells does not go away by
 * itself. The others end when they have not come again for a while, or when the part they name is well again.
 */
import type { AlarmSeverity } from '@keepline/contracts/alarms';

export interface AlarmRule {
  readonly severity: AlarmSeverity;
  readonly latched: boolean;
}

export const ALARM_RULES: Readonly<Record<string, AlarmRule>> = {
  AUDIT_FORKED: { severity: 'critical', latched: true },
  AUDIT_DAMAGED: { severity: 'critical', latched: true },
  SITE_PART_DOWN: { severity: 'critical', latched: false },
  SITE_PART_DEGRADED: { severity: 'major', latched: false },
  EXPORT_CURSOR_AHEAD: { severity: 'critical', latched: true },
  EXPORT_GAP: { severity: 'major', latched: true },
  EXPORT_REFUSED: { severity: 'major', latched: false },
  EXPORT_STALLED: { severity: 'major', latched: false },
  OUTBOX_EXPIRED: { severity: 'major', latched: false },
  BACKUP_FAILED: { severity: 'major', latched: true }, // a person looks whether the next one was made
  BACKUP_OLD: { severity: 'major', latched: false },
  WITNESS_QUORUM_MISSING: { severity: 'major', latched: false },
  SIEM_UNREACHABLE: { severity: 'major', latched: false },
  WITNESS_UNREACHABLE: { severity: 'warning', latched: false },
  RECORDER_DIED: { severity: 'major', latched: false }, // another thread takes over; while none does, SITE_PART_DOWN stands too
  VOICE_QUALITY_LOW: { severity: 'warning', latched: false },
};

/** An alarm that tells of moments ends when none has come for so long, ms. */
export const QUIET_MS = 600_000;
/** These end with the part they name. */
export const ENDS_WITH_PART: ReadonlySet<string> = new Set(['SITE_PART_DOWN', 'SITE_PART_DEGRADED']);
/** Alarms that may stand at once; further ones of a code are counted under its empty object. */
export const STANDING_MAX = 200;
/** Rows that are kept; the oldest that ended go first. */
export const KEPT_MAX = 10_000;

/** How an object stands in the audit log and in an alarm: no spaces, nothing that is no name. */
export const objectName = (text: string): string => text.replaceAll(/[^A-Za-z0-9._:/-]+/g, ':').slice(0, 64);
