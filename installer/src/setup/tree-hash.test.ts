import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, describe, expect, it } from 'vitest';
import { treeHash } from './tree-hash.ts';

const folder = tempDir();
afterAll(() => folder.remove());
const at = (path: string): string => join(folder.path, path);

describe('the hash that tells whether something is still current', () => {
  mkdirSync(at('src/node_modules'), { recursive: true });
  writeFileSync(at('src/a.ts'), 'one');
  writeFileSync(at('src/b.ts'), 'two');
  const before = treeHash(folder.path, ['src', 'not-there']);

  it('stays when nothing changed, also below node_modules', () => {
    writeFileSync(at('src/node_modules/x.js'), 'noise');
    expect(treeHash(folder.path, ['src', 'not-there'])).toBe(before);
  });

  it('changes with a byte, with a name, and with where one file ends and the next begins', () => {
    writeFileSync(at('src/a.ts'), 'onf');
    const byte = treeHash(folder.path, ['src']);
    writeFileSync(at('src/a.ts'), 'one');
    renameSync(at('src/b.ts'), at('src/c.ts'));
    const name = treeHash(folder.path, ['src']);
    renameSync(at('src/c.ts'), at('src/b.ts'));
    writeFileSync(at('src/a.ts'), 'onet');
    writeFileSync(at('src/b.ts'), 'wo');
    const border = treeHash(folder.path, ['src']);
    expect(new Set([before, byte, name, border]).size).toBe(4);
  });
});
