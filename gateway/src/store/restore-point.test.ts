import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimDataFormat, DATA_FORMAT_FILE, DATA_FORMATS, judgeFormats } from './data-format.ts';
import { putBackRestorePoint, RESTORE_POINTS_MAX, restorePoints } from './restore-point.ts';
import { Store, type TableFamily } from './store.ts';

const family = (...further: string[]): TableFamily[] => [
  { name: 'notes', statements: ['CREATE TABLE notes (word TEXT NOT NULL) STRICT', ...further] },
];
const NEXT = 'ALTER TABLE notes ADD COLUMN colour TEXT';

let folder: TempDir;
let path: string;
beforeEach(() => {
  folder = tempDir();
  path = join(folder.path, 'main.db');
});
afterEach(() => folder.remove());

const write = async (families: readonly TableFamily[], word: string): Promise<void> => {
  const store = await Store.open(path, families);
  await store.write((tx) => tx.run('INSERT INTO notes (word) VALUES (?)', word));
  await store.close();
};
const words = async (families: readonly TableFamily[]): Promise<string[]> => {
  const store = await Store.open(path, families);
  const rows = await store.read.all<{ word: string }>('SELECT word FROM notes ORDER BY word');
  await store.close();
  return rows.map(({ word }) => word);
};

describe('a restore point', () => {
  it('is taken before tables change, and never for a new database or one that is up to date', async () => {
    await write(family(), 'first');
    await write(family(), 'second');
    expect(await restorePoints(path)).toEqual([]);
    await write(family(NEXT), 'third');
    expect(await restorePoints(path)).toHaveLength(1);
  });

  it('lets the version before start again, and keeps what the later one wrote aside', async () => {
    await write(family(), 'before');
    await write(family(NEXT), 'after');
    await expect(Store.open(path, family())).rejects.toMatchObject({ code: 'STORE_NEWER' });
    expect(await putBackRestorePoint(path, family())).toMatch(/^main-/);
    expect(await words(family())).toEqual(['before']);
    expect(existsSync(join(folder.path, 'restore-points/aside.db'))).toBe(true);
  });

  it('leaves a database alone that the version knows', async () => {
    await write(family(), 'mine');
    await write(family(NEXT), 'newer');
    expect(await putBackRestorePoint(path, family(NEXT))).toBeUndefined();
    expect(await words(family(NEXT))).toEqual(['mine', 'newer']);
  });

  it('that no copy serves is told, and the database stays', async () => {
    await write(family(NEXT), 'made by the later version');
    await expect(putBackRestorePoint(path, family())).rejects.toMatchObject({ code: 'STORE_RESTORE_POINT_ABSENT' });
    expect(await words(family(NEXT))).toEqual(['made by the later version']);
  });

  it('goes when there are more than are kept', async () => {
    const steps: string[] = [];
    for (let i = 0; i <= RESTORE_POINTS_MAX + 2; i++) {
      await write(family(...steps), `w${i}`);
      steps.push(`ALTER TABLE notes ADD COLUMN c${i} TEXT`);
    }
    expect(await restorePoints(path)).toHaveLength(RESTORE_POINTS_MAX);
  });
});

describe('the format of a data folder', () => {
  it('is written down at the first start and read at the next', () => {
    claimDataFormat(folder.path);
    expect(JSON.parse(readFileSync(join(folder.path, DATA_FORMAT_FILE), 'utf8'))).toEqual(DATA_FORMATS);
    claimDataFormat(folder.path);
  });

  it('that is newer than this version, or of a kind it does not know, is refused and left as it is', () => {
    const newer = JSON.stringify({ ...DATA_FORMATS, recordings: 2 });
    writeFileSync(join(folder.path, DATA_FORMAT_FILE), newer);
    expect(() => claimDataFormat(folder.path)).toThrow(expect.objectContaining({ code: 'DATA_FORMAT_NEWER', offending: 'recordings' }));
    expect(readFileSync(join(folder.path, DATA_FORMAT_FILE), 'utf8')).toBe(newer);
    expect(() => judgeFormats({ holograms: 1 }, DATA_FORMATS)).toThrow(expect.objectContaining({ code: 'DATA_FORMAT_NEWER' }));
  });

  it('that cannot be read is refused', () => {
    for (const text of ['', '[', 'null', '{"audit":"one"}']) {
      writeFileSync(join(folder.path, DATA_FORMAT_FILE), text);
      expect(() => claimDataFormat(folder.path)).toThrow(expect.objectContaining({ code: 'DATA_FORMAT_UNREADABLE' }));
    }
  });
});
