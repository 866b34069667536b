/**
 * The pages of a database in use that changed since the last look. A read transaction pins one moment while its files are read; as long as the
 * WAL did not begin again the new frames say which pages changed, else every page is compared by its hash. ADR 0019.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Connection } from '../store/connection.ts';
import { framesOf, frameOffset, pageBytes, readMark, type WalMark } from './wal-view.ts';

const HEADER_BYTES = 100;
const RUN_BYTES = 1 << 20;
const HASH_BYTES = 12;

export interface Pages {
  readonly at: number;
  readonly bytes: Buffer;
}

export class PageSource {
  readonly #path: string;
  #mark: WalMark | undefined;
  /** By page, from 1. What 12 bytes of SHA-1 do not tell apart does not happen by chance. */
  #hashes: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** Runs of changed pages, and at the end the size of the database in bytes. The state moves on as they are taken: after a break, begin anew. */
  async *changed(): AsyncGenerator<Pages, number> {
    const connection = await Connection.open(this.#path);
    const file = await open(this.#path, 'r');
    const wal = await open(`${this.#path}-wal`, 'r').catch(() => undefined);
    try {
      await connection.exec('BEGIN');
      await connection.all('SELECT 1 FROM sqlite_master LIMIT 1'); // a transaction is pinned by its first read
      const head = Buffer.alloc(HEADER_BYTES);
      await file.read(head, 0, HEADER_BYTES, 0);
      const page = pageBytes(head);
      const mark = await this.#readMark();
      const before = this.#mark;
      this.#mark = mark;
      const pages = mark && mark.frames > 0 ? mark.pages : Math.floor((await file.stat()).size / page);
      const goesOn = before && mark && before.salt === mark.salt && before.frames <= mark.frames;
      if (goesOn && wal) {
        for (const [number, at] of await inWal(wal, page, before.frames + 1, mark.frames)) {
          if (number > pages) continue;
          const bytes = Buffer.alloc(page);
          await wal.read(bytes, 0, page, at);
          if (this.#differs(number, bytes)) yield { at: (number - 1) * page, bytes };
        }
      } else {
        const newer = mark && wal ? await inWal(wal, page, 1, mark.frames) : new Map<number, number>();
        yield* this.#compareAll(file, wal, newer, pages, page);
      }
      await connection.exec('COMMIT');
      return pages * page;
    } finally {
      await wal?.close();
      await file.close();
      await connection.close();
    }
  }

  async *#compareAll(file: FileHandle, wal: FileHandle | undefined, newer: Map<number, number>, pages: number, page: number) {
    for (let first = 1; first <= pages; first += RUN_BYTES / page) {
      const count = Math.min(RUN_BYTES / page, pages - first + 1);
      const run = Buffer.alloc(count * page);
      await file.read(run, 0, run.length, (first - 1) * page);
      for (let i = 0; i < count; i++) {
        const bytes = run.subarray(i * page, (i + 1) * page);
        const at = newer.get(first + i);
        if (at !== undefined) await wal?.read(bytes, 0, page, at);
        if (this.#differs(first + i, bytes)) yield { at: (first + i - 1) * page, bytes };
      }
    }
  }

  #differs(number: number, bytes: Buffer): boolean {
    if (this.#hashes.length < number * HASH_BYTES)
      this.#hashes = Buffer.concat([this.#hashes, Buffer.alloc(Math.max(number * HASH_BYTES, 1 << 16))]);
    const known = this.#hashes.subarray((number - 1) * HASH_BYTES, number * HASH_BYTES);
    const hash = createHash('sha1').update(bytes).digest().subarray(0, HASH_BYTES);
    if (hash.equals(known)) return false;
    hash.copy(known);
    return true;
  }

  /** Of the moment that is pinned or a later one: both are whole, and nothing later is in the database file yet. */
  async #readMark(): Promise<WalMark | undefined> {
    const index = await open(`${this.#path}-shm`, 'r').catch(() => undefined);
    if (!index) return undefined;
    try {
      for (let tries = 0; tries < 100; tries++) {
        const bytes = Buffer.alloc(96);
        const { bytesRead } = await index.read(bytes, 0, bytes.length, 0);
        const mark = readMark(bytes.subarray(0, bytesRead));
        if (mark || bytesRead < bytes.length) return mark;
      }
      return undefined;
    } finally {
      await index.close();
    }
  }
}

async function inWal(wal: FileHandle, page: number, from: number, to: number): Promise<Map<number, number>> {
  if (to < from) return new Map();
  const start = frameOffset(from, page);
  const bytes = Buffer.alloc(frameOffset(to + 1, page) - start);
  await wal.read(bytes, 0, bytes.length, start);
  return framesOf(bytes, page, from, to);
}
