/** Files and folders that appear whole and private under their name, or not at all, and never over another unless they replace it. Files are durable as well. */
import { link, mkdir, open, rename, rm, unlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { KeeplineError } from '@keepline/contracts/errors';

interface Draft {
  /** Gives it its name. @throws KeeplineError EXPORT_TARGET_EXISTS */
  publish(): Promise<void>;
  /** Ends it in any case; without `publish` nothing is left of it. */
  close(): Promise<void>;
}
export interface NewFile extends Draft {
  write(piece: string | Uint8Array): Promise<void>;
}
export interface NewFolder extends Draft {
  /** Where to write until it is published. */
  readonly path: string;
}

export async function newFile(path: string): Promise<NewFile> {
  const draft = `${path}.${randomUUID()}.draft`;
  const file = await open(draft, 'wx', 0o600);
  return {
    write: (piece) => file.appendFile(piece),
    async publish() {
      await file.sync();
      await link(draft, path).catch(targetExists(path));
    },
    async close() {
      await file.close();
      await unlink(draft);
    },
  };
}

/** Puts new contents under a name, durably: a reader sees the old or the new, whole; only the folder is not flushed. 0600 */
export async function replaceFile(path: string, contents: string | Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}.${randomUUID()}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(contents);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => {}); // the first error tells more
    throw thrown;
  }
}

/** 0700. */
export async function newFolder(path: string): Promise<NewFolder> {
  const draft = `${path}.${randomUUID()}.draft`;
  await mkdir(draft, { mode: 0o700 });
  return {
    path: draft,
    publish: () => rename(draft, path).catch(targetExists(path)), // fails over a file and over a folder that is not empty
    close: () => rm(draft, { recursive: true, force: true }),
  };
}

const TAKEN = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'];

const targetExists =
  (path: string) =>
  (cause: unknown): never => {
    if (!(cause instanceof Error && 'code' in cause && TAKEN.includes(String(cause.code)))) throw cause;
    throw new KeeplineError('EXPORT_TARGET_EXISTS', `${path} exists already`, {
      hint: 'Name another file: --out FILE.',
      offending: path,
      cause,
    });
  };
