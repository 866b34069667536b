/**
 * One key in one file: comment lines `# kind:` and `# created:`, then the key on a line of its own. The stock `age` tool reads these
 * files as they are (`-i`, `-R`). Under a root key (ADR 0015) a secret one has a line `# sealed:` and its key is sealed. A file is made
 * whole or not at all, and never made over one that exists.
 */
import { type FileHandle, link, lstat, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomUUID } from 'node:crypto';
import { openBytes, sealBytes } from './aes-seal.ts';
import { KeyFileInvalid, KeyStoreLax, RootLocked } from './errors.ts';

export type KeyKind =
  | 'recording-identity'
  | 'recording-recipient'
  | 'pseudonym'
  | 'audit-signer'
  | 'audit-verifier'
  | 'cloud-user'
  | 'identity'
  | 'column';

export interface KeyFile {
  readonly kind: KeyKind;
  /** Wall time in ms since 1970. */
  readonly createdMs: number;
  readonly key: string;
  /** Wall time after which nobody may use it; undefined for ever. */
  readonly untilMs?: number;
  /** How it lies on the disk: `now` under the store key in use, `before` under the one that is being replaced. */
  readonly isSealed?: 'now' | 'before' | 'no';
}

/** What seals the secret key files of one store. */
export interface SealingKeys {
  /** 32 bytes each. */
  readonly current: Uint8Array;
  /** The one before, while files are sealed anew. */
  readonly former?: Uint8Array | undefined;
  /** Takes up a store key that came since. @returns whether there was one */
  renew?(): Promise<boolean>;
}
export type StoreKey = SealingKeys | undefined;

/** Refuses what others could read or change. @throws KeyStoreLax */
export async function requirePrivate(path: string, type: 'folder' | 'file'): Promise<void> {
  const found = await lstat(path); // not stat: a link would let somebody else choose the key
  const wanted = type === 'folder' ? 0o700 : 0o600;
  if (type === 'folder' ? !found.isDirectory() : !found.isFile())
    throw new KeyStoreLax(path, 'something else', `a ${type}`, `Move ${path} away and put a real ${type} in its place.`);
  if ((found.mode & 0o077) !== 0)
    throw new KeyStoreLax(
      path,
      `mode 0${(found.mode & 0o777).toString(8)}`,
      `mode 0${wanted.toString(8)}`,
      `Close it with: chmod ${wanted.toString(8)} ${path} - and replace the keys if strangers had access.`,
    );
  const me = process.geteuid?.();
  if (me !== undefined && me !== 0 && found.uid !== me)
    throw new KeyStoreLax(path, `owner ${found.uid}`, `owned by user ${me}`, `Give it to the user of the gateway: chown ${me} ${path}`);
}

/** @returns the key, or undefined when there is no such file. @throws KeyStoreLax, KeyFileInvalid, RootLocked when it is sealed and no store key is given */
export async function readKeyFile(path: string, kind: KeyKind, storeKey?: StoreKey): Promise<KeyFile | undefined> {
  try {
    await requirePrivate(path, 'file');
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
  const text = await readWhole(path);
  const found = /^# kind: (.*)$/m.exec(text)?.[1];
  if (found !== kind) throw new KeyFileInvalid(path, `its kind is ${found === undefined ? 'not given' : 'another'}, wanted ${kind}`);
  const createdMs = Date.parse(/^# created: (.*)$/m.exec(text)?.[1] ?? '');
  if (Number.isNaN(createdMs)) throw new KeyFileInvalid(path, 'it has no creation time');
  const keys = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const key = keys[0];
  if (key === undefined || keys.length !== 1) throw new KeyFileInvalid(path, `it holds ${keys.length} keys, wanted one`);
  const until = Date.parse(/^# until: (.*)$/m.exec(text)?.[1] ?? '');
  const head = { kind, createdMs, ...(Number.isNaN(until) ? {} : { untilMs: until }) };
  if (!/^# sealed: /m.test(text)) return { ...head, key, isSealed: 'no' };
  if (!storeKey) throw new RootLocked('the store key is not open');
  const sealed = Buffer.from(key, 'base64');
  const opened = unsealed(storeKey, sealed, head) ?? ((await storeKey.renew?.()) === true ? unsealed(storeKey, sealed, head) : undefined);
  if (!opened) throw new KeyFileInvalid(path, 'it was sealed by another store key, or changed');
  return { ...head, ...opened };
}

function unsealed(
  { current, former }: SealingKeys,
  sealed: Buffer,
  head: Omit<KeyFile, 'key'>,
): Pick<KeyFile, 'key' | 'isSealed'> | undefined {
  const now = openBytes(current, sealed, placeOf(head));
  if (now) return { key: now.toString('utf8'), isSealed: 'now' };
  const before = former && openBytes(former, sealed, placeOf(head));
  return before && { key: before.toString('utf8'), isSealed: 'before' };
}

const READS_MAX = 3;

/** A file that is replaced is overwritten afterwards; whoever had it open reads zeros then, and finds the new one at the second try. */
export async function readWhole(path: string): Promise<string> {
  let text = '';
  for (let reads = 0; reads < READS_MAX; reads++) {
    text = await readFile(path, 'utf8');
    if (!text.includes('\0')) break;
  }
  return text;
}

/** Writes the file unless one is there already; then that one stands and `false` is returned. Durable on return. */
export async function createKeyFile(path: string, file: KeyFile, storeKey?: StoreKey): Promise<boolean> {
  const draft = await draftOf(path, file, storeKey);
  try {
    await link(draft, path); // unlike rename, fails when the name is taken
    return true;
  } catch (thrown) {
    if (errno(thrown) === 'EEXIST') return false;
    throw thrown;
  } finally {
    await unlink(draft);
    await syncFolder(dirname(path));
  }
}

/**
 * Puts the key in the place of the file that is there, which is overwritten before it goes: what lay there in clear should not stay on the disk. A
 * disk that moves its blocks keeps it all the same (docs/keys.md). Durable on return.
 */
export async function replaceKeyFile(path: string, file: KeyFile, storeKey?: StoreKey): Promise<void> {
  await putInPlace(await draftOf(path, file, storeKey), path);
}

/** Takes the place of a file, which is overwritten before it goes. Durable on return. @param draft synced */
export async function putInPlace(draft: string, path: string): Promise<void> {
  const before = await open(path, 'r+').catch((thrown: unknown) => {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  });
  await rename(draft, path);
  if (before) await overwrite(before);
  await syncFolder(dirname(path));
}

/** Overwrites a key file and removes it. */
export async function destroyKeyFile(path: string): Promise<void> {
  await overwrite(await open(path, 'r+'));
  await unlink(path);
  await syncFolder(dirname(path));
}

async function overwrite(file: FileHandle): Promise<void> {
  try {
    const { size } = await file.stat();
    await file.write(Buffer.alloc(size), 0, size, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function draftOf(path: string, file: KeyFile, storeKey: StoreKey): Promise<string> {
  const draft = `${path}.${randomUUID()}.draft`;
  const handle = await open(draft, 'wx', 0o600);
  const lines = [
    `# kind: ${file.kind}`,
    `# created: ${new Date(file.createdMs).toISOString()}`,
    ...(file.untilMs === undefined ? [] : [`# until: ${new Date(file.untilMs).toISOString()}`]),
    ...(storeKey
      ? ['# sealed: aes-256-gcm', sealBytes(storeKey.current, Buffer.from(file.key), placeOf(file)).toString('base64')]
      : [file.key]),
  ];
  try {
    await handle.writeFile(`${lines.join('\n')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return draft;
}

const placeOf = ({ kind, createdMs, untilMs }: Omit<KeyFile, 'key'>): string => `keepline key v1\0${kind}\0${createdMs}\0${untilMs ?? ''}`;

/** Makes names in a folder durable: a synced file in an unsynced folder may be gone after a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export function isMissing(thrown: unknown): boolean {
  return errno(thrown) === 'ENOENT';
}

function errno(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}
