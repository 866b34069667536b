/**
 * A store gets a root key, or another one. `init` writes `root.json` first and seals the files after it, one by one: a store cut off in between
 * is read as well (each file says whether it is sealed), and `init` again goes on. Another root replaces one file.
 */
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SEAL_KEY_BYTES } from './aes-seal.ts';
import { RootExists, RootLocked } from './errors.ts';
import { formerNames } from './former-keys.ts';
import { type KeyKind, readKeyFile, replaceKeyFile, requirePrivate, type StoreKey } from './key-file.ts';
import { SECRET_FILES, UNLOCKED_FILE } from './key-names.ts';
import { type RootChoice, sealStoreKey } from './root-key.ts';
import { readRoot, type RootKind, writeRoot } from './root-record.ts';
import type { RootSecrets } from './root-secrets.ts';
import { openRoot } from './store-key.ts';

export interface KeyStatus {
  readonly root: RootKind;
  readonly files: ReadonlyArray<{ readonly name: string; readonly kind: KeyKind; readonly state: 'sealed' | 'clear' | 'away' }>;
}

/** Every secret file of the folder: the fixed ones, former keys beside them, an identity that is unlocked. */
export async function secretFiles(dir: string): Promise<Array<[string, KeyKind]>> {
  const files: Array<[string, KeyKind]> = Object.entries(SECRET_FILES);
  for (const [name, kind] of Object.entries(SECRET_FILES)) for (const former of await formerNames(dir, name)) files.push([former, kind]);
  if ((await readdir(dir)).includes(UNLOCKED_FILE)) files.push([UNLOCKED_FILE, 'recording-identity']);
  return files;
}

/** Needs no root key: the files say how they lie. @throws KeyStoreLax, KeyFileInvalid */
export async function keyStatus(dir: string): Promise<KeyStatus> {
  await requirePrivate(dir, 'folder');
  const files: Array<KeyStatus['files'][number]> = [];
  for (const [name, kind] of await secretFiles(dir)) {
    // opened with no key at all: what refuses is sealed
    try {
      files.push({ name, kind, state: (await readKeyFile(join(dir, name), kind)) ? 'clear' : 'away' });
    } catch (thrown) {
      if (!(thrown instanceof RootLocked)) throw thrown;
      files.push({ name, kind, state: 'sealed' });
    }
  }
  return { root: (await readRoot(dir))?.place.from ?? 'file', files };
}

/**
 * Puts a store in file mode under a root key, or goes on where an `init` of the same root was cut off.
 * @returns the names that were sealed. @throws RootExists, RootUnfit, RootLocked, HsmFailed, HsmBindingAbsent
 */
export async function initRoot(dir: string, choice: RootChoice, secrets: RootSecrets, nowMs: number): Promise<string[]> {
  await requirePrivate(dir, 'folder');
  const before = await keyStatus(dir);
  const isHalfDone = before.root === choice.from && before.files.some(({ state }) => state === 'clear');
  if (before.root !== 'file' && !isHalfDone) throw new RootExists(before.root);
  if (!isHalfDone) await writeRoot(dir, await sealStoreKey(randomBytes(SEAL_KEY_BYTES), choice, secrets, nowMs));
  const { storeKey } = await openRoot(dir, secrets);
  return sealFiles(dir, storeKey);
}

/** Hangs the store on another root; the keys stay. @throws RootLocked, RootUnfit, HsmFailed, HsmBindingAbsent */
export async function rewrapRoot(dir: string, now: RootSecrets, choice: RootChoice, next: RootSecrets, nowMs: number): Promise<void> {
  const { storeKey, record } = await openRoot(dir, now);
  if (!storeKey) return void (await initRoot(dir, choice, next, nowMs));
  const rewrapped = await sealStoreKey(Buffer.from(storeKey.current), choice, next, nowMs);
  // a rotation of the store key that was cut off goes on under the new root
  await writeRoot(dir, record?.former === undefined ? rewrapped : { ...rewrapped, former: record.former });
}

async function sealFiles(dir: string, storeKey: StoreKey): Promise<string[]> {
  const sealed: string[] = [];
  for (const [name, kind] of await secretFiles(dir)) {
    const path = join(dir, name);
    const file = await readKeyFile(path, kind, storeKey);
    if (!file || file.isSealed !== 'no') continue;
    await replaceKeyFile(path, file, storeKey);
    sealed.push(name);
  }
  return sealed;
}
