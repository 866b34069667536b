/**
 * Reads the keys of a store as they are on the disk now, making what is missing where the gateway starts; looks that they belong together, and mends
 * what a rotation of the audit key left when it was cut short.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type NoteSigner, type NoteVerifier, signerFrom, verifierFrom } from '../tlog/signed-note.ts';
import { SEAL_KEY_BYTES } from './aes-seal.ts';
import { newIdentity, recipientOf } from './age-header.ts';
import { keyRing } from './audit-handover.ts';
import { COLUMN_KEY_FILE } from './column-key.ts';
import { KeyFileInvalid } from './errors.ts';
import { readFormer } from './former-keys.ts';
import { type KeyFile, type KeyKind, readKeyFile, replaceKeyFile, type StoreKey, syncFolder } from './key-file.ts';
import {
  AUDIT_SIGNER_FILE,
  AUDIT_VERIFIER_FILE,
  HANDOVER_FILE,
  IDENTITY_FILE,
  IDENTITY_KEY_BYTES,
  IDENTITY_KEY_FILE,
  PSEUDONYM_FILE,
  PSEUDONYM_KEY_BYTES,
  RECIPIENT_FILE,
} from './key-names.ts';

export interface Loaded {
  readonly recipient: KeyFile;
  readonly pseudonym: { readonly bytes: Buffer };
  readonly identityKeys: readonly Buffer[];
  readonly signer: NoteSigner;
  readonly signerInode: bigint;
  readonly ring: string;
  readonly verifier: NoteVerifier;
  readonly inventory: readonly { readonly kind: KeyKind; readonly createdMs: number }[];
}
export interface Reading {
  readonly read: (path: string, kind: KeyKind) => Promise<KeyFile | undefined>;
  readonly ensure: (name: string, kind: KeyKind, make: () => string | Promise<string>) => Promise<KeyFile>;
  readonly storeKey: StoreKey;
  readonly newSigner: () => string;
  /** Whether this is the gateway, which makes what is missing. */
  readonly isRunning: boolean;
}

/** @throws KeyStoreAbsent from `ensure`, KeyStoreLax, KeyFileInvalid, RootLocked */
export async function loadKeys(dir: string, { read, ensure, storeKey, newSigner, isRunning }: Reading): Promise<Loaded> {
  // A store without an identity but with a recipient is one whose identity was moved away: it must not get a new pair.
  let recipient = await read(join(dir, RECIPIENT_FILE), 'recording-recipient');
  if (!recipient) {
    const identity = await ensure(IDENTITY_FILE, 'recording-identity', newIdentity);
    recipient = await ensure(RECIPIENT_FILE, 'recording-recipient', () => recipientOf(identity.key));
  }
  const pseudonym = await ensure(PSEUDONYM_FILE, 'pseudonym', () => randomBytes(PSEUDONYM_KEY_BYTES).toString('base64'));
  const pseudonymBytes = bytesOf(join(dir, PSEUDONYM_FILE), pseudonym, PSEUDONYM_KEY_BYTES);
  // a tool beside a site that has none yet must still be able to open the others
  const given = (name: string, kind: KeyKind): Promise<KeyFile | undefined> =>
    isRunning ? ensure(name, kind, () => randomBytes(SEAL_KEY_BYTES).toString('base64')) : read(join(dir, name), kind);
  const sealing = await given(IDENTITY_KEY_FILE, 'identity');
  const formerSealing = await readFormer(dir, IDENTITY_KEY_FILE, 'identity', storeKey);
  const column = await given(COLUMN_KEY_FILE, 'column');
  const signerPath = join(dir, AUDIT_SIGNER_FILE);
  const signing = await ensure(AUDIT_SIGNER_FILE, 'audit-signer', newSigner);
  const signerInode = await inodeOf(signerPath);
  const signer = parsedSigner(signerPath, signing.key);
  const ring = await loadRing(dir, signer.verifierKey);
  const verifierPath = join(dir, AUDIT_VERIFIER_FILE);
  let verifier = await ensure(AUDIT_VERIFIER_FILE, 'audit-verifier', () => ring);
  if (verifier.key !== ring) {
    // A rotation that was cut short left the ring of the former key, which is the end of the new one but for its bound.
    const [newest = ''] = verifier.key.split(' ', 1);
    if (!ring.includes(` ${newest}@`)) throw new KeyFileInvalid(verifierPath, 'it belongs to another signing key');
    verifier = { ...verifier, createdMs: signing.createdMs, key: ring };
    await replaceKeyFile(verifierPath, verifier);
  }
  const inventory = [recipient, pseudonym, ...(sealing ? [sealing] : []), ...(column ? [column] : []), signing, verifier];
  return {
    recipient,
    pseudonym: { bytes: pseudonymBytes },
    identityKeys: [...(sealing ? [sealing] : []), ...formerSealing].map((file) =>
      bytesOf(join(dir, IDENTITY_KEY_FILE), file, IDENTITY_KEY_BYTES),
    ),
    ...{ signer, signerInode, ring, verifier: verifierFrom(ring) },
    inventory: inventory.map(({ kind, createdMs }) => ({ kind, createdMs })),
  };
}

/** The recipient in use and those before it. */
export async function allRecipients(dir: string): Promise<string[]> {
  const current = await readKeyFile(join(dir, RECIPIENT_FILE), 'recording-recipient');
  const former = await readFormer(dir, RECIPIENT_FILE, 'recording-recipient', undefined);
  return [...(current ? [current] : []), ...former].map(({ key }) => key);
}

/** Notes by which one audit key handed over to the next; public. */
export async function readHandovers(dir: string): Promise<string[]> {
  const names = (await readdir(dir)).filter((name) => HANDOVER_FILE.test(name)).toSorted();
  return Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
}

/** @param current verifier key in use @throws HandoverInvalid */
export async function loadRing(dir: string, current: string): Promise<string> {
  return keyRing(current, await readHandovers(dir));
}

/** A small public text, whole or not at all. Durable on return. */
export async function writePublic(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** Changes whenever a file was put in its place by a rename. */
export async function inodeOf(path: string): Promise<bigint> {
  return (await stat(path, { bigint: true })).ino;
}

function bytesOf(path: string, { key }: KeyFile, length: number): Buffer {
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== length) throw new KeyFileInvalid(path, `it is not ${length} bytes of base64`);
  return bytes;
}

function parsedSigner(path: string, key: string): NoteSigner {
  try {
    return signerFrom(key);
  } catch (cause) {
    throw new KeyFileInvalid(path, 'it is not a signed-note key', cause);
  }
}
