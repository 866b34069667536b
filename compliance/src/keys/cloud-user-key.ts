/**
 * The seed of the site's user at the cloud (nkey, `SU…`), in the key store: the one in use, and the next one while its signature is awaited.
 * `cloud-sync` never opens this folder; whoever starts it hands it a file made from the seed and the signed JWT.
 */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyFileInvalid } from './errors.ts';
import { createKeyFile, isMissing, readKeyFile, requirePrivate, syncFolder } from './key-file.ts';

const FILES = { current: 'cloud-user.seed', next: 'cloud-user.next' } as const;
const SEED = /^SU[A-Z2-7]{56}$/;

/** @returns the seed, undefined when there is none. @throws KeyStoreLax, KeyFileInvalid */
export async function readCloudUserKey(dir: string, which: keyof typeof FILES): Promise<string | undefined> {
  const path = join(dir, FILES[which]);
  const found = await readKeyFile(path, 'cloud-user');
  if (found && !SEED.test(found.key)) throw new KeyFileInvalid(path, 'it is not the seed of a NATS user');
  return found?.key;
}

/** Keeps a new seed as the next one; a next one that is there stands. Durable on return. @throws KeyStoreLax */
export async function createCloudUserKey(dir: string, seed: string, nowMs: number): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await requirePrivate(dir, 'folder');
  await createKeyFile(join(dir, FILES.next), { kind: 'cloud-user', createdMs: nowMs, key: seed });
}

/** The next seed takes the place of the one in use, which is gone; does nothing when none waits. */
export async function promoteCloudUserKey(dir: string): Promise<void> {
  try {
    await rename(join(dir, FILES.next), join(dir, FILES.current));
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
  }
  await syncFolder(dir);
}
