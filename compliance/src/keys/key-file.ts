/**
 * One key in one file: comment lines `# kind:` and `# created:`, then the key on a line of its own. The stock `age` tool reads these
 * files as they are (`-i`, `-R`). A file is made whole or not at all, and never made over one that exists.
 */
import { link, lstat, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomUUID } from 'node:crypto';
import { KeyFileInvalid, KeyStoreLax } from './errors.ts';

export type KeyKind =
  | 'recording-identity'
  | 'recording-recipient'
  | 'pseudonym'
  | 'audit-signer'
  | 'audit-verifier'
  | 'cloud-user'
  | 'identity';

export interface KeyFile {
  readonly kind: KeyKind;
  /** Wall time in ms since 1970. */
  readonly createdMs: number;
  readonly key: string;
}

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

/** @returns the key, or undefined when there is no such file. @throws KeyStoreLax, KeyFileInvalid */
export async function readKeyFile(path: string, kind: KeyKind): Promise<KeyFile | undefined> {
  try {
    await requirePrivate(path, 'file');
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
  const text = await readFile(path, 'utf8');
  const found = /^# kind: (.*)$/m.exec(text)?.[1];
  if (found !== kind) throw new KeyFileInvalid(path, `its kind is ${found === undefined ? 'not given' : 'another'}, wanted ${kind}`);
  const createdMs = Date.parse(/^# created: (.*)$/m.exec(text)?.[1] ?? '');
  if (Number.isNaN(createdMs)) throw new KeyFileInvalid(path, 'it has no creation time');
  const keys = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const key = keys[0];
  if (key === undefined || keys.length !== 1) throw new KeyFileInvalid(path, `it holds ${keys.length} keys, wanted one`);
  return { kind, createdMs, key };
}

/** Writes the file unless one is there already; then that one stands and `false` is returned. Durable on return. */
export async function createKeyFile(path: string, file: KeyFile): Promise<boolean> {
  const draft = `${path}.${randomUUID()}.draft`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`# kind: ${file.kind}\n# created: ${new Date(file.createdMs).toISOString()}\n${file.key}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
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
