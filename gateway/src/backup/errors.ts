/** What can go wrong with a backup, and what the operator does about it. A fault of a restore is found before the target is touched. */
import { KeeplineError, messageOf } from '@keepline/contracts/errors';

export class BackupInvalid extends KeeplineError {
  constructor(what: string, cause?: unknown) {
    super('BACKUP_INVALID', `the backup is not what its site signed: ${what}${cause === undefined ? '' : ` (${messageOf(cause)})`}`, {
      hint: 'Take another copy or an older backup (./keepline backup list); a changed one means somebody else can write to its place.',
      offending: what,
      cause,
    });
  }
}

export class BackupDamaged extends KeeplineError {
  constructor(object: string, what: string) {
    super('BACKUP_DAMAGED', `part ${object} of the backup is ${what}`, {
      hint: 'Fetch this part again from the other copy, or restore an older backup: ./keepline backup verify says which are whole.',
      offending: object,
    });
  }
}

export class BackupKeyWrong extends KeeplineError {
  constructor(recipient: string) {
    super('BACKUP_KEY_WRONG', `this identity does not open a backup that was made to ${recipient}`, {
      hint: 'Give the file whose public half is that recipient: age-keygen -y FILE shows it.',
      offending: recipient,
    });
  }
}

export class BackupAbsent extends KeeplineError {
  constructor(place: string) {
    super('BACKUP_ABSENT', `there is no such backup in ${place}`, {
      hint: 'Look what is there: ./keepline backup list --from DIR.',
      offending: place,
    });
  }
}

export class BackupUnconfigured extends KeeplineError {
  constructor(setting: string) {
    super('BACKUP_UNCONFIGURED', `${setting} is not set`, {
      hint: 'Set it in site.yaml, or name it: ./keepline backup run --to DIR --recipient age1…; docs/backup.md says how to make the key.',
      offending: setting,
    });
  }
}

export class BackupRunning extends KeeplineError {
  constructor(place: string) {
    super('BACKUP_RUNNING', `another backup is being written to ${place}`, {
      hint: 'Wait until it ends. Is no process there any more, the next run takes the lock over by itself.',
      offending: place,
    });
  }
}

export class BackupTooLarge extends KeeplineError {
  constructor(files: number, max: number) {
    super('BACKUP_TOO_LARGE', `the data folder has ${files} files, a backup holds at most ${max}`, {
      hint: 'Let recordings go whose time is over: ./keepline retention run.',
      offending: files,
    });
  }
}

export class RestoreTargetNotEmpty extends KeeplineError {
  constructor(path: string) {
    super('RESTORE_TARGET_NOT_EMPTY', `${path} is there and not empty`, {
      hint: 'A restore never writes over data: move that folder aside, or name another with --data.',
      offending: path,
    });
  }
}

export class OffsiteFailed extends KeeplineError {
  constructor(target: string, said: string) {
    super('BACKUP_OFFSITE_FAILED', `the copy to ${target} did not end well: ${said}`, {
      hint: 'The local backup is whole. Try by hand: sftp -b /dev/null with the key and known_hosts of backup.offsite; the next run sends what is missing.',
      offending: target,
    });
  }
}
