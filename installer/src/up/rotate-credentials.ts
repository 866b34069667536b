/**
 * New credentials in the place of the old: a new key, signed by the cloud's operator (by ourselves where we play the cloud), put in place in
 * one step; `cloud-sync` connects with it and the relay resumes where the stream ends. Only then are the old ones refused.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSiteConsole } from '@keepline/compliance/console';
import { systemClock as clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import { askIdentity, askUp } from './control-client.ts';
import { contentOf, installCredentials, installFile, jwtIn, shownCredentials, siteKeyFor } from './credentials.ts';
import type { DataFolder } from './data-folder.ts';
import { revokeOnStandIn, signForStandIn } from './hub-operator.ts';

const TAKEN_LIMIT_MS = 30_000;
const LOOK_EVERY_MS = 200;

export interface Rotation {
  readonly publicKey: string;
  readonly state: 'in_use' | 'in_place' | 'awaits_signature';
  /** For the reader. */
  readonly text: string;
}

/**
 * @param file what the cloud side gave: a user JWT or .creds for the key that waits, or certificate and key in PEM
 * @throws KeeplineError CREDENTIALS_NOT_TAKEN, CREDENTIALS_FOREIGN, CREDENTIALS_FILE_UNREADABLE, UP_CREDENTIALS_UNREADABLE
 */
export async function rotateCredentials(folder: DataFolder, file: string | undefined): Promise<Rotation> {
  return await inAudit(folder, () => rotate(folder, file));
}

async function rotate(folder: DataFolder, file: string | undefined): Promise<Rotation> {
  const before = shownCredentials(folder)?.publicKey;
  const given = file === undefined ? undefined : contentOf(file);
  if (file !== undefined && given?.includes('BEGIN CERTIFICATE')) {
    installFile(folder, file);
    return { publicKey: '', state: 'in_place', text: `${folder.siteCredentials} is in place; cloud-sync takes it within seconds` };
  }
  const key = await siteKeyFor(folder);
  const isOurs = existsSync(folder.hubOperator);
  const jwt = given === undefined ? isOurs && (await signForStandIn(folder, key.publicKey)) : jwtIn(given);
  if (jwt === false || jwt === undefined) {
    const text = `Have the cloud side sign this user key for the site, then: ./keepline cloud credentials rotate --file FILE\n  ${key.publicKey}`;
    return { publicKey: key.publicKey, state: 'awaits_signature', text };
  }
  await installCredentials(folder, jwt, key);
  const taken = await isTaken(folder, key.publicKey);
  if (isOurs && before !== undefined && before !== key.publicKey) await refuseOld(folder, before);
  const text = `${key.publicKey} ${taken ? 'is in use' : 'is in place; cloud-sync does not run'}${before === undefined ? '' : `\n${before} ${isOurs ? 'is refused from now on' : 'may now be revoked by the cloud side'}`}`;
  return { publicKey: key.publicKey, state: taken ? 'in_use' : 'in_place', text };
}

/** Whether `cloud-sync` is connected with the key; false when it does not run. */
async function isTaken(folder: DataFolder, publicKey: string): Promise<boolean> {
  const untilMs = clock.monotonicMs() + TAKEN_LIMIT_MS;
  for (;;) {
    const identity = await askIdentity(folder);
    if (identity === undefined) return false;
    if (identity === publicKey) return true;
    if (clock.monotonicMs() > untilMs)
      throw new KeeplineError('CREDENTIALS_NOT_TAKEN', `cloud-sync has not connected with the new credentials ${publicKey}`, {
        hint: 'The old ones still work. See the link (./keepline status), then: ./keepline cloud credentials rotate once more.',
        offending: publicKey,
      });
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** The stand-in's server reads its configuration again on SIGHUP, which cuts who is refused now. */
async function refuseOld(folder: DataFolder, publicKey: string): Promise<void> {
  await revokeOnStandIn(folder, publicKey);
  const status = await askUp(folder, 'GET', '/status');
  const hub = status?.children.find((child) => child.name === 'cloud-hub')?.pid;
  if (hub !== undefined) process.kill(hub, 'SIGHUP');
}

/** Before the first start there is no audit log yet, and nothing that could be rotated either. */
async function inAudit<T>(folder: DataFolder, run: () => Promise<T>): Promise<T> {
  if (!existsSync(join(folder.keys, 'audit.signer'))) return await run();
  const opened = await openSiteConsole(folder.path, folder.keys);
  try {
    return await opened.audited('credentials.rotate', 'cloud-user', '', run);
  } finally {
    await opened.close();
  }
}
