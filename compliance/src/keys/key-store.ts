/**
 * The keys of a site as files (folder 0700, files 0600), each made at first start and never overwritten by a start: recording identity and
 * recipient (age X25519), pseudonym, identity and column key (32 bytes each), audit signing key (Ed25519, C2SP signed-note). Under a root
 * key (ADR 0015) the secret ones lie sealed.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@keepline/contracts/clock';
import { newNoteKey, type NoteSigner, signerFrom } from '../tlog/signed-note.ts';
import { SEAL_KEY_BYTES } from './aes-seal.ts';
import { newIdentity, recipientOf } from './age-header.ts';
import { IdentityAbsent, KeyFileInvalid, KeyStoreAbsent } from './errors.ts';
import { COLUMN_KEY_FILE, columnKeyFrom, type ColumnKeys, formerColumnKeys } from './column-key.ts';
import { createKeyFile, isMissing, type KeyFile, type KeyKind, readKeyFile, requirePrivate, type StoreKey } from './key-file.ts';
import { openStoreKey } from './root-key.ts';
import { readRoot, type RootKind } from './root-record.ts';
import { type RootSecrets, rootSecrets } from './root-secrets.ts';

export { type ColumnKey, columnKeyFrom, type ColumnKeys } from './column-key.ts';

export const PSEUDONYM_KEY_BYTES = 32;
export const IDENTITY_FILE = 'recording.identity';
/** The identity for a limited time, put together from its shares. */
export const UNLOCKED_FILE = 'recording.identity.unlocked';
const RECIPIENT_FILE = 'recording.recipient';
const PSEUDONYM_FILE = 'pseudonym.key';
const IDENTITY_KEY_FILE = 'identity.key';
export const IDENTITY_KEY_BYTES = 32;
const AUDIT_SIGNER_FILE = 'audit.signer';
const AUDIT_VERIFIER_FILE = 'audit.verifier';
/** Files that hold a secret, with the kind in each: what a root key seals. */
export const SECRET_FILES: Readonly<Record<string, KeyKind>> = {
  [IDENTITY_FILE]: 'recording-identity',
  [PSEUDONYM_FILE]: 'pseudonym',
  [IDENTITY_KEY_FILE]: 'identity',
  [COLUMN_KEY_FILE]: 'column',
  [AUDIT_SIGNER_FILE]: 'audit-signer',
};

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
  /** The keys of customer data in the database, as they are on the disk now. @throws KeyStoreAbsent on a site last started before it had one */
  columnKeys(): Promise<ColumnKeys>;
  auditSigner(): NoteSigner;
  /** What seals the secret files; `file`: nothing does. */
  readonly root: RootKind;
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
  /** Where the root key is taken from, if the store has one; from what this process was given by default. */
  readonly secrets?: RootSecrets;
}

/** Opens the folder, making what is missing. For the gateway. @throws KeyStoreLax, KeyFileInvalid, RootLocked */
export async function openKeyStore(dir: string, options: KeyStoreOptions): Promise<KeyStore> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return open(dir, options);
}

/** Opens the folder of a site that has been started before; makes nothing. For tools beside it. @throws KeyStoreAbsent, KeyStoreLax, KeyFileInvalid, RootLocked */
export async function readKeyStore(dir: string, secrets?: RootSecrets): Promise<KeyStore> {
  return open(dir, undefined, secrets);
}

/** Opens the root of a store. @returns undefined in file mode. @throws RootLocked, KeyFileInvalid, HsmFailed, HsmBindingAbsent */
export async function openRoot(dir: string, secrets: RootSecrets = rootSecrets()): Promise<{ kind: RootKind; storeKey: StoreKey }> {
  const record = await readRoot(dir);
  return record ? { kind: record.place.from, storeKey: await openStoreKey(record, secrets) } : { kind: 'file', storeKey: undefined };
}

async function open(dir: string, options: KeyStoreOptions | undefined, secrets = options?.secrets): Promise<KeyStore> {
  await requirePrivate(dir, 'folder').catch((thrown: unknown) => {
    throw isMissing(thrown) ? new KeyStoreAbsent(dir) : thrown;
  });
  const created: KeyKind[] = [];
  const { kind: root, storeKey } = await openRoot(dir, secrets);
  const read = (path: string, kind: KeyKind): Promise<KeyFile | undefined> => readKeyFile(path, kind, storeKey);
  const isSecret = (name: string): boolean => name in SECRET_FILES;

  /** Two processes may start at once: whoever comes second takes what the first one made. */
  const ensure = async (name: string, kind: KeyKind, make: () => string | Promise<string>): Promise<KeyFile> => {
    const path = join(dir, name);
    const found = await read(path, kind);
    if (found) return found;
    if (!options) throw new KeyStoreAbsent(path);
    const fresh = { kind, createdMs: options.clock.now(), key: await make() };
    if (await createKeyFile(path, fresh, isSecret(name) ? storeKey : undefined)) created.push(kind);
    const made = await read(path, kind);
    if (!made) throw new KeyFileInvalid(path, 'it vanished while it was made');
    return made;
  };

  const identityPath = join(dir, IDENTITY_FILE);
  // A store without an identity but with a recipient is one whose identity was moved away: it must not get a new pair.
  let recipient = await read(join(dir, RECIPIENT_FILE), 'recording-recipient');
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
    : await read(identityKeyPath, 'identity');
  const sealingBytes = sealing && Buffer.from(sealing.key, 'base64');
  if (sealingBytes && sealingBytes.length !== IDENTITY_KEY_BYTES) throw new KeyFileInvalid(identityKeyPath, 'it is not 32 bytes of base64');
  const columnPath = join(dir, COLUMN_KEY_FILE);
  const column = options
    ? await ensure(COLUMN_KEY_FILE, 'column', () => randomBytes(SEAL_KEY_BYTES).toString('base64'))
    : await read(columnPath, 'column');
  const signing = await ensure(AUDIT_SIGNER_FILE, 'audit-signer', () => newNoteKey(`keepline/${options?.site}/audit`));
  const signer = parsedSigner(join(dir, AUDIT_SIGNER_FILE), signing.key);
  const verifier = await ensure(AUDIT_VERIFIER_FILE, 'audit-verifier', () => signer.verifierKey);
  if (verifier.key !== signer.verifierKey) throw new KeyFileInvalid(join(dir, AUDIT_VERIFIER_FILE), 'it belongs to another signing key');

  const { key: recipientKey } = recipient;
  const now = (): number => (options?.clock ?? systemClock).now();
  const unlocked = async (): Promise<KeyFile | undefined> => {
    const file = await read(join(dir, UNLOCKED_FILE), 'recording-identity');
    return file && (file.untilMs ?? 0) > now() ? file : undefined;
  };
  return {
    recordingRecipient: () => recipientKey,
    async recordingIdentity() {
      const identity = (await read(identityPath, 'recording-identity')) ?? (await unlocked());
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
    async columnKeys() {
      const current = await read(columnPath, 'column');
      if (!current) throw new KeyStoreAbsent(columnPath);
      return { current: columnKeyFrom(columnPath, current.key), former: await formerColumnKeys(dir, storeKey) };
    },
    auditSigner: () => signer,
    root,
    inventory: [recipient, pseudonym, ...(sealing ? [sealing] : []), ...(column ? [column] : []), signing, verifier].map(
      ({ kind, createdMs }) => ({ kind, createdMs }),
    ),
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
