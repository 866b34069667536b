/**
 * The files of an audit log: `entries.jsonl` (one entry per line) and `entries.index` (per entry 8 bytes: where its line ends, big-endian,
 * and its 32-byte leaf hash). A batch costs one write that is durable when it returns; the index names its entries soon after, unflushed. So what the
 * index names must be there for ever; whole lines beyond it are taken in, since after a power cut they may have been promised; a line
 * that is not whole was promised to nobody, and only that is ever cut. Full tiles of hashes are derived from the index (`tile-files.ts`).
 * All methods but `open` and `close` are for the holder of the lock.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { TILE_WIDTH } from '../tlog/tile.ts';
import { type FullTile, partialTiles, TileTree } from '../tlog/tile-tree.ts';
import { HASH_BYTES, leafHash, rootOf } from '../tlog/tree-hash.ts';
import { ENTRY_MAX_BYTES, isEntryLine } from './entry.ts';
import { AuditDamaged } from './errors.ts';
import { readTile, writeTiles } from './tile-files.ts';

export const ENTRIES_FILE = 'entries.jsonl';
export const INDEX_FILE = 'entries.index';
export const INDEX_RECORD_BYTES = 8 + HASH_BYTES;
const NEWLINE = 0x0a;
const READ_BYTES = 1_048_576;
/** Records read at once: 1 MB. */
const READ_RECORDS = 25_000;

export class EntryFiles {
  readonly #dir: string;
  readonly #entries: FileHandle;
  readonly #index: FileHandle;
  #tree = new TileTree();
  #end = 0;
  /** Hash of the last entry that this process knows in the index. */
  #last: Uint8Array | undefined;
  /** Records of durable entries that the index does not name yet: those of one round of batches. */
  #unindexed: Buffer[] = [];

  private constructor(dir: string, entries: FileHandle, index: FileHandle) {
    this.#dir = dir;
    this.#entries = entries;
    this.#index = index;
  }

  /** Opens or makes the files, 0600. Nothing is read before `catchUp`. */
  static async open(dir: string): Promise<EntryFiles> {
    const flags = constants.O_RDWR | constants.O_CREAT; // not append: a place is always named, so that a torn write is written over
    const entries = await open(join(dir, ENTRIES_FILE), flags | constants.O_DSYNC, 0o600); // a write is durable when it returns
    const index = await open(join(dir, INDEX_FILE), flags, 0o600);
    return new EntryFiles(dir, entries, index);
  }

  /** Number of entries. */
  get size(): number {
    return this.#tree.size;
  }

  root(): Uint8Array {
    return this.#tree.root();
  }

  /**
   * Takes up the first `size` entries from their tiles; reads at most 255 of them per level and 255 records, whatever the size. @returns false when they do not lead to `root`: then nothing was taken
   */
  async restore(size: number, root: Uint8Array): Promise<boolean> {
    const { size: indexBytes } = await this.#index.stat();
    if (size === 0 || size > Math.floor(indexBytes / INDEX_RECORD_BYTES)) return false;
    const rows: Uint8Array[][] = [];
    for (const { level, index, width } of partialTiles(size)) {
      const row = level === 0 ? await this.#hashes(size - width, width) : await this.#rootsOfTiles(level - 1, index * TILE_WIDTH, width);
      if (row === undefined) return false;
      rows.push(row);
    }
    const tree = TileTree.of(size, rows);
    if (!Buffer.from(root).equals(tree.root())) return false;
    this.#tree = tree;
    this.#end = (await this.#record(size - 1)).end;
    return true;
  }

  /** The tiles that became full since the last call. */
  takeFull(): FullTile[] {
    return this.#tree.takeFull();
  }

  /**
   * Takes in what other processes appended, and mends what a dead one left half done: whole entries beyond the index are kept, a torn
   * rest is cut. @param at called at each size passed, so that an old root can be compared @throws AuditDamaged
   */
  async catchUp(at: (size: number) => void = () => {}): Promise<void> {
    await this.settle();
    const { size: indexBytes } = await this.#index.stat();
    const records = Math.floor(indexBytes / INDEX_RECORD_BYTES);
    if (indexBytes > records * INDEX_RECORD_BYTES) await this.#index.truncate(records * INDEX_RECORD_BYTES); // torn, promised to nobody
    if (records < this.size) throw this.#damaged(`the index shrank to ${records} entries`);
    while (this.size < records) {
      await this.#takeRecords(Math.min(READ_RECORDS, records - this.size), at);
      if (records > this.size) await writeTiles(this.#dir, this.#tree.takeFull()); // a log that lacks its tiles: not all of them in memory
    }
    const { size: entriesBytes } = await this.#entries.stat();
    if (entriesBytes < this.#end) throw this.#damaged(`it ends within entry ${this.size - 1}, which was acknowledged`);
    if (entriesBytes > this.#end) await this.#adopt(entriesBytes, at);
  }

  /**
   * Checks that the files are still those that were opened, and that the index still names the entry it named last: a folder put back from a
   * copy would otherwise be written beside, or over. @throws AuditDamaged
   */
  async checkPlace(): Promise<void> {
    for (const [name, file] of [
      [ENTRIES_FILE, this.#entries],
      [INDEX_FILE, this.#index],
    ] as const) {
      const [there, ours] = await Promise.all([stat(join(this.#dir, name)).catch(() => undefined), file.stat()]);
      if (there?.ino !== ours.ino || there.dev !== ours.dev) throw this.#damaged(`${name} was replaced while it was in use`);
    }
    if (this.#last === undefined || this.#unindexed.length > 0) return;
    const record = await read(this.#index, (this.size - 1) * INDEX_RECORD_BYTES, INDEX_RECORD_BYTES);
    if (record.length < INDEX_RECORD_BYTES) throw this.#damaged('it was cut back while it was in use');
    if (!recordAt(record, 0).hash.equals(this.#last)) throw this.#damaged('its last entry was changed while it was in use');
  }

  /** Checks that the last entry is the one its hash says: the cheapest sign of a wrong pair of files. @throws AuditDamaged */
  async checkLast(): Promise<void> {
    if (this.size === 0) return;
    const [before, last] = [await this.#record(this.size - 2), await this.#record(this.size - 1)];
    const line = await read(this.#entries, before.end, last.end - before.end);
    if (line.at(-1) !== NEWLINE || !last.hash.equals(leafHash(line.subarray(0, -1))))
      throw this.#damaged('the last entry is not the one that was written');
  }

  /**
   * Durable on return; on failure nothing was appended. The index follows with `settle`. @param lines of the batch, one behind the other, each
   * with its newline @param batch per line its bytes with the newline, and the leaf hash without it @returns the number of the first
   */
  async append(lines: Uint8Array, batch: readonly { readonly bytes: number; readonly hash: Uint8Array }[]): Promise<number> {
    const first = this.size;
    const start = this.#end;
    try {
      await write(this.#entries, lines, start);
    } catch (thrown) {
      // Not promised, so it may go; if that fails too, the next writer finds it beyond the index.
      await this.#entries.truncate(start).catch(() => {});
      throw thrown;
    }
    let end = start;
    this.#acknowledge(batch.map(({ bytes, hash }) => ({ end: (end += bytes), hash })));
    return first;
  }

  /** Lets the index name what was appended. On failure it is tried again before anything else is done. */
  async settle(): Promise<void> {
    if (this.#unindexed.length === 0) return;
    const records = Buffer.concat(this.#unindexed);
    await write(this.#index, records, this.size * INDEX_RECORD_BYTES - records.length);
    this.#unindexed = [];
  }

  async close(): Promise<void> {
    await this.#entries.close();
    await this.#index.close();
  }

  /** Makes durable entries part of the log. */
  #acknowledge(leaves: readonly Leaf[], at: (size: number) => void = () => {}): void {
    const records = Buffer.allocUnsafe(leaves.length * INDEX_RECORD_BYTES);
    for (const [i, { end, hash }] of leaves.entries()) {
      records.writeUInt16BE(0, i * INDEX_RECORD_BYTES);
      records.writeUIntBE(end, i * INDEX_RECORD_BYTES + 2, 6); // 48 bits are 281 TB; a bigint per entry costs more than all the rest here
      records.set(hash, i * INDEX_RECORD_BYTES + 8);
      this.#tree.add(hash);
      this.#last = hash;
      this.#end = end;
      at(this.size);
    }
    this.#unindexed.push(records);
  }

  async #takeRecords(count: number, at: (size: number) => void): Promise<void> {
    const bytes = await read(this.#index, this.size * INDEX_RECORD_BYTES, count * INDEX_RECORD_BYTES);
    if (bytes.length < count * INDEX_RECORD_BYTES) throw this.#damaged('the index shrank while it was read');
    for (let i = 0; i < count; i++) {
      const { end, hash } = recordAt(bytes, i);
      if (end <= this.#end || end - this.#end > ENTRY_MAX_BYTES) throw this.#damaged(`the index has no sense at entry ${this.size}`);
      this.#tree.add(hash);
      this.#last = hash;
      this.#end = end;
      at(this.size);
    }
  }

  /** Whole entries beyond the index become part of the log; what follows them is cut. */
  async #adopt(entriesBytes: number, at: (size: number) => void): Promise<void> {
    await this.#entries.datasync(); // their writer may have died before it did
    for (;;) {
      const bytes = await read(this.#entries, this.#end, READ_BYTES);
      const leaves: Leaf[] = [];
      let start = 0;
      for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, start)) {
        const line = bytes.subarray(start, newline);
        if (line.length >= ENTRY_MAX_BYTES || !isEntryLine(line)) break;
        start = newline + 1;
        leaves.push({ end: this.#end + start, hash: leafHash(line) });
      }
      if (leaves.length === 0) break;
      this.#acknowledge(leaves, at);
      await this.settle();
    }
    if (entriesBytes > this.#end) {
      await this.#entries.truncate(this.#end);
      await this.#entries.datasync();
    }
  }

  async #hashes(from: number, count: number): Promise<Buffer[]> {
    const bytes = await read(this.#index, from * INDEX_RECORD_BYTES, count * INDEX_RECORD_BYTES);
    return Array.from({ length: count }, (_, i) => recordAt(bytes, i).hash);
  }

  async #rootsOfTiles(level: number, from: number, count: number): Promise<Uint8Array[] | undefined> {
    const roots: Uint8Array[] = [];
    for (let index = from; index < from + count; index++) {
      const tile = await readTile(this.#dir, level, index);
      if (!tile) return undefined;
      roots.push(rootOf(tile));
    }
    return roots;
  }

  async #record(number: number): Promise<IndexRecord> {
    if (number < 0) return { end: 0, hash: Buffer.alloc(HASH_BYTES) };
    return recordAt(await read(this.#index, number * INDEX_RECORD_BYTES, INDEX_RECORD_BYTES), 0);
  }

  #damaged(why: string): AuditDamaged {
    return new AuditDamaged(this.#dir, why, this.size);
  }
}

interface Leaf {
  readonly end: number;
  readonly hash: Uint8Array;
}

export interface IndexRecord {
  /** Offset behind the newline of the entry. */
  readonly end: number;
  readonly hash: Buffer;
}

export function recordAt(bytes: Buffer, number: number): IndexRecord {
  const at = number * INDEX_RECORD_BYTES;
  return { end: Number(bytes.readBigUInt64BE(at)), hash: bytes.subarray(at + 8, at + INDEX_RECORD_BYTES) };
}

async function write(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
    if (bytesWritten === 0) throw new Error('the disk took no bytes');
    done += bytesWritten;
  }
}

async function read(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
