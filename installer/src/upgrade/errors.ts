/** What can go wrong with an upgrade or a rollback. Whatever it is, the message says which version runs now. */
import { KeeplineError, messageOf } from '@keepline/contracts/errors';

export class UpgradeRolledBack extends KeeplineError {
  constructor(from: string, to: string, cause: unknown) {
    super('UPGRADE_ROLLED_BACK', `version ${to} did not pass the health gate, version ${from} runs again: ${messageOf(cause)}`, {
      hint: 'Read why it did not start: journalctl -u keepline-gateway -n 100; docs/runbook/failed-upgrade.md.',
      offending: to,
      cause,
    });
  }
}

export class UpgradeStuck extends KeeplineError {
  constructor(from: string, to: string, cause: unknown) {
    super('UPGRADE_STUCK', `neither version ${to} nor version ${from} starts: ${messageOf(cause)}`, {
      hint: 'No calls are taken. Follow docs/runbook/failed-upgrade.md, from the top.',
      offending: from,
      cause,
    });
  }
}

export class UpgradeNotStopped extends KeeplineError {
  constructor(from: string, cause: unknown) {
    super('UPGRADE_NOT_STOPPED', `version ${from} did not stop and runs again, nothing was switched: ${messageOf(cause)}`, {
      hint: 'Look what holds it (systemctl status keepline-gateway; a drop-in that raises TimeoutStopSec), then give the same order again.',
      offending: from,
      cause,
    });
  }
}

export class UpgradeNotPossible extends KeeplineError {
  constructor(why: string) {
    super('UPGRADE_NOT_POSSIBLE', why, {
      hint: 'Nothing was changed. ./keepline upgrade --bundle FILE --pub KEY --dry-run says what is looked at; docs/upgrade.md.',
      offending: why,
    });
  }
}
