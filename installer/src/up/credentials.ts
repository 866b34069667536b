/**
 * The site's credentials for the cloud: the seed is a key of the key store, the file handed to `cloud-sync` is made from it and from what
 * the cloud's operator signed. A rotation puts the new file in the place of the old one in a single step.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimsOf, credsText, newUserSeed, publicKeyOf } from '@keepline/cloud-sync/hub-identity';
import { createCloudUserKey, promoteCloudUserKey, readCloudUserKey } from '@keepline/compliance/cloud-user-key';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { DataFolder } from './data-folder.ts';

export interface SiteKey {
  readonly publicKey: string;
  readonly seed: string;
}

/** What a person may see of the credentials. */
export interface ShownCredentials {
  readonly publicKey: string;
  readonly issuedAt: string;
  /** '' when they do not expire. */
  readonly expiresAt: string;
  readonly expired: boolean;
  readonly file: string;
}

/** Written beside and renamed, so that a reader sees the old or the new file, never half of one; for this user only unless `mode` says more. */
export function writePrivate(path: string, text: string, mode = 0o600): void {
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode });
  renameSync(draft, path);
}

/** The key that waits for a signature; made now when none waits. */
export async function siteKeyFor(folder: DataFolder): Promise<SiteKey> {
  const waiting = await readCloudUserKey(folder.keys, 'next');
  const seed = waiting ?? newUserSeed().seed;
  if (waiting === undefined) await createCloudUserKey(folder.keys, seed, Date.now());
  return { seed, publicKey: publicKeyOf(seed) };
}

/** Puts credentials in place from the signed JWT. @throws KeeplineError CREDENTIALS_FOREIGN when it was signed for another key */
export async function installCredentials(folder: DataFolder, jwt: string, key: SiteKey): Promise<void> {
  const { subject } = claims(folder, jwt);
  if (subject !== key.publicKey)
    throw new KeeplineError('CREDENTIALS_FOREIGN', `the JWT was signed for ${subject}, the key that waits is ${key.publicKey}`, {
      hint: 'Send the public key that ./keepline cloud credentials rotate shows to the cloud side and give the JWT it signs for that key.',
      offending: subject,
    });
  writePrivate(folder.siteCredentials, credsText(jwt, key.seed), folder.credentialsMode);
  await promoteCloudUserKey(folder.keys);
}

/** Puts a file made elsewhere in place: certificate and key in PEM. @throws KeeplineError CREDENTIALS_FILE_UNREADABLE */
export function installFile(folder: DataFolder, path: string): void {
  writePrivate(folder.siteCredentials, contentOf(path), folder.credentialsMode);
}

/** @throws KeeplineError CREDENTIALS_FILE_UNREADABLE */
export function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new KeeplineError('CREDENTIALS_FILE_UNREADABLE', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'Check the path given with --file and the rights of this user.',
      offending: path,
      cause,
    });
  }
}

/** What is in use, without its secret; undefined when there is nothing or it is no .creds file. */
export function shownCredentials(folder: DataFolder): ShownCredentials | undefined {
  if (!existsSync(folder.siteCredentials)) return undefined;
  const jwt = jwtIn(contentOf(folder.siteCredentials));
  if (jwt === undefined) return undefined;
  const { subject, issuedMs, expiresMs } = claims(folder, jwt);
  return {
    publicKey: subject,
    issuedAt: new Date(issuedMs).toISOString(),
    expiresAt: expiresMs === undefined ? '' : new Date(expiresMs).toISOString(),
    expired: expiresMs !== undefined && expiresMs <= Date.now(),
    file: join(folder.siteCredentials),
  };
}

/** The JWT in a .creds file, or the text itself when it is a bare one. */
export function jwtIn(text: string): string | undefined {
  return /(?:^|\n)\s*(eyJ[\w-]+\.[\w-]+\.[\w-]+)/.exec(text)?.[1];
}

function claims(folder: DataFolder, jwt: string): ReturnType<typeof claimsOf> {
  try {
    return claimsOf(jwt);
  } catch {
    throw new KeeplineError('UP_CREDENTIALS_UNREADABLE', `${folder.siteCredentials} holds no user JWT`, {
      hint: 'Have it signed anew by the cloud side: ./keepline cloud credentials rotate',
      offending: folder.siteCredentials,
    });
  }
}
