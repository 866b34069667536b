/** Faults after which the relay stops rather than duplicate or reorder, and the failed balance of the egress ledger. */
import { KeeplineError } from '@keepline/contracts/errors';
import type { Counts } from '../outbox/counts.ts';

export class StreamLastUnknown extends KeeplineError {
  constructor(eventId: string, streamSeq: number) {
    super(
      'STREAM_LAST_UNKNOWN',
      `the stream ends with message ${streamSeq} (event ${eventId || 'without id'}), which this outbox does not hold`,
      {
        hint: 'Another outbox has written to this stream, or outbox.db was lost. Nothing is sent until someone decides; docs/runbook/link-down.md says how.',
        offending: streamSeq,
      },
    );
  }
}

export class StreamWentBack extends KeeplineError {
  constructor(streamSeq: number, knownSeq: number) {
    super('STREAM_WENT_BACK', `the stream ends at ${streamSeq}, but ${knownSeq} was acknowledged before`, {
      hint: 'The cloud was restored from an older state. Nothing is sent until someone decides; docs/runbook/link-down.md says how.',
      offending: streamSeq,
    });
  }
}

export class LedgerUnbalanced extends KeeplineError {
  constructor(missing: number, counts: Counts) {
    super('EGRESS_LEDGER_UNBALANCED', `${missing} of ${counts.produced} events are neither delivered, expired, quarantined nor waiting`, {
      hint: 'Keep outbox.db and the logs as they are and report it: this must never happen.',
      offending: missing,
    });
  }
}

export class EventsExpired extends KeeplineError {
  constructor(events: number) {
    super('EVENTS_EXPIRED', `${events} event(s) were given up within the last minute because the outbox is full`, {
      hint: './keepline cloud egress shows them by day and type. Mend the link, or raise the bounds cloud.outboxMax….',
      offending: events,
    });
  }
}

export class EventQuarantined extends KeeplineError {
  /** @param more others of the same look, each in quarantine with its own reason */
  constructor(eventId: string, why: string, more: number) {
    super('EVENT_QUARANTINED', `event ${eventId} was stopped by the egress guard: ${why}${more > 0 ? ` (and ${more} more)` : ''}`, {
      hint: 'It stays on the site: ./keepline cloud quarantine list. Find out which field lets this through compliance/src/anonymise and mend the policy.',
      offending: eventId,
    });
  }
}
