/**
 * The side of a copy that stands by: takes a parcel, keeps what changes in place aside until it is whole, then lays it down. Killed in between
 * it lays it down again at its next start: every record says what is where, so doing it twice is doing it once.
 */
import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, realpath, rename, rm, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { punchHole } from '@keepline/compliance/audit-prune';
import { type Head, ParcelReader, PIECE_MAX_BYTES, sealed } from './parcel.ts';

const DRAFT = 'parcel.draft';
const WHOLE = 'parcel.whole';

export class CopyTarget {
  readonly #data: string;
  readonly #work: string;

  /** @param work folder beside the data folder, on the same disk */
  constructor(data: string, work: string) {
    this.#data = data;
    this.#work = work;
  }

  /** Lays down what a former run had whole; then the folder is the site at one moment. */
  async finish(): Promise<void> {
    if (existsSync(join(this.#work, WHOLE))) await this.#layDown();
  }

  /** @returns number of the parcel, which is now on disk @throws Error when it ends before its end; then nothing of it counts */
  async take(stream: AsyncIterable<Buffer>): Promise<number> {
    await mkdir(this.#work, { recursive: true, mode: 0o700 });
    const draft = await open(join(this.#work, DRAFT), 'w', 0o600);
    const reader = new ParcelReader();
    const gone: string[] = [];
    let number: number | undefined;
    try {
      for await (const piece of stream)
        for (const { head, bytes } of reader.take(piece)) {
          if (head.is === 'end') number = head.number;
          else if (head.is === 'gone') gone.push(head.path);
          else if (head.is === 'grow') await this.#write(head.path, head.at, bytes);
          else if (head.is === 'cut')
            await truncate(this.#at(head.path), head.size).catch(() => {}); // an empty one was not written
          else if (head.is === 'move')
            await rename(this.#at(head.from), this.#at(head.path)).catch(() => {}); // moved by a try before
          else await draft.write(sealed(head, bytes));
        }
      if (number === undefined) throw new Error('the parcel broke off');
      await draft.sync();
    } finally {
      await draft.close();
    }
    await rename(join(this.#work, DRAFT), join(this.#work, WHOLE));
    await this.#layDown();
    for (const path of gone) await rm(this.#at(path), { force: true });
    return number;
  }

  async #layDown(): Promise<void> {
    const reader = new ParcelReader();
    const open = new Map<string, FileHandle>();
    try {
      for await (const piece of createReadStream(join(this.#work, WHOLE)))
        for (const { head, bytes } of reader.take(piece as Buffer)) await this.#place(head, bytes, open);
      for (const file of open.values()) await file.datasync();
    } finally {
      for (const file of open.values()) await file.close();
    }
    await rm(join(this.#work, WHOLE));
  }

  async #place(head: Head, bytes: Buffer, open: Map<string, FileHandle>): Promise<void> {
    if (head.is === 'put') {
      const path = this.#at(head.path);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const file = await openNew(`${path}.laid`);
      await file.writeFile(bytes);
      await file.close();
      await rename(`${path}.laid`, path);
    } else if (head.is === 'hole') await this.#hole(this.#at(head.path), head.size);
    else if (head.is === 'page' || head.is === 'size') {
      let file = open.get(head.path);
      if (!file) {
        file = await this.#database(head.path);
        open.set(head.path, file);
      }
      if (head.is === 'page') await file.write(bytes, 0, bytes.length, head.at);
      else await file.truncate(head.size);
    }
  }

  /** Entries of the audit log that are over are over in the copy too. Where the disk knows no holes they are written over. */
  async #hole(path: string, size: number): Promise<void> {
    if (!Number.isSafeInteger(size) || size <= 0) throw new Error('a hole in the parcel has no size');
    try {
      await punchHole(path, size);
    } catch {
      const file = await open(path, 'r+');
      const zeros = Buffer.alloc(PIECE_MAX_BYTES);
      for (let at = 0; at < size; at += zeros.length) await file.write(zeros, 0, Math.min(zeros.length, size - at), at);
      await file.close();
    }
  }

  /** What a served site left beside a database belongs to other pages. */
  async #database(path: string): Promise<FileHandle> {
    const found = await realpath(this.#at(path)).catch(() => this.#at(path));
    await mkdir(dirname(found), { recursive: true, mode: 0o700 });
    for (const suffix of ['-wal', '-shm', '-journal']) await rm(`${found}${suffix}`, { force: true });
    return open(found, existsSync(found) ? 'r+' : 'w+', 0o600);
  }

  async #write(path: string, at: number, bytes: Buffer): Promise<void> {
    const full = this.#at(path);
    await mkdir(dirname(full), { recursive: true, mode: 0o700 });
    const file = await open(full, existsSync(full) ? 'r+' : 'w+', 0o600);
    await file.write(bytes, 0, bytes.length, at);
    await file.close();
  }

  #at(path: string): string {
    return join(this.#data, path);
  }
}

const openNew = (path: string): Promise<FileHandle> => open(path, 'w', 0o600);
