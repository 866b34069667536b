/** Why a proposal of the cloud is not applied. */
import { KeeplineError } from '@keepline/contracts/errors';

export class DownlinkUnknown extends KeeplineError {
  constructor(id: string) {
    super('DOWNLINK_UNKNOWN', `there is no proposal ${id}`, { hint: 'List what is there: ./keepline downlink list', offending: id });
  }
}

/** The gateway's own check failed: `cloud-sync` is not trusted to have made it. */
export class DownlinkNotTrusted extends KeeplineError {
  constructor(id: string, why: string) {
    super('DOWNLINK_NOT_TRUSTED', `the proposal ${id} does not pass the check of this site: ${why}`, {
      hint: 'Do not apply it by other means; docs/runbook/downlink.md says what each reason means.',
      offending: why,
    });
  }
}

export class DownlinkNotPermitted extends KeeplineError {
  constructor(id: string, faults: readonly string[]) {
    super('DOWNLINK_NOT_PERMITTED', `the proposal ${id} asks for what site.yaml does not permit: ${faults.join('; ')}`, {
      hint: 'Reject it, or add the agents and skills to site.yaml first if you want them.',
      offending: id,
    });
  }
}

export class DownlinkDecided extends KeeplineError {
  constructor(id: string, decision: string) {
    super('DOWNLINK_DECIDED', `the proposal ${id} was ${decision} before`, {
      hint: 'A decision stands. What is in force is taken back with ./keepline downlink rollback KIND.',
      offending: id,
    });
  }
}

export class DownlinkNothingApplied extends KeeplineError {
  constructor(kind: string) {
    super('DOWNLINK_NOTHING_APPLIED', `nothing of the kind ${kind} is in force`, {
      hint: 'See what is: ./keepline downlink list',
      offending: kind,
    });
  }
}
