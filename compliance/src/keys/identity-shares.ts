/**
 * The recording identity split m of n (Shamir over GF(2^8), by a kept library). What is split is a fresh 256-bit key that seals the identity in
 * `recording.identity.split`: shares of uniform bytes give nothing away below the threshold, and the seal tells a wrong share from a right one.
 * A share reads `KLS1-<set>-<m>-<hex of share>-<checksum>`; the checksum finds slips of the pen, it protects nothing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { combine, split } from 'shamir-secret-sharing';
import { openBytes, SEAL_KEY_BYTES, sealBytes } from './aes-seal.ts';
import { recipientOf } from './age-header.ts';
import { IdentityAbsent, KeyFileInvalid, ShareInvalid } from './errors.ts';
import { formerNames, readFormer } from './former-keys.ts';
import { destroyKeyFile, isMissing, readKeyFile, replaceKeyFile, requirePrivate, syncFolder } from './key-file.ts';
import { IDENTITY_FILE, SPLIT_FILE, UNLOCKED_FILE } from './key-names.ts';
import { allRecipients } from './load-keys.ts';
import type { RootSecrets } from './root-secrets.ts';
import { openRoot } from './store-key.ts';

export const SHARES_MAX = 16;
/** Longest time an identity may stay unlocked, minutes. */
export const UNLOCK_MINUTES_MAX = 720;
const CHECK_BYTES = 3;
const FORM = /^KLS1-([0-9a-f]{8})-(\d{1,2})-([0-9a-f]{66})-([0-9a-f]{6})$/;

/** Splits the identity of the store. It stays where it is until `forgetIdentity`. @returns the shares, to be shown once */
export async function splitIdentity(dir: string, threshold: number, shares: number, secrets?: RootSecrets): Promise<string[]> {
  if (!(threshold >= 2 && shares >= threshold && shares <= SHARES_MAX))
    throw new ShareInvalid(`2 of 2 to ${SHARES_MAX} of ${SHARES_MAX} shares are possible`);
  const { storeKey } = await openRoot(dir, secrets);
  const identity = await readKeyFile(join(dir, IDENTITY_FILE), 'recording-identity', storeKey);
  if (!identity) throw new IdentityAbsent(join(dir, IDENTITY_FILE));
  // Those before it open what was recorded under them: they leave with it, or the machine would still read the past.
  const former = await readFormer(dir, IDENTITY_FILE, 'recording-identity', storeKey);
  const identities = [identity, ...former].map(({ key: text }) => text).join(' ');
  const key = randomBytes(SEAL_KEY_BYTES);
  const set = randomBytes(4).toString('hex');
  const made = (await split(new Uint8Array(key), shares, threshold)).map((share) => formatShare(set, threshold, share));
  // a share that does not come back would be found years later
  if (!(await keyFrom(made.slice(-threshold), set)).equals(key)) throw new ShareInvalid('the shares made do not join again');
  const handle = await open(join(dir, SPLIT_FILE), 'w', 0o600);
  try {
    await handle.writeFile(
      `${JSON.stringify({ v: 1, set, threshold, sealed: sealBytes(key, Buffer.from(identities), placeOf(set)).toString('base64') })}\n`,
    );
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(dir);
  return made;
}

/**
 * Overwrites and removes the identity: from now on it takes the shares. Only while they have it unlocked: shares that nobody tried could be
 * waste paper. @throws IdentityAbsent when it was never split, ShareInvalid
 */
export async function forgetIdentity(dir: string): Promise<void> {
  await readSplit(dir);
  if (!existsSync(join(dir, UNLOCKED_FILE))) throw new ShareInvalid('they were not tried: join them once, then remove the identity');
  for (const name of [...(await formerNames(dir, IDENTITY_FILE)), IDENTITY_FILE]) await destroyKeyFile(join(dir, name));
}

/**
 * Joins shares into the identity and leaves it unlocked for a time, sealed by the root key if there is one.
 * @throws ShareInvalid, IdentityAbsent, KeyFileInvalid
 */
export async function unlockIdentity(
  dir: string,
  shares: readonly string[],
  nowMs: number,
  minutes: number,
  secrets?: RootSecrets,
): Promise<number> {
  const { set, threshold, sealed, path } = await readSplit(dir, setOf(shares));
  if (new Set(shares).size < threshold) throw new ShareInvalid(`${threshold} different shares are needed`);
  const identity = openBytes(await keyFrom(shares, set), sealed, placeOf(set))?.toString('utf8');
  if (identity === undefined) throw new ShareInvalid('they do not open the identity');
  const recipients = await allRecipients(dir);
  for (const one of identity.split(' '))
    if (!recipients.includes(await recipientOf(one))) throw new KeyFileInvalid(path, 'it does not belong to the recipient in use');
  const untilMs = nowMs + Math.min(minutes, UNLOCK_MINUTES_MAX) * 60_000;
  const { storeKey } = await openRoot(dir, secrets);
  await replaceKeyFile(join(dir, UNLOCKED_FILE), { kind: 'recording-identity', createdMs: nowMs, untilMs, key: identity }, storeKey);
  return untilMs;
}

/** Ends an unlock before its time. @returns false when nothing was unlocked */
export async function lockIdentity(dir: string): Promise<boolean> {
  try {
    await destroyKeyFile(join(dir, UNLOCKED_FILE));
    return true;
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}

function formatShare(set: string, threshold: number, share: Uint8Array): string {
  const body = `KLS1-${set}-${threshold}-${Buffer.from(share).toString('hex')}`;
  return `${body}-${checkOf(body)}`;
}

async function keyFrom(shares: readonly string[], set: string): Promise<Buffer> {
  const bytes = [...new Set(shares)].map((text, i) => {
    const [whole, ofSet, , hex = '', check] = FORM.exec(text.trim().toLowerCase().replace(/^kls1/, 'KLS1')) ?? [];
    if (whole === undefined || checkOf(whole.slice(0, -2 * CHECK_BYTES - 1)) !== check)
      throw new ShareInvalid(`share ${i + 1} is mistyped`);
    if (ofSet !== set) throw new ShareInvalid(`share ${i + 1} is of another ceremony`);
    return new Uint8Array(Buffer.from(hex, 'hex'));
  });
  return Buffer.from(await combine(bytes));
}

interface Split {
  readonly set: string;
  readonly threshold: number;
  readonly sealed: Buffer;
  readonly path: string;
}

/** The ceremony that shares are of, as far as they say; those of a former identity open its own file. */
const setOf = (shares: readonly string[]): string | undefined =>
  shares.map((share) => /^kls1-([0-9a-f]{8})-/.exec(share.trim().toLowerCase())?.[1]).find((set) => set !== undefined);

/** @param wanted the ceremony; that of the identity in use by default */
async function readSplit(dir: string, wanted?: string): Promise<Split> {
  const present = await parseSplit(join(dir, SPLIT_FILE));
  if (present && (wanted === undefined || present.set === wanted)) return present;
  for (const name of await formerNames(dir, SPLIT_FILE)) {
    const former = await parseSplit(join(dir, name));
    if (former !== undefined && former.set === wanted) return former;
  }
  if (!present) throw new IdentityAbsent(join(dir, SPLIT_FILE));
  return present; // its ceremony is another one, which each share is then told
}

async function parseSplit(path: string): Promise<Split | undefined> {
  try {
    await requirePrivate(path, 'file');
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
  const text = await readFile(path, 'utf8');
  const [, set, threshold, sealed] =
    /^\{"v":1,"set":"([0-9a-f]{8})","threshold":(\d{1,2}),"sealed":"([A-Za-z0-9+/=]+)"\}\n$/.exec(text) ?? [];
  if (set === undefined || sealed === undefined) throw new KeyFileInvalid(path, 'it is no split identity');
  return { set, threshold: Number(threshold), sealed: Buffer.from(sealed, 'base64'), path };
}

const checkOf = (body: string): string =>
  createHash('sha256')
    .update(body)
    .digest('hex')
    .slice(0, 2 * CHECK_BYTES);
const placeOf = (set: string): string => `keepline split identity v1\0${set}`;
