/**
 * Sealing and opening the store key by a root key: a passphrase through argon2id (RFC 9106), a systemd credential through HKDF, or a key
 * inside a PKCS#11 token. The root itself is never stored by us.
 */
import { argon2, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { openBytes, SEAL_KEY_BYTES, sealBytes } from './aes-seal.ts';
import { RootLocked, RootUnfit } from './errors.ts';
import { ensureTokenKey, openInToken, sealInToken } from './pkcs11-token.ts';
import { type Argon2Cost, placeText, type RootPlace, type RootRecord } from './root-record.ts';
import type { RootSecrets } from './root-secrets.ts';

export const PASSPHRASE_MIN_CHARACTERS = 16;
const CREDENTIAL_MIN_BYTES = 32;
const SALT_BYTES = 16;
/** RFC 9106 §4, second recommended choice. */
const COST: Argon2Cost = { memoryKiB: 65_536, passes: 3, lanes: 4 };
/** A changed record must not make a start eat the memory of the machine. */
const COST_MAX: Argon2Cost = { memoryKiB: 1_048_576, passes: 16, lanes: 16 };

/** What an operator chooses with `keys init --root …`. */
export type RootChoice =
  | { readonly from: 'passphrase' }
  | { readonly from: 'credential'; readonly name: string }
  | { readonly from: 'pkcs11'; readonly module: string; readonly token: string; readonly label: string };

/**
 * A new record that gives `storeKey` to the root chosen. Opens what it sealed before it returns: a root that cannot be opened again would
 * take every key with it. @throws RootUnfit, RootLocked, HsmFailed, HsmBindingAbsent
 */
export async function sealStoreKey(storeKey: Buffer, choice: RootChoice, secrets: RootSecrets, nowMs: number): Promise<RootRecord> {
  const salt = randomBytes(SALT_BYTES).toString('base64');
  const place: RootPlace =
    choice.from === 'passphrase' ? { ...choice, salt, ...COST } : choice.from === 'credential' ? { ...choice, salt } : choice;
  const head = { v: 1, id: randomUUID(), createdMs: nowMs, place } as const;
  const bound = placeText(head);
  let sealed: Buffer;
  if (place.from === 'pkcs11') {
    const pin = await secrets.pin();
    ensureTokenKey(place, pin, secrets.pkcs11Folder);
    sealed = sealInToken(place, pin, secrets.pkcs11Folder, storeKey, bound);
  } else {
    sealed = sealBytes(await rootKey(place, secrets, true), storeKey, bound);
  }
  const record: RootRecord = { ...head, storeKey: sealed.toString('base64') };
  if (!(await openStoreKey(record, secrets)).equals(storeKey)) throw new RootLocked('what was sealed does not open');
  return record;
}

/** @throws RootLocked when the secret is missing or another one; HsmFailed, HsmBindingAbsent */
export async function openStoreKey(record: RootRecord, secrets: RootSecrets): Promise<Buffer> {
  const sealed = Buffer.from(record.storeKey, 'base64');
  const bound = placeText(record);
  const { place } = record;
  const opened =
    place.from === 'pkcs11'
      ? openInToken(place, await secrets.pin(), secrets.pkcs11Folder, sealed, bound)
      : openBytes(await rootKey(place, secrets, false), sealed, bound);
  if (opened?.length !== SEAL_KEY_BYTES) throw new RootLocked(`the ${place.from} given does not open it`);
  return opened;
}

async function rootKey(place: Exclude<RootPlace, { from: 'pkcs11' }>, secrets: RootSecrets, isNew: boolean): Promise<Buffer> {
  const salt = Buffer.from(place.salt, 'base64');
  if (place.from === 'credential') {
    const secret = await secrets.credential(place.name);
    if (secret.length < CREDENTIAL_MIN_BYTES)
      throw new RootUnfit(`the credential has ${secret.length} bytes, ${CREDENTIAL_MIN_BYTES} are needed`);
    return Buffer.from(hkdfSync('sha256', secret, salt, 'keepline root v1', SEAL_KEY_BYTES));
  }
  const passphrase = (await secrets.passphrase()).normalize('NFKC');
  if (isNew && passphrase.length < PASSPHRASE_MIN_CHARACTERS)
    throw new RootUnfit(`the passphrase has less than ${PASSPHRASE_MIN_CHARACTERS} characters`);
  const { memoryKiB: memory, passes, lanes: parallelism } = place;
  if (memory > COST_MAX.memoryKiB || passes > COST_MAX.passes || parallelism > COST_MAX.lanes)
    throw new RootUnfit('root.json asks for too much memory');
  return new Promise((resolve, reject) => {
    const wanted = { message: Buffer.from(passphrase), nonce: salt, tagLength: SEAL_KEY_BYTES, memory, passes, parallelism };
    argon2('argon2id', wanted, (fault, key) => (fault ? reject(fault) : resolve(key)));
  });
}
