/** Refusals of retention and of requests about personal information. */
import { KeeplineError } from '@keepline/contracts/errors';

export class HoldUnknown extends KeeplineError {
  constructor(id: string) {
    super('HOLD_UNKNOWN', `there is no legal hold ${id} in force`, {
      hint: './keepline retention hold list shows those in force.',
      offending: id,
    });
  }
}

export class CertificateAbsent extends KeeplineError {
  constructor(id: string) {
    super('CERTIFICATE_ABSENT', `the recording ${id} has no deletion certificate`, {
      hint: 'It was not deleted, or its deletion is not finished: ./keepline retention run finishes it.',
      offending: id,
    });
  }
}

export class RecordingHeld extends KeeplineError {
  constructor(id: string, hold: string) {
    super('RECORDING_HELD', `the recording ${id} is under the legal hold ${hold}`, {
      hint: 'A hold beats every deletion; it ends with ./keepline retention hold remove ID, decided by whoever placed it.',
      offending: id,
    });
  }
}
