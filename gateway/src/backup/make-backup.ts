/**
 * Makes one backup of a site, running or not: snapshots of its databases, then its files, each cut into parts that are sealed to the recipient
 * (age v1) unless the place has them already. The site needs no secret for it: what it writes it cannot read again.
 */
import { randomBytes } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { type FileHandle, mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { encryptBytes } from '@keepline/compliance/age';
import type { NoteSigner } from '@keepline/compliance/note';
import { snapshot } from '../store/snapshot.ts';
import type { BackupPlace } from './backup-place.ts';
import { chooseFiles, isRecording } from './data-files.ts';
import { type BackedUpFile, type BackupHead, backupId, listText, type Part, PART_BYTES, sha256, signHead } from './manifest.ts';
import { lives } from './place-lock.ts';

export interface BackupOrder {
  readonly data: string;
  readonly site: string;
  readonly place: BackupPlace;
  /** `age1…`; whoever holds its identity can restore. */
  readonly recipient: string;
  readonly withKeys: boolean;
  /** Files of the site outside its data folder, by the name they get in the backup. */
  readonly beside: Readonly<Record<string, string>>;
  readonly signer: NoteSigner;
  readonly clock: { now(): number };
}
export interface BackupDone {
  readonly head: BackupHead;
  /** Sealed bytes that were new; the rest was there. */
  readonly writtenBytes: number;
  readonly writtenParts: number;
}

/** @throws StoreUnreadable, AgeKeyInvalid, BackupTooLarge; then there is no such backup, and the next prune takes what was written */
export async function makeBackup(order: BackupOrder): Promise<BackupDone> {
  const { data, site, place, recipient, withKeys, beside, signer, clock } = order;
  const id = backupId(clock.now(), randomBytes(4).toString('hex'));
  const audit = await newestCheckpoint(data);
  const last = await newestOf(place, recipient, signer.verifierKey);
  const parts = new PartWriter(place, recipient, last);
  const before = new Map(last.filter(({ path }) => isRecording(path)).map((file) => [file.path, file]));
  await mkdir(join(data, 'backup'), { recursive: true, mode: 0o700 });
  await removeLeftSnapshots(join(data, 'backup'));
  const snapshots = await mkdtemp(join(data, 'backup', `snapshot-${process.pid}-`));
  const files: BackedUpFile[] = [];
  try {
    const choice = chooseFiles(await pathsBelow(data), withKeys);
    for (const path of choice.databases) await snapshot(join(data, path), join(snapshots, path));
    for (const path of choice.databases) files.push(await parts.take(path, await open(join(snapshots, path), 'r')));
    // Listed again: every recording that the snapshots name is there by now.
    for (const path of chooseFiles(await pathsBelow(data), withKeys).files) {
      const file = await open(join(data, path), 'r').catch(gone);
      if (file) files.push(await parts.take(path, file, before.get(path)));
    }
    for (const [path, from] of Object.entries(beside)) {
      const file = await open(from, 'r').catch(gone);
      if (file) files.push(await parts.take(path, file));
    }
  } finally {
    await rm(snapshots, { recursive: true, force: true });
  }
  const list = listText(files);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const listSha256 = sha256(Buffer.from(list));
  const head: BackupHead = { id, site, recipient, keys: withKeys, files: files.length, bytes, audit, listSha256 };
  await place.publish(id, list, signHead(head, signer));
  return { head, writtenBytes: parts.writtenBytes, writtenParts: parts.writtenParts };
}

/** Copies of databases that a killed backup left: as large as the databases, and as readable. */
async function removeLeftSnapshots(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^snapshot-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !lives(Number(pid))) await rm(join(folder, name), { recursive: true, force: true });
  }
}

class PartWriter {
  writtenBytes = 0;
  writtenParts = 0;
  readonly #place: BackupPlace;
  readonly #recipient: string;
  /** Of the newest backup and of this one: a sealed part has another hash every time, so it is taken from the list. */
  readonly #known = new Map<string, Part>();

  constructor(place: BackupPlace, recipient: string, last: readonly BackedUpFile[]) {
    this.#place = place;
    this.#recipient = recipient;
    for (const { parts } of last) for (const part of parts) this.#known.set(part.sha256, part);
  }

  /** Closes the file. @param before the same file in the newest backup: a recording of the same size and time is not read again */
  async take(path: string, file: FileHandle, before?: BackedUpFile): Promise<BackedUpFile> {
    try {
      const { size, mtimeMs } = await file.stat();
      if (before && before.bytes === size && before.mtimeMs === mtimeMs && (await this.#has(before.parts))) return { ...before, path };
      const parts: Part[] = [];
      const buffer = Buffer.alloc(Math.min(PART_BYTES, Math.max(1, size)));
      let bytes = 0;
      while (bytes < size) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - bytes), bytes);
        if (bytesRead === 0) break; // it was cut back meanwhile
        bytes += bytesRead;
        parts.push(await this.#put(buffer.subarray(0, bytesRead)));
      }
      return { path, bytes, mtimeMs, parts };
    } finally {
      await file.close();
    }
  }

  async #has(parts: readonly Part[]): Promise<boolean> {
    for (const { sealedSha256, sealedBytes } of parts) if (!(await this.#place.has(sealedSha256, sealedBytes))) return false;
    return true;
  }

  async #put(plain: Buffer): Promise<Part> {
    const hash = sha256(plain);
    const known = this.#known.get(hash);
    if (known && (await this.#place.has(known.sealedSha256, known.sealedBytes))) return known;
    const sealed = await encryptBytes(plain, this.#recipient);
    this.writtenBytes += sealed.length;
    this.writtenParts++;
    const part = { sha256: hash, sealedSha256: sha256(sealed), sealedBytes: sealed.length };
    await this.#place.put(part.sealedSha256, sealed);
    this.#known.set(hash, part);
    return part;
  }
}

async function pathsBelow(data: string): Promise<string[]> {
  const found = await readdir(data, { recursive: true, withFileTypes: true });
  // An installed site has its outbox in the folder it shares with cloud-sync, and a link to it here.
  const isOurs = (entry: Dirent): boolean => entry.isFile() || (entry.isSymbolicLink() && entry.name.endsWith('.db'));
  return found.filter(isOurs).map((entry) => relative(data, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

/** Files of the newest backup; none when there is none that this site signed, or it was made to another recipient: then all is written again. */
async function newestOf(place: BackupPlace, recipient: string, verifierKey: string): Promise<readonly BackedUpFile[]> {
  if ((await place.ids()).length === 0) return [];
  const { head, files } = await place.open(undefined, verifierKey).catch(() => ({ head: undefined, files: [] }));
  return head?.recipient === recipient ? files : [];
}

/** The newest signed state of the audit log when the copy begins: every restore must contain it. */
async function newestCheckpoint(data: string): Promise<BackupHead['audit']> {
  const lines = (await readFile(join(data, 'audit/checkpoints.jsonl'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
  const [, size = '0', root = '-'] = /\\n(\d+)\\n([A-Za-z0-9+/=]+)\\n/.exec(lines.at(-1) ?? '') ?? [];
  return { size: Number(size), root };
}

function gone(fault: unknown): undefined {
  if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return undefined; // its time was over while we copied
  throw fault;
}
