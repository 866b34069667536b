/**
 * A folder of backups: `objects/ab/HASH.age`, one per part and shared by all backups; `backups/ID.list` and `backups/ID.note`. A backup is
 * there once its note is: what lies about without one is not named by anything and goes with the next prune.
 */
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BackupAbsent, BackupInvalid } from './errors.ts';
import { type BackedUpFile, type BackupHead, isBackupId, objectsOf, openHead, openList, readHead } from './manifest.ts';

export interface OpenedBackup {
  readonly head: BackupHead;
  readonly files: readonly BackedUpFile[];
}

export class BackupPlace {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  objectPath(name: string): string {
    return join(this.path, 'objects', name.slice(0, 2), `${name}.age`);
  }

  listPath(id: string): string {
    return join(this.path, 'backups', `${id}.list`);
  }

  notePath(id: string): string {
    return join(this.path, 'backups', `${id}.note`);
  }

  /** Oldest first; empty where there is none. */
  async ids(): Promise<string[]> {
    const folder = join(this.path, 'backups');
    if (!existsSync(folder)) return [];
    const names = (await readdir(folder)).filter((name) => name.endsWith('.note')).map((name) => name.slice(0, -'.note'.length));
    return names.filter(isBackupId).toSorted();
  }

  /** Whether an object of this size is there; its bytes are not read. */
  async has(name: string, bytes: number): Promise<boolean> {
    const found = await stat(this.objectPath(name)).catch(() => undefined);
    return found?.size === bytes;
  }

  /** Durable when it resolves. */
  put(name: string, sealed: Uint8Array): Promise<void> {
    return writeDurably(this.objectPath(name), sealed);
  }

  /** The list first: the note makes it a backup. */
  async publish(id: string, list: string, note: string): Promise<void> {
    await writeDurably(this.listPath(id), list);
    await writeDurably(this.notePath(id), note);
  }

  /** Signature and list checked. @param id the newest without it @throws BackupAbsent, BackupInvalid */
  async open(id: string | undefined, verifierKey: string): Promise<OpenedBackup> {
    const chosen = id ?? (await this.ids()).at(-1);
    if (chosen === undefined || !isBackupId(chosen) || !existsSync(this.notePath(chosen))) throw new BackupAbsent(this.path);
    const head = openHead(await readFile(this.notePath(chosen), 'utf8'), verifierKey);
    if (head.id !== chosen) throw new BackupInvalid('its name');
    return { head, files: openList(await this.#list(chosen), head) };
  }

  /** As it is, unverified. @throws BackupInvalid */
  async head(id: string): Promise<BackupHead> {
    return readHead(await readFile(this.notePath(id), 'utf8'));
  }

  /** Removes these backups and then every object that no backup names. @throws BackupInvalid before anything goes, when one that stays is unreadable */
  async remove(ids: readonly string[]): Promise<{ readonly objects: number }> {
    const kept = new Set<string>();
    for (const id of await this.ids()) {
      if (ids.includes(id)) continue;
      for (const name of objectsOf(openList(await this.#list(id), await this.head(id)))) kept.add(name);
    }
    for (const id of ids) {
      await rm(this.notePath(id), { force: true });
      await rm(this.listPath(id), { force: true });
    }
    let objects = 0;
    for (const path of await this.#objectFiles()) {
      const name = /([0-9a-f]{64})\.age$/.exec(path)?.[1];
      if (name !== undefined && kept.has(name)) continue;
      await rm(path, { force: true });
      objects++;
    }
    return { objects };
  }

  async #objectFiles(): Promise<string[]> {
    const folder = join(this.path, 'objects');
    if (!existsSync(folder)) return [];
    const found = await readdir(folder, { recursive: true, withFileTypes: true });
    return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  #list(id: string): Promise<Buffer> {
    return readFile(this.listPath(id)).catch((fault: unknown) => {
      throw new BackupInvalid('its list of files is missing', fault);
    });
  }
}

/** Appears whole under its name and readable by this user only, or not at all. */
async function writeDurably(path: string, bytes: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.draft`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
