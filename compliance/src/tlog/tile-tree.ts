/**
 * The growing end of a log in the shape of C2SP tlog-tiles, pure: per level the hashes that do not fill a tile yet, at most 255. From these
 * the root follows at any size, a full tile is given out once, and a log can be taken up again without its leaves.
 */
import { HASH_BYTES, emptyRoot, requireHash, rootOf } from './tree-hash.ts';
import { TILE_WIDTH, type Tile } from './tile.ts';

export interface FullTile {
  readonly tile: Tile & { readonly level: number };
  /** 256 hashes, 8,192 bytes. */
  readonly bytes: Buffer;
}

/** @returns hashes of the partial tile at each level of a tree of `size`, from level 0 up: `index` of that tile and how many it holds */
export function* partialTiles(size: number): Generator<Tile & { readonly level: number }> {
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH))
    yield { level, index: Math.floor(hashes / TILE_WIDTH), width: hashes % TILE_WIDTH };
}

export class TileTree {
  #size = 0;
  readonly #rows: Uint8Array[][] = [];
  #full: FullTile[] = [];

  /** Takes up a tree. @param rows hashes of its partial tiles as `partialTiles` names them */
  static of(size: number, rows: readonly (readonly Uint8Array[])[]): TileTree {
    const tree = new TileTree();
    tree.#size = size;
    for (const { level, width } of partialTiles(size)) {
      const row = rows[level] ?? [];
      if (row.length !== width) throw new RangeError(`level ${level} of a tree of ${size} ends in ${width} hashes, not ${row.length}`);
      tree.#rows.push([...row]);
    }
    return tree;
  }

  get size(): number {
    return this.#size;
  }

  add(leaf: Uint8Array): void {
    requireHash(leaf, 'leaf');
    let hash: Uint8Array | undefined = leaf;
    for (let level = 0; hash !== undefined; level++) {
      const row: Uint8Array[] = (this.#rows[level] ??= []);
      row.push(hash);
      if (row.length < TILE_WIDTH) break;
      const index = Math.floor(this.#size / TILE_WIDTH ** (level + 1));
      this.#full.push({ tile: { level, index, width: TILE_WIDTH }, bytes: Buffer.concat(row, TILE_WIDTH * HASH_BYTES) });
      hash = rootOf(row);
      row.length = 0;
    }
    this.#size++;
  }

  /** The tiles that became full since the last call, in the order they did. */
  takeFull(): FullTile[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /**
   * MTH(D[n]) of RFC 6962 §2.1. The hashes of a level and the root of what lies to their right are a tree of their own: the right part is
   * smaller than one of them, so the largest power of two below n leaves it where it is.
   */
  root(): Uint8Array {
    let right: Uint8Array | undefined;
    for (const row of this.#rows) {
      if (row.length === 0) continue;
      right = rootOf(right === undefined ? row : [...row, right]);
    }
    return right ?? emptyRoot();
  }
}
