import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, describe, expect, it } from 'vitest';
import { BoundedLog, turns } from './bounded-log.ts';

const folders: TempDir[] = [];
afterEach(() => folders.splice(0).forEach((folder) => folder.remove()));

function path(): string {
  const folder = tempDir();
  folders.push(folder);
  return join(folder.path, 'gateway.log');
}

describe('a log that cannot fill the disk', () => {
  it('moves the oldest first, so that nothing is overwritten before it moved', () => {
    expect(turns('a.log', 3)).toEqual([
      { from: 'a.log.2', to: 'a.log.3' },
      { from: 'a.log.1', to: 'a.log.2' },
      { from: 'a.log', to: 'a.log.1' },
    ]);
  });

  it('keeps the newest lines in order within its bound, however much is written', () => {
    const file = path();
    const log = new BoundedLog(file, 100, 2);
    for (let i = 0; i < 1000; i++) log.write(`line ${String(i).padStart(4, '0')}`);
    log.close();
    const files = readdirSync(join(file, '..')).toSorted().toReversed();
    expect(files).toEqual(['gateway.log.2', 'gateway.log.1', 'gateway.log']);
    expect(Math.max(...files.map((name) => statSync(join(file, '..', name)).size))).toBeLessThanOrEqual(100);
    const lines = files.flatMap((name) =>
      readFileSync(join(file, '..', name), 'utf8')
        .trim()
        .split('\n'),
    );
    const last = lines.length;
    expect(last).toBeGreaterThanOrEqual(20);
    expect(lines).toEqual(Array.from({ length: last }, (_, i) => `line ${String(1000 - last + i).padStart(4, '0')}`));
  });

  it('counts what an earlier run wrote', () => {
    const file = path();
    writeFileSync(file, 'x'.repeat(95));
    const log = new BoundedLog(file, 100, 2);
    log.write('after the restart');
    log.close();
    expect(readFileSync(file, 'utf8')).toBe('after the restart\n');
    expect(readFileSync(`${file}.1`, 'utf8')).toHaveLength(95);
  });

  it('counts bytes, not characters, and is closed to other users', () => {
    const file = path();
    const log = new BoundedLog(file, 100, 1);
    for (let i = 0; i < 10; i++) log.write('守线守线守线守线');
    log.close();
    expect(statSync(file).size).toBeLessThanOrEqual(100);
    expect(statSync(file).mode & 0o077).toBe(0);
  });
});
