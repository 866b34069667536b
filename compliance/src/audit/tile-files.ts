/**
 * The full hash tiles of a log as files, `tile/<L>/<N>` as C2SP tlog-tiles names them. All full tiles under a checkpoint are durable before it
 * is signed; a process that dies in between leaves nothing that counts, and its heir writes the same bytes again. Partial tiles are not
 * written: they are the end of the index of hashes, which `hashes` reads instead.
 */
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NodeAt } from '../tlog/range-root.ts';
import { TILE_WIDTH, tilePath } from '../tlog/tile.ts';
import type { FullTile } from '../tlog/tile-tree.ts';
import { HASH_BYTES, rootOf } from '../tlog/tree-hash.ts';
import { replaceFile } from './new-file.ts';

/** Files written side by side: as many as the process has threads for files. */
const WRITES_AT_ONCE = 4;
/** Tiles kept in memory by one reader: 512 KB. */
const CACHED_TILES = 64;
const TILE_BYTES = TILE_WIDTH * HASH_BYTES;
/** A tile of level 1 covers so many levels of the tree. */
const TILE_HEIGHT = 8;

/** Writes tiles durably, each appearing whole under its name. @throws what the disk says; then the tiles may be written again */
export async function writeTiles(dir: string, tiles: readonly FullTile[]): Promise<void> {
  const folders = new Set<string>();
  for (const { tile } of tiles) folders.add(dirname(join(dir, tilePath(tile))));
  for (const folder of folders) await makeFolder(dir, folder);
  for (let i = 0; i < tiles.length; i += WRITES_AT_ONCE)
    await Promise.all(tiles.slice(i, i + WRITES_AT_ONCE).map(({ tile, bytes }) => replaceFile(join(dir, tilePath(tile)), bytes)));
  for (const folder of folders) await syncFolder(folder);
}

/** The hashes of a full tile. @returns undefined when it is not there or not whole: then the index has them */
export async function readTile(dir: string, level: number, index: number): Promise<Buffer[] | undefined> {
  const bytes = await readFile(join(dir, tilePath({ level, index, width: TILE_WIDTH }))).catch((thrown: unknown) => {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  });
  if (bytes?.length !== TILE_BYTES) return undefined;
  return Array.from({ length: TILE_WIDTH }, (_, i) => bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
}

/**
 * Nodes of the tree of the first `size` entries, from tiles; leaves that no full tile holds come from `leaves`. A node costs one tile, and
 * at the right edge, where a tile above level 0 is not full yet, at most 255 of the level below. Nothing is trusted: whoever uses a node
 * ends at a signed root.
 */
export function nodesOf(dir: string, leaves: (from: number, to: number) => Promise<readonly Uint8Array[]>): NodeAt {
  const cache = new Map<string, Buffer[]>();
  const tileOf = async (level: number, index: number): Promise<Buffer[] | undefined> => {
    const name = `${level}/${index}`;
    const found = cache.get(name) ?? (await readTile(dir, level, index));
    if (found) cache.set(name, found);
    for (const oldest of cache.keys()) if (cache.size > CACHED_TILES) cache.delete(oldest);
    return found;
  };
  /** Hashes of one level of tiles, `from` up to before `to`, all within one tile. */
  const hashes = async (level: number, from: number, to: number): Promise<readonly Uint8Array[]> => {
    const index = Math.floor(from / TILE_WIDTH);
    const full = await tileOf(level, index);
    if (full) return full.slice(from - index * TILE_WIDTH, to - index * TILE_WIDTH);
    if (level === 0) return leaves(from, to);
    const below: Uint8Array[] = [];
    for (let i = from; i < to; i++) below.push(rootOf(await hashes(level - 1, i * TILE_WIDTH, (i + 1) * TILE_WIDTH)));
    return below;
  };
  return async (level, index) => {
    const width = 2 ** (level % TILE_HEIGHT);
    return rootOf(await hashes(Math.floor(level / TILE_HEIGHT), index * width, (index + 1) * width));
  };
}

/** A new folder is durable when its parent is: each level up to that of the log, once. */
async function makeFolder(dir: string, folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  for (let path = folder; path.length >= dir.length; path = dirname(path)) await syncFolder(path);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
