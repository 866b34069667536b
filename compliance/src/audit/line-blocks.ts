/** Reads a file of lines in blocks, so that a log of any size is read with bounded memory and without a promise per line. */
import type { FileHandle } from 'node:fs/promises';

/** Bytes read at once. */
export const BLOCK_BYTES = 1_048_576;
const NEWLINE = 0x0a;

export interface LineBlock {
  /** Where the first line begins, bytes. */
  readonly offset: number;
  /** Whole lines without their newlines. */
  readonly lines: readonly Buffer[];
  /** What follows the last newline, at the end of the file or when no newline came within the longest line. */
  readonly rest?: Buffer;
}

/** @param from where to begin @param to where to stop, bytes @param lineMaxBytes a longer line ends the reading and is given as `rest` */
export async function* lineBlocks(file: FileHandle, from: number, to: number, lineMaxBytes: number): AsyncGenerator<LineBlock> {
  let offset = from;
  let rest = Buffer.alloc(0);
  for (;;) {
    const wanted = Math.min(BLOCK_BYTES, to - offset - rest.length);
    const piece = Buffer.allocUnsafe(Math.max(wanted, 0));
    const { bytesRead } = wanted > 0 ? await file.read(piece, 0, wanted, offset + rest.length) : { bytesRead: 0 };
    const bytes = Buffer.concat([rest, piece.subarray(0, bytesRead)]);
    const lines: Buffer[] = [];
    let start = 0;
    for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, start)) {
      lines.push(bytes.subarray(start, newline));
      start = newline + 1;
    }
    rest = bytes.subarray(start);
    const ends = bytesRead === 0 || rest.length > lineMaxBytes;
    yield { offset, lines, ...(ends && rest.length > 0 ? { rest } : {}) };
    if (ends) return;
    offset += start;
  }
}
