/** SHA256SUMS of a tree, in the form `sha256sum --check` reads; covers every file but itself and links. */
import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { KeeplineError } from '../before-packages.ts';

export const SUMS = 'SHA256SUMS';

/** Files below `root`, relative, sorted by code unit so that every machine gives the same order. */
export function filesBelow(root: string, folder = ''): string[] {
  return readdirSync(join(root, folder))
    .toSorted()
    .flatMap((name) => {
      const path = folder === '' ? name : `${folder}/${name}`;
      const found = lstatSync(join(root, path));
      if (found.isDirectory()) return filesBelow(root, path);
      return found.isFile() && path !== SUMS ? [path] : [];
    });
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

export async function sumsOf(root: string): Promise<string> {
  const lines: string[] = [];
  for (const path of filesBelow(root)) lines.push(`${await sha256Of(join(root, path))}  ${path}\n`);
  return lines.join('');
}

/** Compares a tree with its SHA256SUMS, both ways. @throws KeeplineError BUNDLE_DAMAGED naming the first file that differs */
export async function verifySums(root: string): Promise<void> {
  const wanted = new Map<string, string>();
  for (const line of readFileSync(join(root, SUMS), 'utf8').split('\n')) if (line !== '') wanted.set(line.slice(66), line.slice(0, 64));
  const damaged = (path: string, why: string): KeeplineError =>
    new KeeplineError('BUNDLE_DAMAGED', `${join(root, path)} ${why}`, {
      hint: 'Unpack the bundle again after its signature was verified; if it happens again, check the disk.',
      offending: path,
    });
  for (const path of filesBelow(root)) {
    const sum = wanted.get(path);
    if (sum === undefined) throw damaged(path, 'is not part of the bundle');
    if (sum !== (await sha256Of(join(root, path)))) throw damaged(path, 'is not as it was packed');
    wanted.delete(path);
  }
  for (const path of wanted.keys()) throw damaged(path, 'is missing');
}
