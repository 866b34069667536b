/** Refusals of the outbox. */
import { KeeplineError, messageOf } from '@keepline/contracts/errors';

export class OutboxUnusable extends KeeplineError {
  constructor(path: string, cause: unknown) {
    super('OUTBOX_UNUSABLE', `cannot open the outbox ${path}: ${messageOf(cause)}`, {
      hint: 'Check that the folder exists, is writable for this user, and that the disk is not full: ./keepline doctor',
      offending: path,
      cause,
    });
  }
}

export class OutboxCursorWentBack extends KeeplineError {
  constructor(given: number, stored: number) {
    super('OUTBOX_CURSOR_WENT_BACK', `events up to number ${given} were appended, but the outbox already holds up to ${stored}`, {
      hint: 'The event log is older than the outbox (restored from a backup?). Restore both from the same backup; see docs/runbook/link-down.md.',
      offending: given,
    });
  }
}

export class EventTooLarge extends KeeplineError {
  constructor(id: string, bytes: number, limit: number) {
    super('EVENT_TOO_LARGE', `event ${id} takes ${bytes} bytes, at most ${limit} may leave the site`, {
      hint: 'Shorten the labels of flows, skills and queues; report the event type with its size if they are short already.',
      offending: bytes,
    });
  }
}

export class QuarantineAbsent extends KeeplineError {
  constructor(id: string) {
    super('QUARANTINE_ABSENT', `no event ${id} is in quarantine`, {
      hint: './keepline cloud quarantine list shows them; it may have been discarded, or given way to newer ones.',
      offending: id,
    });
  }
}

export class OutboxUnwritable extends KeeplineError {
  constructor(cause: unknown) {
    super('OUTBOX_UNWRITABLE', `outbox.db cannot be written: ${messageOf(cause)}`, {
      hint: 'Check free space, rights and health of its disk. Nothing is lost: events wait in the outbox and in the event log, and flow again by themselves.',
      cause,
    });
  }
}
