/**
 * Reads a log beside its writers, without a lock: what the index named when it was opened was promised and never changes again. Entries and
 * hashes come in blocks, so that a log of any size is read with bounded memory.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { leafHash } from '../tlog/tree-hash.ts';
import { ENTRY_MAX_BYTES } from './entry.ts';
import { ENTRIES_FILE, INDEX_FILE, INDEX_RECORD_BYTES, recordAt } from './entry-files.ts';
import { AuditDamaged, AuditEntryPruned, AuditLogAbsent } from './errors.ts';
import { firstKept } from './pruned.ts';

/** Entries of one block: at most 4 MB. */
export const BLOCK_ENTRIES = 1000;

export interface NumberedEntry {
  readonly number: number;
  /** Without its newline. */
  readonly line: Buffer;
  readonly hash: Buffer;
}

export class EntryReader {
  readonly #dir: string;
  readonly #entries: FileHandle;
  readonly #index: FileHandle;
  readonly size: number;
  /** Number of the oldest entry that is kept; of those before it only the hashes are there. */
  readonly first: number;

  private constructor(dir: string, entries: FileHandle, index: FileHandle, size: number, first: number) {
    this.#dir = dir;
    this.#entries = entries;
    this.#index = index;
    this.size = size;
    this.first = first;
  }

  /** @throws AuditLogAbsent */
  static async open(dir: string): Promise<EntryReader> {
    const opened = (name: string): Promise<FileHandle> =>
      open(join(dir, name), 'r').catch((cause: unknown) => {
        throw new AuditLogAbsent(dir, cause);
      });
    const index = await opened(INDEX_FILE);
    try {
      const { size } = await index.stat();
      return new EntryReader(dir, await opened(ENTRIES_FILE), index, Math.floor(size / INDEX_RECORD_BYTES), await firstKept(dir));
    } catch (thrown) {
      await index.close();
      throw thrown;
    }
  }

  async close(): Promise<void> {
    await this.#entries.close();
    await this.#index.close();
  }

  /** Entries `from` up to before `to`, each checked against its hash. @throws AuditEntryPruned, AuditDamaged at the first that does not match */
  async block(from: number, to: number): Promise<NumberedEntry[]> {
    if (from < this.first) throw new AuditEntryPruned(from, this.first);
    const records = await this.#records(Math.max(from - 1, 0), to);
    const skip = from === 0 ? 0 : 1;
    const start = from === 0 ? 0 : recordAt(records, 0).end;
    const end = to > from ? recordAt(records, to - from - 1 + skip).end : start;
    if (end < start || end - start > (to - from) * ENTRY_MAX_BYTES) throw this.#damaged(from, 'the index has no sense');
    const bytes = await this.#read(this.#entries, start, end - start, from);
    const found: NumberedEntry[] = [];
    for (let number = from, at = start; number < to; number++) {
      const record = recordAt(records, number - from + skip);
      const line = bytes.subarray(at - start, record.end - 1 - start);
      if (record.end <= at || !record.hash.equals(leafHash(line))) throw this.#damaged(number, 'an entry is not the one that was written');
      found.push({ number, line, hash: record.hash });
      at = record.end;
    }
    return found;
  }

  /** Blocks from the oldest entry on. */
  async *forwards(to = this.size): AsyncGenerator<NumberedEntry[]> {
    for (let from = this.first; from < to; from += BLOCK_ENTRIES) yield await this.block(from, Math.min(from + BLOCK_ENTRIES, to));
  }

  /** Blocks from the last entry back; within a block the order is that of the log. */
  async *backwards(end = this.size): AsyncGenerator<NumberedEntry[]> {
    for (let to = end; to > this.first; to -= BLOCK_ENTRIES) yield await this.block(Math.max(to - BLOCK_ENTRIES, this.first), to);
  }

  /** Leaf hashes `from` up to before `to`, without reading the entries. */
  async leaves(from: number, to: number): Promise<Buffer[]> {
    const records = await this.#records(from, to);
    return Array.from({ length: to - from }, (_, i) => recordAt(records, i).hash);
  }

  /** Records of the index, byte for byte: for entries that were pruned, all that is left. */
  records(from: number, to: number): Promise<Buffer> {
    return this.#records(from, to);
  }

  #records(from: number, to: number): Promise<Buffer> {
    return this.#read(this.#index, from * INDEX_RECORD_BYTES, (to - from) * INDEX_RECORD_BYTES, from);
  }

  async #read(file: FileHandle, offset: number, length: number, number: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) throw this.#damaged(number, 'a file ends before its time');
      filled += bytesRead;
    }
    return bytes;
  }

  #damaged(number: number, why: string): AuditDamaged {
    return new AuditDamaged(this.#dir, `${why} (entry ${number})`, number);
  }
}
