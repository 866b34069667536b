/**
 * The side of a copy that serves: each look at the data folder becomes a parcel with what changed since the last one that arrived whole. Order
 * as for a backup: databases first, then what they name, the audit log with its newest names before its entries.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { prunedBytes } from '@keepline/compliance/audit-prune';
import { chooseFiles } from '../backup/data-files.ts';
import { Connection } from '../store/connection.ts';
import { PageSource } from './page-source.ts';
import { PIECE_MAX_BYTES, sealed } from './parcel.ts';

/** Files that only grow: what is there is not looked at again. Both ends overlap by one chunk of a recording. */
const GROWS = /\.part$|^audit\/(entries\.jsonl|entries\.index|checkpoints\.jsonl)$/;
const OVERLAP_BYTES = 65_536;
/** Old entries of the audit log leave a hole in front (ADR 0020), and before that a mark that says so. */
const [ENTRIES, MARK] = ['audit/entries.jsonl', 'audit/pruned'];
const FINISHED = /^recordings\/.*\.age$/;
/** Written at the end of a recording, in front. */
const FRONT_BYTES = 131_072;
const BLOCK_BYTES = 16_384;
/** Of a recording the copy says it has: one that broke off on its way is shorter. */
const UNPROVEN = 0;

interface Seen {
  readonly size: number;
  readonly mtimeMs: number;
  readonly blocks: readonly string[];
  /** So many bytes in front are gone; absent is none. */
  readonly hole?: number;
}

export class CopySource {
  readonly #data: string;
  readonly #pages = new Map<string, PageSource>();
  #seen = new Map<string, Seen>();
  #number = 0;
  /** Bytes that the mark in this parcel, or an older one, lets go: never more, or the copy would lack what its mark keeps. */
  #hole = 0;

  /** @param has finished recordings that the copy has from before, with their sizes */
  constructor(data: string, has: Readonly<Record<string, number>>) {
    this.#data = data;
    for (const [path, size] of Object.entries(has)) if (FINISHED.test(path)) this.#seen.set(path, { size, mtimeMs: UNPROVEN, blocks: [] });
  }

  /** How far the outbox is filled at this moment; whatever a parcel that begins later holds is at least that. */
  async outboxSeq(): Promise<number> {
    const path = join(this.#data, 'outbox.db');
    if (!existsSync(path)) return 0;
    const outbox = await Connection.open(path);
    try {
      const row = await outbox.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'event'").catch(() => undefined); // not made yet
      return row?.seq ?? 0;
    } finally {
      await outbox.close();
    }
  }

  /** Number of the newest parcel; the copy names it when it asks for the next. */
  get number(): number {
    return this.#number;
  }

  async *parcel(): AsyncGenerator<Buffer> {
    const choice = chooseFiles(await this.#paths(), true);
    for (const path of choice.databases) {
      const source = this.#pages.get(path) ?? new PageSource(await realpath(join(this.#data, path)));
      this.#pages.set(path, source);
      const changed = source.changed();
      let next = await changed.next();
      for (; !next.done; next = await changed.next())
        yield sealed({ is: 'page', path, at: next.value.at, bytes: next.value.bytes.length }, next.value.bytes);
      yield sealed({ is: 'size', path, size: next.value });
    }
    const { files } = chooseFiles(await this.#paths(), true);
    const now = new Map<string, Seen>();
    for (const path of files) {
      let known = this.#seen.get(path);
      if (known?.mtimeMs === UNPROVEN && (await stat(join(this.#data, path)).catch(() => undefined))?.size !== known.size)
        known = undefined;
      if (known && FINISHED.test(path)) {
        now.set(path, known);
        continue;
      }
      if (path === MARK) this.#hole = await prunedBytes(join(this.#data, 'audit'));
      const file = await open(join(this.#data, path), 'r').catch(() => undefined); // its time was over while we looked
      if (!file) continue;
      try {
        now.set(path, path === ENTRIES ? yield* this.#entries(file, known) : yield* this.#file(path, file, known));
      } finally {
        await file.close();
      }
    }
    for (const path of this.#seen.keys()) if (!now.has(path)) yield sealed({ is: 'gone', path });
    this.#seen = now;
    this.#number++;
    yield sealed({ is: 'end', number: this.#number });
  }

  async *#entries(file: FileHandle, known: Seen | undefined): AsyncGenerator<Buffer, Seen> {
    const hole = this.#hole;
    const seen = known ? yield* this.#file(ENTRIES, file, known, hole) : yield* this.#anew(file, hole);
    if (hole > (known?.hole ?? 0)) yield sealed({ is: 'hole', path: ENTRIES, size: hole });
    return { ...seen, hole };
  }

  /** All that is not a hole; what the copy may have there from before is cut. */
  async *#anew(file: FileHandle, hole: number): AsyncGenerator<Buffer, Seen> {
    const { size, mtimeMs } = await file.stat();
    yield* pieces(ENTRIES, file, hole, size);
    yield sealed({ is: 'cut', path: ENTRIES, size });
    return { size, mtimeMs, blocks: [] };
  }

  async *#file(path: string, file: FileHandle, known: Seen | undefined, hole = 0): AsyncGenerator<Buffer, Seen> {
    const { size, mtimeMs } = await file.stat();
    if (known?.size === size && known.mtimeMs === mtimeMs) return known;
    const seen = { size, mtimeMs, blocks: [] };
    const part = FINISHED.test(path) ? this.#seen.get(`${path}.part`) : undefined;
    if (part) {
      // The recording ended: its name changed, and what was missing in front is there.
      const from = Math.max(0, part.size - OVERLAP_BYTES);
      yield* pieces(path, file, 0, Math.min(FRONT_BYTES, size), `${path}.part`);
      yield* pieces(path, file, from, size, `${path}.part`);
      yield sealed({ is: 'move', from: `${path}.part`, path });
    } else if (GROWS.test(path) && known && known.size <= size) {
      yield* pieces(path, file, Math.max(hole, known.size - OVERLAP_BYTES), size);
    } else if (size > PIECE_MAX_BYTES || path.endsWith('.tail')) {
      const blocks: string[] = [];
      const block = Buffer.alloc(BLOCK_BYTES);
      for (let at = 0; at < size; at += BLOCK_BYTES) {
        const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, at);
        const hash = createHash('sha1').update(block.subarray(0, bytesRead)).digest('base64');
        if (size <= PIECE_MAX_BYTES) blocks.push(hash);
        if (known?.blocks[at / BLOCK_BYTES] !== hash)
          yield sealed({ is: 'grow', path, at, bytes: bytesRead }, Buffer.from(block.subarray(0, bytesRead)));
      }
      if (!known || known.size > size) yield sealed({ is: 'cut', path, size });
      return { ...seen, blocks };
    } else {
      const bytes = Buffer.alloc(size);
      const { bytesRead } = await file.read(bytes, 0, size, 0);
      yield sealed({ is: 'put', path, bytes: bytesRead }, bytes.subarray(0, bytesRead));
    }
    return seen;
  }

  async #paths(): Promise<string[]> {
    const found = await readdir(this.#data, { recursive: true, withFileTypes: true });
    return found
      .filter((entry) => entry.isFile() || (entry.isSymbolicLink() && entry.name.endsWith('.db')))
      .map((entry) => relative(this.#data, join(entry.parentPath, entry.name)));
  }
}

async function* pieces(path: string, file: FileHandle, from: number, to: number, as = path): AsyncGenerator<Buffer> {
  for (let at = from; at < to; at += PIECE_MAX_BYTES) {
    const bytes = Buffer.alloc(Math.min(PIECE_MAX_BYTES, to - at));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
    yield sealed({ is: 'grow', path: as, at, bytes: bytesRead }, bytes.subarray(0, bytesRead));
  }
}

/** Finished recordings below a data folder with their sizes: what a copy that begins anew need not be sent. */
export async function finishedRecordings(data: string): Promise<Record<string, number>> {
  const names = await readdir(join(data, 'recordings')).catch(() => []);
  const sizes: Record<string, number> = {};
  for (const name of names) if (name.endsWith('.age')) sizes[`recordings/${name}`] = (await stat(join(data, 'recordings', name))).size;
  return sizes;
}
