/**
 * The keys of a site as files (folder 0700, files 0600), each made at first start and never overwritten by a start: recording identity and
 * recipient (age X25519), pseudonym, identity and column key (32 bytes each), audit signing key (Ed25519, C2SP signed-note). Under a root
 * key (ADR 0015) the secret ones lie sealed.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@keepline/contracts/clock';
import { newNoteKey, type NoteSigner, type NoteVerifier } from '../tlog/signed-note.ts';
import { recipientOf } from './age-header.ts';
import { COLUMN_KEY_FILE, columnKeyFrom, type ColumnKeys, formerColumnKeys } from './column-key.ts';
import { IdentityAbsent, KeyFileInvalid, KeyStoreAbsent } from './errors.ts';
import { formerNames, readFormer } from './former-keys.ts';
import { createKeyFile, isMissing, type KeyFile, type KeyKind, readKeyFile, requirePrivate } from './key-file.ts';
import { AUDIT_SIGNER_FILE, IDENTITY_FILE, IDENTITY_KEY_FILE, PSEUDONYM_FILE, SECRET_FILES, UNLOCKED_FILE } from './key-names.ts';
import { allRecipients, inodeOf, type Loaded, loadKeys, readHandovers } from './load-keys.ts';
import type { RootKind } from './root-record.ts';
import type { RootSecrets } from './root-secrets.ts';
import { openRoot } from './store-key.ts';

export { type ColumnKey, columnKeyFrom, type ColumnKeys } from './column-key.ts';

export interface KeyStore {
  /** What recordings are encrypted to, `age1…`. All the gateway ever needs to record. */
  recordingRecipient(): string;
  /**
   * What opens recordings, `AGE-SECRET-KEY-1…`, one a line: the one in use and those before it. Read from disk on each call, never kept; may have
   * been moved to another machine.
   * @throws IdentityAbsent, KeyStoreLax, KeyFileInvalid when one does not belong to a recipient of this store
   */
  recordingIdentity(): Promise<string>;
  /** A copy of the 32-byte key of the pseudonyms. */
  pseudonymKey(): Buffer;
  /** The one in use and those before it, under which the audit log and the cloud know what is older. @throws KeyStoreLax, KeyFileInvalid */
  pseudonymKeys(): Promise<Buffer[]>;
  /** A copy of the 32-byte key that seals secrets of accounts (TOTP). @throws KeyStoreAbsent on a site last started before it had one */
  identityKey(): Buffer;
  /** The one in use, and the one before it while a rotation runs. @throws KeyStoreAbsent */
  identityKeys(): readonly Buffer[];
  /** Ids of those before it that are kept. */
  formerIdentityKeys(): Promise<string[]>;
  /** The keys of customer data in the database, as they are on the disk now. @throws KeyStoreAbsent on a site last started before it had one */
  columnKeys(): Promise<ColumnKeys>;
  /** Always the key in use, also in hands that keep it. Its verifier key is a ring: the key in use and, after rotations, those before it. */
  auditSigner(): NoteSigner;
  /** Of the same ring, always as it is now. */
  auditVerifier(): NoteVerifier;
  /** The notes by which one audit key handed over to the next; public, for witnesses. */
  auditHandovers(): Promise<string[]>;
  /** Takes up what was rotated since. @throws KeyStoreLax, KeyFileInvalid; the keys before stay in use */
  refresh(): Promise<void>;
  /** Only the audit key, when its file is another one; made to be asked often. @throws as `refresh` */
  refreshSigner(): Promise<void>;
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

async function open(dir: string, options: KeyStoreOptions | undefined, secrets = options?.secrets): Promise<KeyStore> {
  await requirePrivate(dir, 'folder').catch((thrown: unknown) => {
    throw isMissing(thrown) ? new KeyStoreAbsent(dir) : thrown;
  });
  const created: KeyKind[] = [];
  let making = options !== undefined;
  const newSigner = (): string => newNoteKey(`keepline/${options?.site}/audit`);
  const { kind: root, storeKey } = await openRoot(dir, secrets);
  const read = (path: string, kind: KeyKind): Promise<KeyFile | undefined> => readKeyFile(path, kind, storeKey);
  const isSecret = (name: string): boolean => name in SECRET_FILES;

  /** Two processes may start at once: whoever comes second takes what the first one made. */
  const ensure = async (name: string, kind: KeyKind, make: () => string | Promise<string>): Promise<KeyFile> => {
    const path = join(dir, name);
    const found = await read(path, kind);
    if (found) return found;
    if (!options || !making) throw new KeyStoreAbsent(path);
    const fresh = { kind, createdMs: options.clock.now(), key: await make() };
    if (await createKeyFile(path, fresh, isSecret(name) ? storeKey : undefined)) created.push(kind);
    const made = await read(path, kind);
    if (!made) throw new KeyFileInvalid(path, 'it vanished while it was made');
    return made;
  };

  const load = (): Promise<Loaded> => loadKeys(dir, { read, ensure, storeKey, newSigner, isRunning: making });
  let keys = await load();
  const refresh = async (): Promise<void> => {
    making = false; // a key that vanishes under a running site is a fault, not a reason to make another
    keys = await load();
  };
  const now = (): number => (options?.clock ?? systemClock).now();
  const unlocked = async (): Promise<KeyFile | undefined> => {
    const file = await read(join(dir, UNLOCKED_FILE), 'recording-identity');
    return file && (file.untilMs ?? 0) > now() ? file : undefined;
  };
  const identityPath = join(dir, IDENTITY_FILE);
  const columnPath = join(dir, COLUMN_KEY_FILE);
  const signer: NoteSigner = {
    get name() {
      return keys.signer.name;
    },
    get verifierKey() {
      return keys.ring;
    },
    sign: (text) => keys.signer.sign(text),
  };
  const verifier: NoteVerifier = {
    get name() {
      return keys.verifier.name;
    },
    get id() {
      return keys.verifier.id;
    },
    get former() {
      return keys.verifier.former ?? [];
    },
    verify: (text, signature) => keys.verifier.verify(text, signature),
  };
  return {
    recordingRecipient: () => keys.recipient.key,
    async recordingIdentity() {
      const current = await read(identityPath, 'recording-identity');
      const found = [current, ...(await readFormer(dir, IDENTITY_FILE, 'recording-identity', storeKey)), await unlocked()];
      const identities = [...new Set(found.flatMap((file) => file?.key.split(' ') ?? []))];
      if (identities.length === 0) throw new IdentityAbsent(identityPath);
      const recipients = await allRecipients(dir);
      for (const identity of identities)
        if (!recipients.includes(await recipientOf(identity)))
          throw new KeyFileInvalid(identityPath, 'it does not belong to the recipient in use');
      return identities.join('\n');
    },
    pseudonymKey: () => Buffer.from(keys.pseudonym.bytes),
    async pseudonymKeys() {
      const former = await readFormer(dir, PSEUDONYM_FILE, 'pseudonym', storeKey);
      return [Buffer.from(keys.pseudonym.bytes), ...former.map(({ key }) => Buffer.from(key, 'base64'))];
    },
    identityKey() {
      const [current] = keys.identityKeys;
      if (!current) throw new KeyStoreAbsent(join(dir, IDENTITY_KEY_FILE));
      return Buffer.from(current);
    },
    identityKeys() {
      if (keys.identityKeys.length === 0) throw new KeyStoreAbsent(join(dir, IDENTITY_KEY_FILE));
      return keys.identityKeys;
    },
    formerIdentityKeys: async () => (await formerNames(dir, IDENTITY_KEY_FILE)).map((name) => name.slice(IDENTITY_KEY_FILE.length + 1)),
    async columnKeys() {
      const current = await read(columnPath, 'column');
      if (!current) throw new KeyStoreAbsent(columnPath);
      return { current: columnKeyFrom(columnPath, current.key), former: await formerColumnKeys(dir, storeKey) };
    },
    auditSigner: () => signer,
    auditVerifier: () => verifier,
    auditHandovers: () => readHandovers(dir),
    refresh,
    async refreshSigner() {
      if ((await inodeOf(join(dir, AUDIT_SIGNER_FILE))) !== keys.signerInode) await refresh();
    },
    root,
    get inventory() {
      return keys.inventory;
    },
    created,
  };
}
