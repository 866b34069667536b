/** What a proof, checkpoint or note that does not hold is answered with. */
import { KeeplineError } from '@keepline/contracts/errors';

export class ProofInvalid extends KeeplineError {
  constructor(why: string) {
    super('TLOG_PROOF_INVALID', `the proof does not hold: ${why}`, {
      hint: 'Take it as tampering until explained: keep both checkpoints and run the audit verifier.',
    });
  }
}

export class NoteInvalid extends KeeplineError {
  constructor(why: string) {
    super('TLOG_NOTE_INVALID', `the signed note does not hold: ${why}`, {
      hint: 'Check that the verifier key belongs to this log, and that the note was copied byte for byte.',
    });
  }
}
