/** The files of the key store, by name. Former keys lie beside them (former-keys.ts). */
import { COLUMN_KEY_FILE } from './column-key.ts';
import type { KeyKind } from './key-file.ts';

export const PSEUDONYM_KEY_BYTES = 32;
export const IDENTITY_FILE = 'recording.identity';
/** The identity for a limited time, put together from its shares. */
export const UNLOCKED_FILE = 'recording.identity.unlocked';
/** The identity under the key that was split. */
export const SPLIT_FILE = 'recording.identity.split';
export const RECIPIENT_FILE = 'recording.recipient';
export const PSEUDONYM_FILE = 'pseudonym.key';
export const IDENTITY_KEY_FILE = 'identity.key';
export const IDENTITY_KEY_BYTES = 32;
export const AUDIT_SIGNER_FILE = 'audit.signer';
export const AUDIT_VERIFIER_FILE = 'audit.verifier';
export const HANDOVER_FILE = /^audit\.handover\.[0-9a-f]{8}$/;
/** Files that hold a secret, with the kind in each: what a root key seals. */
export const SECRET_FILES: Readonly<Record<string, KeyKind>> = {
  [IDENTITY_FILE]: 'recording-identity',
  [PSEUDONYM_FILE]: 'pseudonym',
  [IDENTITY_KEY_FILE]: 'identity',
  [COLUMN_KEY_FILE]: 'column',
  [AUDIT_SIGNER_FILE]: 'audit-signer',
};
