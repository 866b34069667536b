/** Faults on the way from the event log to the outbox; none of them stops a call. */
import { KeeplineError } from '@keepline/contracts/errors';

export class ExportCursorAhead extends KeeplineError {
  constructor(cursor: number, last: number) {
    super('EXPORT_CURSOR_AHEAD', `the outbox has events up to number ${cursor}, the event log ends at ${last}: export is halted`, {
      hint: 'main.db is older than outbox.db, probably from a backup. Restore both from the same backup and start again.',
      offending: cursor,
    });
  }
}

export class ExportGap extends KeeplineError {
  constructor(missing: number, before: number) {
    super('EXPORT_GAP', `${missing} event(s) before number ${before} are no longer in the event log and never reached the outbox`, {
      hint: 'They were pruned too early or the file was changed by hand; compare with a backup and note the gap in the reconciliation report.',
      offending: missing,
    });
  }
}

export class ExportRefused extends KeeplineError {
  constructor(refused: number, why: string) {
    super('EXPORT_REFUSED', `${refused} event(s) were kept on the site by the anonymiser, the first because: ${why}`, {
      hint: 'The table event_refusals names each by number and code; docs/errors.md explains the code.',
      offending: refused,
    });
  }
}

export class ExportStalled extends KeeplineError {
  constructor(why: string, cause: unknown) {
    super('EXPORT_STALLED', `events cannot be handed to the outbox and wait in the event log: ${why}`, {
      hint: 'Check the disk and outbox.db; nothing is lost, the export tries again by itself.',
      cause,
    });
  }
}

/** Without the cause: its text may quote the event. */
export class ExportUnreadable extends KeeplineError {
  constructor(number: number) {
    super('EXPORT_UNREADABLE', `event number ${number} cannot be read`, {
      hint: 'Look at its row in the event log; it was written by another version or changed by hand.',
      offending: number,
    });
  }
}

export class OutboxExpired extends KeeplineError {
  constructor(events: ReadonlyMap<string, number>) {
    const sum = [...events.values()].reduce((total, count) => total + count, 0);
    const types = [...events].map(([type, count]) => `${type} ${count}`).join(', ');
    super('OUTBOX_EXPIRED', `${sum} event(s) for the cloud were given up because the outbox is full: ${types}`, {
      hint: 'They stay in the event log of the site. Mend the link (docs/runbook/link-down.md) or raise cloud.outboxMaxEvents, outboxMaxBytes or outboxMaxAgeDays.',
      offending: sum,
    });
  }
}
