/**
 * Keys that were in use before and are still needed: beside the file of the one in use, as `<name>.<id>` with eight hex digits of a hash. They are
 * sealed, escrowed and counted like it. Bounded: a site that rotates monthly keeps two and a half years of recordings' keys.
 */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FormerKeysLimit } from './errors.ts';
import { createKeyFile, type KeyFile, type KeyKind, readKeyFile, type StoreKey } from './key-file.ts';

/** Former keys of one kind; the next rotation is refused, since one of them would have to go and nobody said that it may. */
export const FORMER_MAX = 32;
const ID = /^[0-9a-f]{8}$/;

/** Eight hex digits that name a key without giving it away: four bytes of a hash over 256 random bits. */
export const keyId = (key: string): string => createHash('sha256').update('keepline key id\n').update(key).digest('hex').slice(0, 8);

export const formerKeyFile = (name: string, id: string): string => `${name}.${id}`;

/** Names of the former keys of a file, such as `pseudonym.key.0123abcd`. */
export async function formerNames(dir: string, name: string): Promise<string[]> {
  return (await readdir(dir)).filter((found) => found.startsWith(`${name}.`) && ID.test(found.slice(name.length + 1))).toSorted();
}

/** Newest first. @throws KeyStoreLax, KeyFileInvalid, RootLocked */
export async function readFormer(dir: string, name: string, kind: KeyKind, storeKey: StoreKey): Promise<KeyFile[]> {
  const files: KeyFile[] = [];
  for (const found of await formerNames(dir, name)) {
    const file = await readKeyFile(join(dir, found), kind, storeKey);
    if (file) files.push(file);
  }
  return files.toSorted((a, b) => b.createdMs - a.createdMs);
}

/** Keeps a key that is about to be replaced; one that is kept already stands. Durable on return. @throws FormerKeysLimit */
export async function keepFormer(dir: string, name: string, file: KeyFile, storeKey: StoreKey, id = keyId(file.key)): Promise<void> {
  const kept = await formerNames(dir, name);
  if (kept.length >= FORMER_MAX && !kept.includes(formerKeyFile(name, id))) throw new FormerKeysLimit(name, FORMER_MAX);
  const { kind, createdMs, key } = file;
  await createKeyFile(join(dir, formerKeyFile(name, id)), { kind, createdMs, key }, storeKey);
}
