/** A copy of a database in use and of files that grow, against real SQLite: what arrives is one moment of the site, whatever happened between two looks. */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, expect, it } from 'vitest';
import { Connection } from '../store/connection.ts';
import { integrityOf } from '../store/snapshot.ts';
import { CopySource } from './copy-source.ts';
import { CopyTarget } from './copy-target.ts';

const home = tempDir();
afterEach(() => home.remove());

it('brings every state of a database that is written to, with few bytes, across checkpoints and a WAL that begins again', async () => {
  const [from, to] = [join(home.path, 'from'), join(home.path, 'to')];
  for (const dir of [from, join(from, 'recordings'), to]) mkdirSync(dir, { recursive: true });
  const database = await Connection.open(join(from, 'main.db'));
  await database.exec('PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=40; CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT)');
  const source = new CopySource(from, {});
  const target = new CopyTarget(to, join(home.path, 'work'));
  const sizes: number[] = [];
  for (let round = 1; round <= 30; round++) {
    for (let i = 0; i < round; i++) await database.run('INSERT INTO t(text) VALUES (?)', `${round}`.repeat(200));
    if (round % 7 === 0) await database.exec('DELETE FROM t WHERE id % 5 = 0');
    if (round === 20) await database.exec('PRAGMA wal_checkpoint(TRUNCATE); VACUUM');
    let bytes = 0;
    const counted = async function* (): AsyncGenerator<Buffer> {
      for await (const piece of source.parcel()) {
        bytes += piece.length;
        yield piece;
      }
    };
    expect(await target.take(counted())).toBe(round);
    sizes.push(bytes);
    const copy = await Connection.open(join(to, 'main.db'));
    const sum = 'SELECT count(*) AS n, sum(id) AS ids, sum(length(text)) AS chars FROM t';
    expect(await copy.get(sum)).toEqual(await database.get(sum));
    await copy.close();
    expect(await integrityOf(join(to, 'main.db'))).toBe('ok');
  }
  let idle = 0;
  for await (const piece of source.parcel()) idle += piece.length;
  expect(idle).toBeLessThan(200);
  expect(sizes[1]).toBeLessThan(30_000);
  await database.close();
});

it('follows a recording while it grows, through its new name, and lets go what is gone', async () => {
  const [from, to] = [join(home.path, 'from'), join(home.path, 'to')];
  for (const dir of [from, join(from, 'recordings'), join(from, 'audit'), to]) mkdirSync(dir, { recursive: true });
  const source = new CopySource(from, {});
  const target = new CopyTarget(to, join(home.path, 'work'));
  const same = (path: string): void => expect(readFileSync(join(to, path)).compare(readFileSync(join(from, path)))).toBe(0);
  const part = 'recordings/r1.wav.age.part';
  writeFileSync(join(from, part), Buffer.alloc(65_700));
  writeFileSync(join(from, 'recordings/r1.tail'), Buffer.alloc(393_216, 1));
  writeFileSync(join(from, 'site.yaml'), 'site: a\n');
  await target.take(source.parcel());
  for (const path of [part, 'recordings/r1.tail', 'site.yaml']) same(path);
  for (let i = 2; i < 40; i++) appendFileSync(join(from, part), Buffer.alloc(65_552, i));
  writeFileSync(join(from, 'recordings/r1.tail'), Buffer.alloc(393_216, 2));
  appendFileSync(join(from, 'audit/entries.jsonl'), 'one\n');
  await target.take(source.parcel());
  for (const path of [part, 'recordings/r1.tail', 'audit/entries.jsonl']) same(path);
  const whole = readFileSync(join(from, part));
  whole.fill(9, 200, 65_700);
  writeFileSync(join(from, part), whole);
  appendFileSync(join(from, part), Buffer.alloc(100, 7));
  renameSync(join(from, part), join(from, 'recordings/r1.wav.age'));
  await target.take(source.parcel());
  same('recordings/r1.wav.age');
  expect(() => readFileSync(join(to, part))).toThrow('ENOENT');
});

it('makes a file shorter that was made anew, and one that was longer in the copy from before', async () => {
  const [from, to] = [join(home.path, 'from'), join(home.path, 'to')];
  for (const dir of [from, join(from, 'audit'), join(to, 'audit')]) mkdirSync(dir, { recursive: true });
  const entries = 'audit/entries.jsonl';
  const target = new CopyTarget(to, join(home.path, 'work'));
  const source = new CopySource(from, {});
  const takes = async (bytes: number): Promise<boolean> => {
    writeFileSync(join(from, entries), Buffer.alloc(bytes, bytes % 251));
    await target.take(source.parcel());
    return readFileSync(join(to, entries)).equals(readFileSync(join(from, entries)));
  };
  writeFileSync(join(to, entries), Buffer.alloc(5_000_000, 9));
  expect([await takes(3_000_000), await takes(2_000_000)]).toEqual([true, true]);
});

it('takes nothing from a parcel that broke off', async () => {
  const [from, to] = [join(home.path, 'from'), join(home.path, 'to')];
  for (const dir of [from, join(from, 'recordings'), to]) mkdirSync(dir, { recursive: true });
  writeFileSync(join(from, 'site.yaml'), 'site: a\n');
  const target = new CopyTarget(to, join(home.path, 'work'));
  const broken = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of new CopySource(from, {}).parcel()) {
      yield piece;
      return;
    }
  };
  await expect(target.take(broken())).rejects.toThrow('broke off');
  expect(() => readFileSync(join(to, 'site.yaml'))).toThrow('ENOENT');
});
