/**
 * An audit log as the static files of C2SP tlog-tiles, for people who have their own tools: `checkpoint`, `tile/<L>/<N>` and
 * `tile/entries/<N>` (from the oldest bundle that is kept, as the format allows) in a folder that any web server can serve. Checkpoints but the last are left out, as the format has no place for them.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { entryBundle, TILE_WIDTH, TileBuilder, tilePath } from '../tlog/tile.ts';
import type { ExportForm } from './export.ts';

/** @param folder where to; made when missing. Files are 0600 */
export function asTiles(folder: string): ExportForm {
  const tiles = new TileBuilder();
  const files: { readonly path: string; readonly bytes: Uint8Array | string }[] = [];
  let entries: Buffer[] = [];
  let bundles = 0;
  let left = 0;
  let gone = 0;
  const bundle = (): void => {
    if (entries.length === 0) return;
    files.push({ path: tilePath({ level: 'entries', index: bundles++, width: entries.length }), bytes: entryBundle(entries) });
    entries = [];
  };
  const leaf = (hash: Uint8Array): void => {
    for (const { tile, bytes } of tiles.add(hash)) files.push({ path: tilePath(tile), bytes });
    left--;
  };
  return {
    head: (head) => void (left = head.entries),
    prunedLeaf(hash) {
      leaf(hash);
      bundles = Math.floor(++gone / TILE_WIDTH);
    },
    pruned: () => {},
    entry({ hash, line }) {
      entries.push(line);
      leaf(hash);
      if (entries.length === TILE_WIDTH) bundle();
    },
    checkpoint(note) {
      if (left > 0) return;
      bundle();
      for (const { tile, bytes } of tiles.rest()) files.push({ path: tilePath(tile), bytes });
      files.push({ path: 'checkpoint', bytes: note }); // last: a folder without it is not whole
    },
    async flush() {
      for (const { path, bytes } of files.splice(0)) {
        await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
        await writeFile(join(folder, path), bytes, { mode: 0o600, flag: 'wx' });
      }
    },
  };
}
