/**
 * Refusals of the anonymiser. None of them carries the value it refused, nor a name that did not come from the contract: the log that
 * prints them is not a place for personal data either.
 */
import { KeeplineError } from '@keepline/contracts/errors';

export class AnonymiseTypeUnknown extends KeeplineError {
  constructor() {
    super('ANONYMISE_TYPE_UNKNOWN', 'an event of a type without a policy was kept on the site', {
      hint: 'Give the type its row in compliance/src/anonymise/policy.ts and in the policy of the site; the event log has the event under its number.',
    });
  }
}

export class AnonymiseFieldUnknown extends KeeplineError {
  constructor(type: string) {
    super('ANONYMISE_FIELD_UNKNOWN', `an event ${type} with a field outside the policy was kept on the site`, {
      hint: 'Give the field its rule in compliance/src/anonymise/policy.ts and in the policy of the site; the event log has the event under its number.',
      offending: type,
    });
  }
}

export class AnonymiseValueRefused extends KeeplineError {
  constructor(type: string, field: string) {
    super('ANONYMISE_VALUE_REFUSED', `${type} was kept on the site: its field ${field} is missing or not of the shape its rule lets pass`, {
      hint: 'Look the event up in the event log by its number; mend what wrote the value, or the rule in compliance/src/anonymise/policy.ts.',
      offending: `${type}.${field}`,
    });
  }
}

export class AnonymiseKeyUnfit extends KeeplineError {
  constructor(bytes: number, wanted: number) {
    super('ANONYMISE_KEY_UNFIT', `the pseudonym key has ${bytes} bytes, at least ${wanted} are needed`, {
      hint: 'Let the key store make the key; do not derive it from a password or the name of the site.',
      offending: bytes,
    });
  }
}

export class AnonymiseLineInvalid extends KeeplineError {
  constructor(line: number) {
    super('ANONYMISE_LINE_INVALID', `line ${line} is not a JSON object with id (text or number) and text`, {
      hint: 'Write one object such as {"id":"1","text":"..."} per line, in UTF-8. The line was left out; the others go on.',
      offending: line,
    });
  }
}

export class AnonymiseLineTooLong extends KeeplineError {
  constructor(line: number, limitBytes: number) {
    super('ANONYMISE_LINE_TOO_LONG', `line ${line} is longer than ${limitBytes} bytes`, {
      hint: 'Split the text at a turn of the conversation. The line was left out; the others go on.',
      offending: line,
    });
  }
}

export class PolicyInvalid extends KeeplineError {
  constructor(faults: readonly string[]) {
    super('POLICY_INVALID', `this is no policy: ${faults.join('; ')}`, {
      hint: 'Begin with ./keepline anonymise policy show --json and change what each field `leaves`.',
      offending: faults.length,
    });
  }
}

export class PolicyUnlawful extends KeeplineError {
  constructor(faults: readonly string[]) {
    super('POLICY_UNLAWFUL', `the policy lets leave what its class forbids, or names what does not exist:\n  ${faults.join('\n  ')}`, {
      hint: 'C3 never leaves and C2 never as itself; ./keepline anonymise policy show names the class of each field.',
      offending: faults.length,
    });
  }
}

export class PolicyUnreadable extends KeeplineError {
  constructor(path: string, cause: unknown) {
    super('POLICY_UNREADABLE', `the policy ${path} cannot be read, or is not what was installed`, {
      hint: 'Restore the file from a backup, or install a policy of a higher version: ./keepline anonymise policy use FILE.',
      offending: path,
      cause,
    });
  }
}

export class PolicyVersionStale extends KeeplineError {
  constructor(version: number, inForce: number) {
    super('POLICY_VERSION_STALE', `the policy has version ${version}, and version ${inForce} is in force`, {
      hint: 'Give it a higher version, also when it goes back to what was before.',
      offending: version,
    });
  }
}
