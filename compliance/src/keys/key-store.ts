/**
 * The keys of a site as files (folder 0700, files 0600), each made at first start and never overwritten: recording identity and
 * recipient (age X25519), pseudonym key and identity key (32 bytes each), audit signing key (Ed25519, C2SP signed-note). An HSM would
 * stand behind `KeyStore`.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { newNoteKey, type NoteSigner, signerFrom } from '../tlog/signed-note.ts';
import { newIdentity, recipientOf } from './age-header.ts';
import { IdentityAbsent, KeyFileInvalid, KeyStoreAbsent } from './errors.ts';
import { createKeyFile, isMissing, type KeyFile, type KeyKind, readKeyFile, requirePrivate } from './key-file.ts';

export const PSEUDONYM_KEY_BYTES = 32;
const IDENTITY_FILE = 'recording.identity';
const RECIPIENT_FILE = 'recording.recipient';
const PSEUDONYM_FILE = 'pseudonym.key';
const IDENTITY_KEY_FILE = 'identity.key';
export const IDENTITY_KEY_BYTES = 32;
const AUDIT_SIGNER_FILE = 'audit.signer';
const AUDIT_VERIFIER_FILE = 'audit.verifier';

export interface KeyStore {
  /** What recordings are encrypted to, `age1…`. All the gateway ever needs to record. */
  recordingRecipient(): string;
  /**
   * What opens recordings, `AGE-SECRET-KEY-1…`. Read from disk on each call, never kept; may have been moved to another machine.
   * @throws IdentityAbsent, KeyStoreLax, KeyFileInvalid when it does not belong to the recipient
   */
  recordingIdentity(): Promise<string>;
  /** A copy of the 32-byte key of the pseudonyms. */
  pseudonymKey(): Buffer;
  /** A copy of the 32-byte key that seals secrets of accounts (TOTP). @throws KeyStoreAbsent on a site last started before it had one */
  identityKey(): Buffer;
  auditSigner(): NoteSigner;
  /** Kinds and creation times, for reports; never the keys. */
  readonly inventory: readonly { readonly kind: KeyKind; readonly createdMs: number }[];
  /** Kinds made by this opening: each is to be audited as `key.create`. */
  readonly created: readonly KeyKind[];
}

/** What a new store needs to be told. */
export interface KeyStoreOptions {
  /** Name of the site; becomes the name in the audit key, `keepline/<site>/audit`. */
  readonly site: string;
  readonly clock: { now(): number };
}

/** Opens the folder, making what is missing. For the gateway. @throws KeyStoreLax, KeyFileInvalid */
export async function openKeyStore(dir: string, options: KeyStoreOptions): Promise<KeyStore> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return open(dir, options);
}

/** Opens the folder of a site that has been started before; makes nothing. For tools beside it. @throws KeyStoreAbsent, KeyStoreLax, KeyFileInvalid */
export async function readKeyStore(dir: string): Promise<KeyStore> {
  return open(dir, undefined);
}

async function open(dir: string, options: KeyStoreOptions | undefined): Promise<KeyStore> {
  await requirePrivate(dir, 'folder').catch((thrown: unknown) => {
    throw isMissing(thrown) ? new KeyStoreAbsent(dir) : thrown;
  });
  const created: KeyKind[] = [];

  /** Two processes may start at once: whoever comes second takes what the first one made. */
  const ensure = async (name: string, kind: KeyKind, make: () => string | Promise<string>): Promise<KeyFile> => {
    const path = join(dir, name);
    const found = await readKeyFile(path, kind);
    if (found) return found;
    if (!options) throw new KeyStoreAbsent(path);
    if (await createKeyFile(path, { kind, createdMs: options.clock.now(), key: await make() })) created.push(kind);
    const made = await readKeyFile(path, kind);
    if (!made) throw new KeyFileInvalid(path, 'it vanished while it was made');
    return made;
  };

  const identityPath = join(dir, IDENTITY_FILE);
  // A store without an identity but with a recipient is one whose identity was moved away: it must not get a new pair.
  let recipient = await readKeyFile(join(dir, RECIPIENT_FILE), 'recording-recipient');
  if (!recipient) {
    const identity = await ensure(IDENTITY_FILE, 'recording-identity', newIdentity);
    recipient = await ensure(RECIPIENT_FILE, 'recording-recipient', () => recipientOf(identity.key));
  }
  const pseudonym = await ensure(PSEUDONYM_FILE, 'pseudonym', () => randomBytes(PSEUDONYM_KEY_BYTES).toString('base64'));
  const pseudonymBytes = Buffer.from(pseudonym.key, 'base64');
  if (pseudonymBytes.length !== PSEUDONYM_KEY_BYTES) throw new KeyFileInvalid(join(dir, PSEUDONYM_FILE), 'it is not 32 bytes of base64');
  // a tool beside a site that has none yet must still be able to open the others
  const identityKeyPath = join(dir, IDENTITY_KEY_FILE);
  const sealing = options
    ? await ensure(IDENTITY_KEY_FILE, 'identity', () => randomBytes(IDENTITY_KEY_BYTES).toString('base64'))
    : await readKeyFile(identityKeyPath, 'identity');
  const sealingBytes = sealing && Buffer.from(sealing.key, 'base64');
  if (sealingBytes && sealingBytes.length !== IDENTITY_KEY_BYTES) throw new KeyFileInvalid(identityKeyPath, 'it is not 32 bytes of base64');
  const signing = await ensure(AUDIT_SIGNER_FILE, 'audit-signer', () => newNoteKey(`keepline/${options?.site}/audit`));
  const signer = parsedSigner(join(dir, AUDIT_SIGNER_FILE), signing.key);
  const verifier = await ensure(AUDIT_VERIFIER_FILE, 'audit-verifier', () => signer.verifierKey);
  if (verifier.key !== signer.verifierKey) throw new KeyFileInvalid(join(dir, AUDIT_VERIFIER_FILE), 'it belongs to another signing key');

  const { key: recipientKey } = recipient;
  return {
    recordingRecipient: () => recipientKey,
    async recordingIdentity() {
      const identity = await readKeyFile(identityPath, 'recording-identity');
      if (!identity) throw new IdentityAbsent(identityPath);
      if ((await recipientOf(identity.key)) !== recipientKey)
        throw new KeyFileInvalid(identityPath, 'it does not belong to the recipient in use');
      return identity.key;
    },
    pseudonymKey: () => Buffer.from(pseudonymBytes),
    identityKey() {
      if (!sealingBytes) throw new KeyStoreAbsent(identityKeyPath);
      return Buffer.from(sealingBytes);
    },
    auditSigner: () => signer,
    inventory: [recipient, pseudonym, ...(sealing ? [sealing] : []), signing, verifier].map(({ kind, createdMs }) => ({ kind, createdMs })),
    created,
  };
}

function parsedSigner(path: string, key: string): NoteSigner {
  try {
    return signerFrom(key);
  } catch (cause) {
    throw new KeyFileInvalid(path, 'it is not a signed-note key', cause);
  }
}
