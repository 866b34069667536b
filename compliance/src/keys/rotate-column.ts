/**
 * A new column key. The one before it is kept under its id first, so that at no moment a value lies under a key that is on no disk; it goes when
 * no row needs it any more.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SEAL_KEY_BYTES } from './aes-seal.ts';
import { COLUMN_KEY_FILE, columnKeyFrom, formerColumnKeyFile } from './column-key.ts';
import { KeyStoreAbsent } from './errors.ts';
import { createKeyFile, destroyKeyFile, readKeyFile, replaceKeyFile } from './key-file.ts';
import { openRoot } from './key-store.ts';
import type { RootSecrets } from './root-secrets.ts';

/** @returns the id of the key that is former now. @throws KeyStoreAbsent, RootLocked */
export async function rotateColumnKey(dir: string, nowMs: number, secrets?: RootSecrets): Promise<string> {
  const { storeKey } = await openRoot(dir, secrets);
  const path = join(dir, COLUMN_KEY_FILE);
  const before = await readKeyFile(path, 'column', storeKey);
  if (!before) throw new KeyStoreAbsent(path);
  const { id } = columnKeyFrom(path, before.key);
  const { kind, createdMs, key } = before;
  await createKeyFile(join(dir, formerColumnKeyFile(id)), { kind, createdMs, key }, storeKey);
  const fresh = { kind, createdMs: nowMs, key: randomBytes(SEAL_KEY_BYTES).toString('base64') };
  await replaceKeyFile(path, fresh, storeKey);
  return id;
}

/** Destroys a former key. The caller owes that no row names it. */
export function retireColumnKey(dir: string, id: string): Promise<void> {
  return destroyKeyFile(join(dir, formerColumnKeyFile(id)));
}
