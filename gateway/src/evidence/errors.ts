/** Why a report asked for at the door is not there. */
import { KeeplineError } from '@keepline/contracts/errors';

export class ReportBusy extends KeeplineError {
  readonly retryAfterMs = 30_000;

  constructor() {
    super('REPORT_BUSY', 'another report is being made', { hint: 'One at a time; GET /api/reports shows it. Try again when it is done.' });
  }
}

/** Within the house: the run carries the code to whoever asked. */
export class ReportFailed extends KeeplineError {
  constructor(code: string) {
    super('REPORT_FAILED', `the report was not made: ${code}`, {
      hint: 'docs/errors.md explains the code; ./keepline report makes the same report at the console and says more.',
      offending: code,
    });
  }
}

export class ReportFileUnknown extends KeeplineError {
  constructor() {
    super('REPORT_FILE_UNKNOWN', 'there is no such report, or no such file in it', {
      hint: 'GET /api/reports lists what is kept: the newest 50; make it again for an older one.',
    });
  }
}
