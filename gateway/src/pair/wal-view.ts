/**
 * What a SQLite database in WAL mode holds at one moment, read from its files, pure: the wal-index says which frames are committed, each frame
 * which page it replaces (sqlite.org/fileformat2.html §4, sqlite.org/walformat.html §2). Numbers of the index are little-endian here.
 */

const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** Twice in the index, so that a reader notices one that is being written. */
const INDEX_HEADER_BYTES = 48;

export interface WalMark {
  /** Changes whenever the WAL begins again from its start. */
  readonly salt: string;
  /** Committed frames. */
  readonly frames: number;
  /** Size of the database in pages. */
  readonly pages: number;
}

/** @param index first bytes of the `-shm` file @returns undefined when it is being written, or holds nothing */
export function readMark(index: Buffer): WalMark | undefined {
  if (index.length < 2 * INDEX_HEADER_BYTES) return undefined;
  const first = index.subarray(0, INDEX_HEADER_BYTES);
  if (!first.equals(index.subarray(INDEX_HEADER_BYTES, 2 * INDEX_HEADER_BYTES)) || index[12] !== 1) return undefined;
  return { salt: index.toString('hex', 32, 40), frames: index.readUInt32LE(16), pages: index.readUInt32LE(20) };
}

/** @param header of the database file, 100 bytes */
export function pageBytes(header: Buffer): number {
  const bytes = header.readUInt16BE(16);
  return bytes === 1 ? 65_536 : bytes;
}

export const frameOffset = (frame: number, page: number): number => WAL_HEADER_BYTES + (frame - 1) * (FRAME_HEADER_BYTES + page);

/** Page → where its newest content begins in the WAL. @param headerOf the 4 bytes at an offset @param from first frame, from 1 */
export function framesOf(wal: Buffer, page: number, from: number, to: number): Map<number, number> {
  const found = new Map<number, number>();
  for (let frame = from; frame <= to; frame++) {
    const at = frameOffset(frame, page) - frameOffset(from, page);
    found.set(wal.readUInt32BE(at), frameOffset(frame, page) + FRAME_HEADER_BYTES);
  }
  return found;
}
