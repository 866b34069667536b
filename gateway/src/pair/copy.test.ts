/** A copy of a database in use and of files that grow, against real SQLite: what arrives is one moment of the site, whatever happened between two looks. */
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuditLog } from '@keepline/compliance/audit';
import { planPrune, pruneEntries } from '@keepline/compliance/audit-prune';
import { verifyAuditLog } from '@keepline/compliance/audit-verify';
import { newNoteKey, signerFrom } from '@keepline/compliance/note';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { FakeClock } from '@keepline/testkit/fake-clock';
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

it('lets go in the copy of the audit log what was pruned, and begins a new copy without it', async () => {
  const [from, to, late] = [join(home.path, 'from'), join(home.path, 'to'), join(home.path, 'late')];
  const dir = join(from, 'audit');
  const signer = signerFrom(newNoteKey('keepline/demo/audit'));
  const write = async (at: number, entries: number, act: AuditAct = 'audit.read'): Promise<void> => {
    const log = await AuditLog.open({ dir, signer, clock: new FakeClock(at), onFault: (fault) => expect.unreachable(fault.message) });
    const entry = { act, who: 'li', role: 'auditor', from: '10.0.0.7', object: 'audit', outcome: 'intent' } as const;
    const each = Array.from({ length: entries }, (_, i) => ({ ...entry, purpose: 'x'.repeat(200), correlation: `c${at}-${i}` }));
    await Promise.all(each.map((one) => log.append(one)));
    await log.close();
  };
  const [start, then] = [Date.UTC(2026, 0, 2), Date.UTC(2027, 5, 1)];
  mkdirSync(dir, { recursive: true });
  await write(start, 600);
  const source = new CopySource(from, {});
  const target = new CopyTarget(to, join(home.path, 'work'));
  await target.take(source.parcel());
  const rules = { retentionDays: 400, exportBeforePrune: false };
  await write(then, 3, 'audit.prune');
  const plan = await planPrune(dir, signer.verifierKey, rules.retentionDays, then);
  expect(plan.to).toBe(512);
  await pruneEntries({ dir, signer, clock: new FakeClock(then), rules, plan, act: `c${then}-0` });
  await write(then, 2);
  const verdict = { ok: true, entries: 605, pruned: { entries: 512 } };
  expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject(verdict);
  const sent = async (of: CopySource, into: CopyTarget): Promise<number> => {
    let bytes = 0;
    const counted = async function* (): AsyncGenerator<Buffer> {
      for await (const piece of of.parcel()) {
        bytes += piece.length;
        yield piece;
      }
    };
    await into.take(counted());
    return bytes;
  };
  await sent(source, target);
  await sent(new CopySource(from, {}), new CopyTarget(late, join(home.path, 'work')));
  for (const copy of [to, late]) {
    const entries = join(copy, 'audit/entries.jsonl');
    expect(readFileSync(entries).subarray(0, plan.bytes)).toEqual(Buffer.alloc(plan.bytes));
    expect(readFileSync(entries)).toEqual(readFileSync(join(dir, 'entries.jsonl')));
    expect(statSync(entries).blocks * 512).toBeLessThan(statSync(entries).size - 50_000);
    expect(await verifyAuditLog(join(copy, 'audit'), signer.verifierKey)).toMatchObject(verdict);
  }
  expect(await sent(source, target)).toBeLessThan(200);
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
