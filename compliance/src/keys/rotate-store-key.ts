/**
 * A new store key between the root and the secret files. First `root.json` gets the new key with the former one sealed under it, then each file is
 * sealed anew, last the former key goes. A store cut off anywhere in between opens as it is, and the next run goes on from there.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SEAL_KEY_BYTES } from './aes-seal.ts';
import { RootAbsent } from './errors.ts';
import { readKeyFile, replaceKeyFile, requirePrivate } from './key-file.ts';
import { secretFiles } from './root-change.ts';
import { sealStoreKey } from './root-key.ts';
import { writeRoot } from './root-record.ts';
import { type RootSecrets, rootSecrets } from './root-secrets.ts';
import { openRoot, sealFormer } from './store-key.ts';

/**
 * Whole rotation. @param untilTaken resolves when no process seals with the former key any more
 * @returns names of the files that were sealed anew. @throws RootAbsent in file mode, RootLocked, RootUnfit, HsmFailed, HsmBindingAbsent
 */
export async function rotateStoreKey(
  dir: string,
  nowMs: number,
  untilTaken: () => Promise<void>,
  secrets: RootSecrets = rootSecrets(),
): Promise<string[]> {
  await beginStoreKey(dir, nowMs, secrets);
  const resealed: string[] = [];
  for await (const name of resealFiles(dir, secrets)) resealed.push(name);
  await untilTaken();
  for await (const name of resealFiles(dir, secrets)) resealed.push(name); // what was made under the former key meanwhile
  await endStoreKey(dir, secrets);
  return resealed;
}

/** The new key, under the same root; one that was begun and not ended stands. Durable on return. @throws as `rotateStoreKey` */
export async function beginStoreKey(dir: string, nowMs: number, secrets: RootSecrets): Promise<void> {
  await requirePrivate(dir, 'folder');
  const { storeKey, record } = await openRoot(dir, secrets);
  if (!storeKey || !record) throw new RootAbsent(dir);
  if (storeKey.former) return;
  const next = randomBytes(SEAL_KEY_BYTES);
  await writeRoot(dir, { ...(await sealStoreKey(next, record.place, secrets, nowMs)), former: sealFormer(next, storeKey.current) });
}

/** One file after the other under the key in use; each is durable when its name is given out. @throws KeyStoreLax, KeyFileInvalid, RootLocked */
export async function* resealFiles(dir: string, secrets: RootSecrets): AsyncGenerator<string> {
  const { storeKey } = await openRoot(dir, secrets);
  for (const [name, kind] of await secretFiles(dir)) {
    const path = join(dir, name);
    const file = await readKeyFile(path, kind, storeKey);
    if (!file || file.isSealed === 'now') continue;
    await replaceKeyFile(path, file, storeKey);
    yield name;
  }
}

/** Gives up the former key. The caller owes that `resealFiles` found nothing more. */
export async function endStoreKey(dir: string, secrets: RootSecrets): Promise<void> {
  const { record } = await openRoot(dir, secrets);
  if (record?.former === undefined) return;
  const { former: _former, ...rest } = record;
  await writeRoot(dir, rest);
}
