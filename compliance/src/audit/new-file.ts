/** A file that appears whole, private (0600) and durable under its name, or not at all, and never over another. */
import { link, open, unlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { KeeplineError } from '@keepline/contracts/errors';

export interface NewFile {
  write(piece: string | Uint8Array): Promise<void>;
  /** Gives it its name. @throws KeeplineError EXPORT_TARGET_EXISTS */
  publish(): Promise<void>;
  /** Ends it in any case; without `publish` nothing is left of it. */
  close(): Promise<void>;
}

export async function newFile(path: string): Promise<NewFile> {
  const draft = `${path}.${randomUUID()}.draft`;
  const file = await open(draft, 'wx', 0o600);
  return {
    write: (piece) => file.appendFile(piece),
    async publish() {
      await file.sync();
      await link(draft, path).catch((cause: unknown) => {
        if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
        const hint = 'Name another file: --out FILE.';
        throw new KeeplineError('EXPORT_TARGET_EXISTS', `${path} exists already`, { hint, offending: path, cause });
      });
    },
    async close() {
      await file.close();
      await unlink(draft);
    },
  };
}
