/**
 * The lines of entries that wait for the disk, encoded once: one behind the other in blocks, as the file takes them. A byte that was added is
 * never written again: the batch it belongs to may be on its way to the disk. Pure.
 */
import { textLeafHash } from '../tlog/tree-hash.ts';
import { ENTRY_MAX_BYTES } from './entry.ts';

/** Room of one block, bytes: a batch lies in one block, and a block goes when nobody waits in it any more. */
export const LINE_BLOCK_BYTES = 1_048_576;
const NEWLINE = 0x0a;

export interface QueuedLine {
  readonly block: Buffer;
  /** Where the line begins in it. */
  readonly start: number;
  /** With its newline. */
  readonly bytes: number;
  /** Leaf hash of the line without its newline; 32 bytes. */
  readonly hash: Uint8Array;
}

export class LineQueue {
  #block = Buffer.alloc(0);
  #end = 0;

  /** @param text one line without its newline, below `ENTRY_MAX_BYTES` with it */
  add(text: string): QueuedLine {
    if (this.#block.length - this.#end < ENTRY_MAX_BYTES) {
      this.#block = Buffer.allocUnsafeSlow(LINE_BLOCK_BYTES);
      this.#end = 0;
    }
    const block = this.#block;
    const start = this.#end;
    const end = start + block.write(text, start, 'utf8');
    block[end] = NEWLINE;
    const hash = textLeafHash(text);
    this.#end = end + 1;
    return { block, start, bytes: this.#end - start, hash };
  }
}

/** How many of the first lines lie in one block, at most `most`. */
export function sameBlock(lines: readonly QueuedLine[], most: number): number {
  const block = lines[0]?.block;
  let count = 0;
  while (count < most && count < lines.length && lines[count]?.block === block) count++;
  return count;
}

/** The bytes of lines that follow each other in one block. */
export function bytesOf(lines: readonly QueuedLine[]): Uint8Array {
  const [first, last] = [lines[0], lines.at(-1)];
  return first && last ? first.block.subarray(first.start, last.start + last.bytes) : Buffer.alloc(0);
}
