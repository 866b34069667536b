/** What a witness finds, and what keeps it from its work. */
import { KeeplineError, messageOf } from '@keepline/contracts/errors';

/** The log shows others another history than it showed a witness. */
export class AuditForked extends KeeplineError {
  constructor(witness: string, size: number, why: string) {
    super('AUDIT_FORKED', `${witness} does not vouch for the audit log of ${size} entries: ${why}`, {
      hint: 'The history was rewritten or cut back after it was witnessed. Change nothing and follow docs/runbook/fork-detected.md.',
      offending: witness,
    });
  }
}

export class WitnessUnreachable extends KeeplineError {
  constructor(witness: string, cause: unknown) {
    super('WITNESS_UNREACHABLE', `the witness ${witness} gave no cosignature: ${messageOf(cause)}`, {
      hint: 'The log goes on; look at the witness and the way to it. Until it signs, a rewritten history could go unnoticed.',
      offending: witness,
      cause,
    });
  }
}

export class WitnessQuorumMissing extends KeeplineError {
  constructor(size: number, got: number, wanted: number) {
    super('WITNESS_QUORUM_MISSING', `${got} of ${wanted} witnesses that are needed signed the audit log of ${size} entries`, {
      hint: 'See the faults of the single witnesses just before; audit.witnessQuorum sets how many are needed.',
      offending: size,
    });
  }
}

export class WitnessStateDamaged extends KeeplineError {
  constructor(path: string, cause: unknown) {
    super('WITNESS_STATE_DAMAGED', `the memory of the witness in ${path} does not hold: ${messageOf(cause)}`, {
      hint: 'Restore the file from a backup of the witness. Removing it makes the witness trust whatever history it is shown next.',
      offending: path,
      cause,
    });
  }
}
