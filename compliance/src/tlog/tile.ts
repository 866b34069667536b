/**
 * C2SP tlog-tiles, pure: names and contents of the static files that make a log readable with other people's tools. A tile holds up to 256
 * hashes; those of level 0 are leaf hashes, those above are roots of full tiles below. An entry bundle holds up to 256 entries.
 */
import { ProofInvalid } from './errors.ts';
import { HASH_BYTES, rootOf } from './tree-hash.ts';

export const TILE_WIDTH = 256;
/** Longest entry of a bundle, bytes: its length is a uint16. */
export const BUNDLE_ENTRY_MAX_BYTES = 65_535;
const LEVEL_MAX = 63;

export interface Tile {
  /** 0 to 63, or the bundles of entries. */
  readonly level: number | 'entries';
  readonly index: number;
  /** Hashes or entries in it, 1 to 256; under 256 it is partial. */
  readonly width: number;
}

/** `tile/<L>/<N>[.p/<W>]`, N in groups of three digits, all but the last behind an x. */
export function tilePath({ level, index, width }: Tile): string {
  const groups = [index % 1000];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) groups.unshift(rest % 1000);
  const names = groups.map((group, i) => `${i < groups.length - 1 ? 'x' : ''}${String(group).padStart(3, '0')}`);
  return `tile/${level}/${names.join('/')}${width < TILE_WIDTH ? `.p/${width}` : ''}`;
}

/** @throws ProofInvalid when the path names no tile */
export function parseTilePath(path: string): Tile {
  const [, level = '', name = '', partial] =
    /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path) ?? [];
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(name.replaceAll(/[x/]/g, '')),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  };
  // Written back it must be the same: no leading zeroes, no partial tile of 256.
  if (name === '' || (tile.level !== 'entries' && tile.level > LEVEL_MAX) || !Number.isSafeInteger(tile.index) || tilePath(tile) !== path)
    throw new ProofInvalid(`${path} is no tile`);
  return tile;
}

/** The tiles of hashes of a tree of `size`, level by level; empty ones are left out. */
export function* tilesOf(size: number): Generator<Tile> {
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH)) {
    for (let index = 0; index * TILE_WIDTH < hashes; index++)
      yield { level, index, width: Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH) };
  }
}

/** The hashes in the bytes of a tile. @throws ProofInvalid when it has another width */
export function hashesOf(bytes: Uint8Array, width: number): Uint8Array[] {
  if (bytes.length !== width * HASH_BYTES) throw new ProofInvalid(`a tile of ${width} hashes has ${bytes.length} bytes`);
  return Array.from({ length: width }, (_, i) => bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
}

/**
 * Collects hashes in order and gives back each tile when it is full, with those above that become full by it; `rest` gives the partial
 * ones. Holds at most one tile per level.
 */
export class TileBuilder {
  readonly #levels: { done: number; hashes: Uint8Array[] }[] = [];

  /** @returns the tiles that are full now, from level 0 up */
  add(leaf: Uint8Array): { readonly tile: Tile; readonly bytes: Buffer }[] {
    const full: { tile: Tile; bytes: Buffer }[] = [];
    let hash: Uint8Array | undefined = leaf;
    for (let level = 0; hash !== undefined; level++) {
      const row = (this.#levels[level] ??= { done: 0, hashes: [] });
      row.hashes.push(hash);
      if (row.hashes.length < TILE_WIDTH) break;
      full.push({ tile: { level, index: row.done++, width: TILE_WIDTH }, bytes: Buffer.concat(row.hashes) });
      hash = rootOf(row.hashes.splice(0));
    }
    return full;
  }

  rest(): { readonly tile: Tile; readonly bytes: Buffer }[] {
    return this.#levels.flatMap(({ done, hashes }, level) =>
      hashes.length === 0 ? [] : [{ tile: { level, index: done, width: hashes.length }, bytes: Buffer.concat(hashes) }],
    );
  }
}

/** Entries of a bundle, each behind its length (uint16, big-endian). @throws ProofInvalid when one is too long */
export function entryBundle(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > BUNDLE_ENTRY_MAX_BYTES) throw new ProofInvalid(`an entry of ${entry.length} bytes does not fit a bundle`);
      return [Buffer.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/** @throws ProofInvalid when the bundle ends within an entry */
export function entriesOf(bundle: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length; ) {
    const length = (bundle[at] ?? 0) * 256 + (bundle[at + 1] ?? Number.NaN);
    const end = at + 2 + length;
    if (!(end <= bundle.length)) throw new ProofInvalid('a bundle ends within an entry');
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
