/**
 * A new key in the place of one in use. The former one is kept under its id first, so that at no moment something lies under a key that is on no
 * disk. Killed in between, each is run again: what a first run left is taken up or stands unused. Who waits, seals anew and destroys is the caller.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { newNoteKey, signerFrom } from '../tlog/signed-note.ts';
import { SEAL_KEY_BYTES } from './aes-seal.ts';
import { newIdentity, recipientOf } from './age-header.ts';
import { signHandover } from './audit-handover.ts';
import { COLUMN_KEY_FILE, columnKeyFrom } from './column-key.ts';
import { FormerKeysLimit, KeyStoreAbsent } from './errors.ts';
import { FORMER_MAX, formerKeyFile, keepFormer, keyId } from './former-keys.ts';
import {
  createKeyFile,
  destroyKeyFile,
  type KeyFile,
  type KeyKind,
  readKeyFile,
  replaceKeyFile,
  type StoreKey,
  syncFolder,
} from './key-file.ts';
import {
  AUDIT_SIGNER_FILE,
  AUDIT_VERIFIER_FILE,
  IDENTITY_FILE,
  IDENTITY_KEY_FILE,
  PSEUDONYM_FILE,
  RECIPIENT_FILE,
  SPLIT_FILE,
} from './key-names.ts';
import { loadRing, readHandovers, writePublic } from './load-keys.ts';
import type { RootSecrets } from './root-secrets.ts';
import { openRoot } from './store-key.ts';

/** The symmetric keys: 32 random bytes each. */
export type SymmetricKey = 'column' | 'accounts' | 'pseudonyms';
const SYMMETRIC: Readonly<Record<SymmetricKey, readonly [file: string, kind: KeyKind]>> = {
  column: [COLUMN_KEY_FILE, 'column'],
  accounts: [IDENTITY_KEY_FILE, 'identity'],
  pseudonyms: [PSEUDONYM_FILE, 'pseudonym'],
};
const idOf = (which: SymmetricKey, path: string, key: string): string => (which === 'column' ? columnKeyFrom(path, key).id : keyId(key));

/** @returns the id of the key that is former now. @throws KeyStoreAbsent, RootLocked, FormerKeysLimit */
export async function rotateSymmetric(dir: string, which: SymmetricKey, nowMs: number, secrets?: RootSecrets): Promise<string> {
  const [name, kind] = SYMMETRIC[which];
  const { storeKey } = await openRoot(dir, secrets);
  const before = await present(dir, name, kind, storeKey);
  const id = idOf(which, join(dir, name), before.key);
  await keepFormer(dir, name, before, storeKey, id);
  await replaceKeyFile(join(dir, name), { kind, createdMs: nowMs, key: randomBytes(SEAL_KEY_BYTES).toString('base64') }, storeKey);
  return id;
}

/** Destroys a former key. The caller owes that nothing needs it. */
export function retireSymmetric(dir: string, which: SymmetricKey, id: string): Promise<void> {
  return destroyKeyFile(join(dir, formerKeyFile(SYMMETRIC[which][0], id)));
}

/**
 * A new pair for recordings. The identity before goes on opening what was recorded under it, be it here, away, or split: its shares stay good.
 * @returns the new recipient. @throws KeyStoreAbsent, RootLocked, FormerKeysLimit
 */
export async function rotateRecording(dir: string, nowMs: number, secrets?: RootSecrets): Promise<string> {
  const { storeKey } = await openRoot(dir, secrets);
  const before = await present(dir, RECIPIENT_FILE, 'recording-recipient', undefined);
  await keepFormer(dir, RECIPIENT_FILE, before, undefined);
  const held = await readKeyFile(join(dir, IDENTITY_FILE), 'recording-identity', storeKey);
  if (held) await keepFormer(dir, IDENTITY_FILE, held, storeKey, keyId(await recipientOf(held.key)));
  const identity = { kind: 'recording-identity', createdMs: nowMs, key: await newIdentity() } as const;
  const recipient = await recipientOf(identity.key);
  // Under its id before anything is encrypted to it; it moves to its own name when the recipient is in place.
  const waiting = join(dir, formerKeyFile(IDENTITY_FILE, keyId(recipient)));
  await createKeyFile(waiting, identity, storeKey);
  await replaceKeyFile(join(dir, RECIPIENT_FILE), { kind: 'recording-recipient', createdMs: nowMs, key: recipient });
  await replaceKeyFile(join(dir, IDENTITY_FILE), identity, storeKey);
  await destroyKeyFile(waiting);
  const split = join(dir, SPLIT_FILE);
  if (existsSync(split)) {
    await rename(split, join(dir, formerKeyFile(SPLIT_FILE, keyId(before.key))));
    await syncFolder(dir);
  }
  return recipient;
}

/**
 * A new signing key, certified by the one before, which is destroyed. To be called while nobody signs (`AuditLog.handOver`).
 * @param entries what the former key has signed at most @returns the ring of verifier keys from now on
 */
export async function rotateAuditSigner(dir: string, entries: number, nowMs: number, secrets?: RootSecrets): Promise<string> {
  const { storeKey } = await openRoot(dir, secrets);
  const before = signerFrom((await present(dir, AUDIT_SIGNER_FILE, 'audit-signer', storeKey)).key);
  if ((await readHandovers(dir)).length >= FORMER_MAX) throw new FormerKeysLimit(AUDIT_SIGNER_FILE, FORMER_MAX);
  const key = newNoteKey(before.name);
  const next = signerFrom(key);
  const [, id = ''] = next.verifierKey.split('+');
  await writePublic(join(dir, `audit.handover.${id}`), signHandover(before, next, entries, nowMs));
  await replaceKeyFile(join(dir, AUDIT_SIGNER_FILE), { kind: 'audit-signer', createdMs: nowMs, key }, storeKey);
  const ring = await loadRing(dir, next.verifierKey);
  await replaceKeyFile(join(dir, AUDIT_VERIFIER_FILE), { kind: 'audit-verifier', createdMs: nowMs, key: ring });
  return ring;
}

async function present(dir: string, name: string, kind: KeyKind, storeKey: StoreKey): Promise<KeyFile> {
  const path = join(dir, name);
  const file = await readKeyFile(path, kind, storeKey);
  if (!file) throw new KeyStoreAbsent(path);
  return file;
}
