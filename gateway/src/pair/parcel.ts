/**
 * What one look at a site carries to its copy, as a stream of records, pure: 4 bytes of length, a head as JSON, the bytes it announces. What
 * changes in place (`page`, `size`, `put`, `hole`) is laid down together when the parcel is whole, the rest as it comes: nothing names it before.
 */
export type Head =
  /** Of a database: bytes at a place. */
  | { readonly is: 'page'; readonly path: string; readonly at: number; readonly bytes: number }
  /** Of a database: how long it is. */
  | { readonly is: 'size'; readonly path: string; readonly size: number }
  /** A small file, all of it. */
  | { readonly is: 'put'; readonly path: string; readonly bytes: number }
  /** A file that grows: bytes at a place, `size` after them. */
  | { readonly is: 'grow'; readonly path: string; readonly at: number; readonly bytes: number }
  /** A file that grows is this long and no longer: it was made anew, or the copy has one of another history. */
  | { readonly is: 'cut'; readonly path: string; readonly size: number }
  /** The first bytes of a file are gone: they give their space back. Behind the `put` that says why. */
  | { readonly is: 'hole'; readonly path: string; readonly size: number }
  /** A file that got another name. */
  | { readonly is: 'move'; readonly from: string; readonly path: string }
  | { readonly is: 'gone'; readonly path: string }
  | { readonly is: 'end'; readonly number: number };

/** No head and no piece is longer. */
export const HEAD_MAX_BYTES = 4096;
export const PIECE_MAX_BYTES = 1 << 20;

export function sealed(head: Head, bytes?: Buffer): Buffer {
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat(bytes ? [length, text, bytes] : [length, text]);
}

/** Takes a stream apart that arrives in any pieces. @throws Error on what no sender of ours writes */
export class ParcelReader {
  #rest: Buffer = Buffer.alloc(0);

  *take(piece: Buffer): Generator<{ readonly head: Head; readonly bytes: Buffer }> {
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    for (;;) {
      if (this.#rest.length < 4) return;
      const length = this.#rest.readUInt32BE(0);
      if (length > HEAD_MAX_BYTES) throw new Error('a head in the parcel is too long');
      if (this.#rest.length < 4 + length) return;
      const head = JSON.parse(this.#rest.toString('utf8', 4, 4 + length)) as Head; // parse boundary: the peer holds the key of the pair
      const size = 'bytes' in head ? head.bytes : 0;
      if (!Number.isInteger(size) || size < 0 || size > PIECE_MAX_BYTES) throw new Error('a piece in the parcel is too long');
      if ('path' in head) mustLieBelow(head.path);
      if (head.is === 'move') mustLieBelow(head.from);
      if (this.#rest.length < 4 + length + size) return;
      const bytes = this.#rest.subarray(4 + length, 4 + length + size);
      this.#rest = this.#rest.subarray(4 + length + size);
      yield { head, bytes };
    }
  }
}

function mustLieBelow(path: string): void {
  if (path.startsWith('/') || path.split('/').some((part) => part === '..' || part === '.' || part === ''))
    throw new Error('a path in the parcel leaves the data folder');
}
