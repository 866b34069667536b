/**
 * `root.json` of the key store: which root key the store hangs on, and the store key sealed by it. The store key seals every secret key
 * file; a site changes its root by replacing this one file, so a power cut leaves either the old root or the new one (ADR 0015).
 */
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyFileInvalid } from './errors.ts';
import { isMissing, putInPlace, readWhole, requirePrivate } from './key-file.ts';

export const ROOT_FILE = 'root.json';

/** Costs of argon2id (RFC 9106 §4, second choice): memory in KiB. */
export interface Argon2Cost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}
/** Where the root key comes from; `file` (no root.json) is the mode of a demo. */
export type RootPlace =
  | ({ readonly from: 'passphrase'; readonly salt: string } & Argon2Cost)
  /** A file of `$CREDENTIALS_DIRECTORY`, as systemd lays it out for LoadCredentialEncrypted=. */
  | { readonly from: 'credential'; readonly name: string; readonly salt: string }
  /** An AES-256 key that never leaves the token. */
  | { readonly from: 'pkcs11'; readonly module: string; readonly token: string; readonly label: string };
export type RootKind = 'file' | RootPlace['from'];

export interface RootRecord {
  readonly v: 1;
  /** Changes with every new root; never secret. */
  readonly id: string;
  readonly createdMs: number;
  readonly place: RootPlace;
  /** The store key, sealed by the root; base64. */
  readonly storeKey: string;
  /** The store key before, sealed by the one in use, as long as a file may lie under it; base64. */
  readonly former?: string;
}

/** What the seal of the store key is bound to: a record put together of two others opens nothing. */
export const placeText = ({ id, createdMs, place }: Pick<RootRecord, 'id' | 'createdMs' | 'place'>): string =>
  `keepline store key v1\0${id}\0${createdMs}\0${JSON.stringify(place)}`;

/** @returns undefined for a store in file mode. @throws KeyStoreLax, KeyFileInvalid */
export async function readRoot(dir: string): Promise<RootRecord | undefined> {
  const path = join(dir, ROOT_FILE);
  try {
    await requirePrivate(path, 'file');
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
  const parsed = parse(await readWhole(path));
  if (!parsed) throw new KeyFileInvalid(path, 'it is no record of a root key');
  return parsed;
}

/** Puts the record in place of one that is there, which is overwritten. Durable on return. */
export async function writeRoot(dir: string, record: RootRecord): Promise<void> {
  const path = join(dir, ROOT_FILE);
  const draft = `${path}.${randomUUID()}.draft`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(record, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await putInPlace(draft, path);
}

function parse(text: string): RootRecord | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  const record = fields(found);
  const place = fields(record['place']);
  const texts: Record<string, readonly string[]> = {
    passphrase: ['salt'],
    credential: ['name', 'salt'],
    pkcs11: ['module', 'token', 'label'],
  };
  const wanted = texts[String(place['from'])];
  const costs = place['from'] === 'passphrase' ? ['memoryKiB', 'passes', 'lanes'] : [];
  const sound =
    record['v'] === 1 &&
    typeof record['id'] === 'string' &&
    typeof record['storeKey'] === 'string' &&
    ['string', 'undefined'].includes(typeof record['former']) &&
    Number.isSafeInteger(record['createdMs']) &&
    wanted?.every((name) => typeof place[name] === 'string') === true &&
    costs.every((name) => Number.isSafeInteger(place[name]));
  return sound ? (found as RootRecord) : undefined; // the parse boundary: every field was looked at above
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
