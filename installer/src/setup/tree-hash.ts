/** One hash over the contents of folders and files, to tell whether something made from them is still current. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const NOT_SOURCES = new Set(['node_modules', 'dist']);

/** SHA-256 (hex) over the names and contents below `paths`; `node_modules`, `dist` and a missing path count as empty. */
export function treeHash(root: string, paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) addTo(hash, root, join(root, path));
  return hash.digest('hex');
}

function addTo(hash: ReturnType<typeof createHash>, root: string, path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) {
    const content = readFileSync(path);
    hash.update(`${relative(root, path)}\0${content.length}\0`).update(content); // the length keeps two files from passing for one
    return;
  }
  for (const name of readdirSync(path).toSorted()) if (!NOT_SOURCES.has(name)) addTo(hash, root, join(path, name));
}
