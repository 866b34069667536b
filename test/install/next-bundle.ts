/**
 * A later version of a bundle, made from the bundle itself: one table more, other sums, another name, a signature of its own. With `broken` its
 * gateway ends before it opens a door, after it has changed the tables: the hardest case for a way back.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '@keepline/testkit/program';
import type { BundleFacts } from '../../installer/src/bundle/bundle-facts.ts';
import { SUMS, sumsOf } from '../../installer/src/bundle/checksums.ts';

export interface NextBundle {
  readonly version: string;
  readonly file: string;
}

/** @param folder where bundle, secret key and what is made lie @returns the version and the file, signed */
export async function nextBundle(
  folder: string,
  { bundle, secretKey, version, broken }: { bundle: string; secretKey: string; version: string; broken: boolean },
): Promise<NextBundle> {
  const file = join(folder, `keepline-${version}.tar.zst`);
  const name = `keepline-${version}`;
  execFileSync('tar', ['-I', 'zstd', '-xf', bundle, '--one-top-level=unpacked'], { cwd: folder });
  const facts = (tree: string): BundleFacts => JSON.parse(readFileSync(join(tree, 'bundle.json'), 'utf8')) as BundleFacts;
  const [old = ''] = execFileSync('ls', [join(folder, 'unpacked')], { encoding: 'utf8' }).split('\n');
  const tree = join(folder, name);
  renameSync(join(folder, 'unpacked', old), tree);
  writeFileSync(join(tree, 'bundle.json'), `${JSON.stringify({ ...facts(tree), version }, null, 2)}\n`);
  const table = `made_by_${version.replaceAll(/\W/g, '_')}`;
  change(join(tree, 'gateway/src/store/tables/all.ts'), /\n\];\s*$/, (end) => {
    return `\n  { name: '${table}', statements: ['CREATE TABLE ${table} (word TEXT) STRICT'] },${end}`;
  });
  if (broken)
    change(
      join(tree, 'gateway/src/main.ts'),
      '  const { log, store, events, onFault } = ground;\n',
      (line) => `${line}  if (log) throw new KeeplineError('BROKEN', 'planted', { hint: 'none' });\n`,
    );
  writeFileSync(join(tree, SUMS), await sumsOf(tree));
  execFileSync('tar', ['-I', 'zstd -q -1 -T0', '-cf', file, name], { cwd: folder });
  execFileSync(findProgram('minisign'), ['-S', '-H', '-s', secretKey, '-m', file], { stdio: 'ignore' });
  for (const path of [tree, join(folder, 'unpacked')]) rmSync(path, { recursive: true });
  return { version, file };
}

/** @throws Error when the text is not there: then the tree has changed and this must be thought over */
function change(path: string, what: string | RegExp, to: (found: string) => string): void {
  const text = readFileSync(path, 'utf8');
  const changed = text.replace(what, to);
  if (changed === text) throw new Error(`${path} does not hold ${String(what)}`);
  writeFileSync(path, changed);
}
