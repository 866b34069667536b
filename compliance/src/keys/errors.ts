/** Refusals of the key store and of age files. None of them ever carries key material. */
import { KeeplineError } from '@keepline/contracts/errors';

/** The bytes are not what was sealed: cut short, changed, or not a payload of this header. */
export class AgeDamaged extends KeeplineError {
  constructor(what: string, chunk?: number) {
    super('AGE_DAMAGED', `the encrypted file is damaged: ${what}`, {
      hint: 'Compare its SHA-256 with the ledger (./keepline recordings list --json) and restore it from a backup.',
      ...(chunk === undefined ? {} : { offending: chunk }),
    });
  }
}

/** Not an age v1 header, or one that has been changed. */
export class AgeHeaderInvalid extends KeeplineError {
  constructor(why: string, cause?: unknown) {
    super('AGE_HEADER_INVALID', `not an age v1 file: ${why}`, { hint: 'Check that the file is a recording and is whole.', cause });
  }
}

/** The file was encrypted to somebody else. */
export class AgeNoMatch extends KeeplineError {
  constructor(cause?: unknown) {
    super('AGE_NO_MATCH', 'this identity does not open the file', {
      hint: 'Give the identity whose recipient was in use when the call was recorded: --identity FILE.',
      cause,
    });
  }
}

export class AgeKeyInvalid extends KeeplineError {
  constructor(what: 'recipient' | 'identity', cause?: unknown) {
    super('AGE_KEY_INVALID', `the ${what} is not an age X25519 ${what}`, {
      hint: 'A recipient starts with age1, an identity with AGE-SECRET-KEY-1; check the file it was read from.',
      cause,
    });
  }
}

export class KeyStoreLax extends KeeplineError {
  constructor(path: string, found: string, wanted: string, fix: string) {
    super('KEY_STORE_LAX', `${path} must be ${wanted}, found ${found}`, { hint: fix, offending: path });
  }
}

export class KeyStoreAbsent extends KeeplineError {
  constructor(path: string) {
    super('KEY_STORE_ABSENT', `there is no ${path}`, {
      hint: 'Name the data folder of a site that has been started: --data DIR; the first ./keepline up makes the keys.',
      offending: path,
    });
  }
}

export class KeyFileInvalid extends KeeplineError {
  constructor(path: string, why: string, cause?: unknown) {
    super('KEY_FILE_INVALID', `${path} is not a key file: ${why}`, {
      hint: 'Restore the file from the backup of the key store; it is never made anew while it exists.',
      offending: path,
      cause,
    });
  }
}

/** Wanted on machines that only record: the identity is kept elsewhere. */
export class IdentityAbsent extends KeeplineError {
  constructor(path: string) {
    super('KEY_IDENTITY_ABSENT', `there is no recording identity at ${path}`, {
      hint: 'Bring the identity file from where it is kept and name it: --identity FILE.',
      offending: path,
    });
  }
}

/** The keys lie sealed and the root key that opens them was not given, or another one. */
export class RootLocked extends KeeplineError {
  constructor(why: string, cause?: unknown) {
    super('KEY_ROOT_LOCKED', `the key store cannot be opened: ${why}`, {
      hint: 'Give the root key: KEEPLINE_PASSPHRASE_FILE, LoadCredentialEncrypted= of the unit, or the token and KEEPLINE_PKCS11_PIN_FILE; see docs/runbook/key-lost.md.',
      cause,
    });
  }
}

export class RootUnfit extends KeeplineError {
  constructor(why: string) {
    super('KEY_ROOT_UNFIT', `this root key cannot be used: ${why}`, {
      hint: 'Take a longer one; the limits stand in docs/keys.md.',
    });
  }
}

export class RootExists extends KeeplineError {
  constructor(from: string) {
    super('KEY_ROOT_EXISTS', `the key store already has a root key (${from})`, {
      hint: 'Change it with ./keepline keys rewrap --root …; what it is now shows ./keepline keys status.',
      offending: from,
    });
  }
}

/** Without a root key there is no store key that could be rotated. */
export class RootAbsent extends KeeplineError {
  constructor(dir: string) {
    super('KEY_ROOT_ABSENT', `the key store in ${dir} has no root key: its files lie in clear`, {
      hint: 'Give it one: ./keepline keys init --root …',
      offending: dir,
    });
  }
}

export class HsmBindingAbsent extends KeeplineError {
  constructor(folder: string) {
    super('KEY_HSM_BINDING_ABSENT', `the PKCS#11 binding is not there: ${folder}`, {
      hint: 'Start through ./keepline, which compiles it once, or set KEEPLINE_PKCS11JS to a compiled pkcs11js.',
      offending: folder,
    });
  }
}

export class HsmFailed extends KeeplineError {
  constructor(why: string, cause?: unknown) {
    super('KEY_HSM_FAILED', `the PKCS#11 token refused: ${why}`, {
      hint: 'Check library, token label, key label and PIN with the tool of the vendor, such as pkcs11-tool --list-objects; a wrong PIN given again and again locks the token.',
      cause,
    });
  }
}

export class ShareInvalid extends KeeplineError {
  constructor(why: string) {
    super('KEY_SHARE_INVALID', `the shares of the recording identity: ${why}`, {
      hint: 'Type each share as it was printed, KLS1-…; all of one ceremony. docs/key-ceremony.md.',
    });
  }
}

export class FormerKeysLimit extends KeeplineError {
  constructor(name: string, most: number) {
    super('KEY_FORMER_LIMIT', `${most} former keys of ${name} are kept already`, {
      hint: 'Put the oldest aside, with what only they open, and remove them from the key store; docs/keys.md.',
      offending: name,
    });
  }
}

export class HandoverInvalid extends KeeplineError {
  constructor(why: string) {
    super('KEY_HANDOVER_INVALID', `the handover of the audit key does not hold: ${why}`, {
      hint: 'Take audit.handover.* from the key store of the site again, and the key that you were given before the rotation.',
    });
  }
}

export class Sm4Unavailable extends KeeplineError {
  constructor(openssl: string) {
    super('SM4_UNAVAILABLE', `this Node has no SM4-CTR or no SM3 (OpenSSL ${openssl})`, {
      hint: 'Take the Node that ./keepline brings along, or seal the file with age.',
      offending: openssl,
    });
  }
}

export class Sm4FileInvalid extends KeeplineError {
  constructor(why: string) {
    super('SM4_FILE_INVALID', `the file cannot be opened: ${why}`, {
      hint: 'Take the file and the key again from whoever sealed it; nothing of it was written.',
    });
  }
}
