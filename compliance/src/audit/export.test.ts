import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../tlog/checkpoint.ts';
import { leafHash, rootOf } from '../tlog/merkle.ts';
import { newNoteKey, signerFrom, verifierFrom } from '../tlog/signed-note.ts';
import { entriesOf, hashesOf, tilePath, tilesOf } from '../tlog/tile.ts';
import { AuditLog } from './audit-log.ts';
import { asBundle, exportAuditLog } from './export.ts';
import { asTiles } from './export-tiles.ts';
import { newFile, newFolder } from './new-file.ts';
import { sampleEntry, smallLog } from './testing/small-log.ts';
import { verifyAuditExport } from './verify-export.ts';
import { verifyAuditLog } from './verify.ts';

const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const clock = new FakeClock(Date.UTC(2026, 0, 2));
let home: TempDir;
let dir = '';
let file = '';
let text = '';
const exported = async (from: string): Promise<string> => {
  const pieces: Buffer[] = [];
  await exportAuditLog(
    from,
    verifierFrom(signer.verifierKey),
    asBundle(async (piece) => pieces.push(Buffer.from(piece))),
  );
  return Buffer.concat(pieces).toString('utf8');
};
const verdictOf = (bytes: string | Buffer) => {
  writeFileSync(file, bytes);
  return verifyAuditExport(file, signer.verifierKey);
};

beforeAll(async () => {
  home = tempDir();
  dir = join(home.path, 'audit');
  file = join(home.path, 'audit.export');
  await smallLog(dir, signer, clock, [3, 3]);
  text = await exported(dir);
});
afterAll(() => home.remove());

describe('an exported audit log', () => {
  it('says the same as the folder it came from, with the public key alone', async () => {
    const there = await verifyAuditLog(dir, signer.verifierKey);
    expect(await verdictOf(text)).toEqual(there);
    expect(there).toMatchObject({ ok: true, entries: 6, checkpoints: 2 });
  });

  it('is found to be broken after a change of any bit of any byte', async () => {
    const whole = Buffer.from(text);
    for (let i = 0; i < whole.length; i++) {
      const changed = Buffer.from(whole);
      changed[i] = (changed[i] ?? 0) ^ (1 << (i % 8));
      const { ok, fault } = await verdictOf(changed);
      expect(ok, `byte ${i}`).toBe(false);
      // The place named is never behind the change.
      expect(fault?.offset ?? Number.NaN, `byte ${i}`).toBeLessThanOrEqual(i + 1);
    }
  });

  it('is found to be broken after any byte was removed or put in, and when it is cut anywhere', async () => {
    for (let i = 0; i < text.length; i += 5) {
      expect((await verdictOf(text.slice(0, i) + text.slice(i + 1))).ok, `without byte ${i}`).toBe(false);
      expect((await verdictOf(`${text.slice(0, i)}0${text.slice(i)}`)).ok, `with a byte at ${i}`).toBe(false);
      expect((await verdictOf(text.slice(0, i))).ok, `cut at ${i}`).toBe(false);
    }
    expect((await verdictOf(`${text}\n`)).ok).toBe(false);
  });

  const lines = (): string[] => text.split('\n').slice(0, -1);
  it.each([
    ['removed', (all: string[]) => all.toSpliced(5, 1), 1],
    ['inserted', (all: string[]) => all.toSpliced(6, 0, all[5] ?? ''), 2],
    ['swapped', (all: string[]) => all.with(5, all[6] ?? '').with(6, all[5] ?? ''), 1],
  ])('names entry and byte when a line was %s', async (_how, change, entry) => {
    const changed = change(lines());
    const offset = changed.slice(0, 4 + entry).reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    expect(await verdictOf(`${changed.join('\n')}\n`)).toMatchObject({ ok: false, fault: { entry, offset, file: 'audit.export' } });
  });

  it('with entries, hashes and numbers forged alike is found at the checkpoint, which says between which entries', async () => {
    const forgery = join(home.path, 'forged');
    await smallLog(forgery, signer, new FakeClock(Date.UTC(2027, 0, 1)), [3, 3]);
    const forged = (await exported(forgery)).split('\n').slice(0, -1);
    const mixed = lines().map((line, i) => (i >= 8 && i < 11 ? (forged[i] ?? '') : line));
    expect(await verdictOf(`${mixed.join('\n')}\n`)).toMatchObject({ ok: false, signed: 3, fault: { entry: 3, until: 6 } });
  });

  it('of another site, of nothing, and cut back to nothing is not taken', async () => {
    const other = signerFrom(newNoteKey('keepline/other/audit'));
    writeFileSync(file, text);
    expect(await verifyAuditExport(file, other.verifierKey)).toMatchObject({
      ok: false,
      fault: { why: expect.stringMatching(/the key is of keepline\/other/) },
    });
    expect(await verdictOf('')).toMatchObject({ ok: false });
    expect(await verdictOf(text.slice(0, text.indexOf('\n\n') + 2).replace('entries 6', 'entries 0'))).toMatchObject({ ok: false });
    await expect(verifyAuditExport(join(home.path, 'none'), signer.verifierKey)).rejects.toMatchObject({ code: 'AUDIT_FILE_UNREADABLE' });
  });

  it('is not made of a log that does not hold', async () => {
    const broken = join(home.path, 'broken');
    await smallLog(broken, signer, clock, [2]);
    const entries = readFileSync(join(broken, 'entries.jsonl'));
    entries[200] = (entries[200] ?? 0) ^ 1;
    writeFileSync(join(broken, 'entries.jsonl'), entries);
    await expect(exported(broken)).rejects.toMatchObject({ code: 'AUDIT_DAMAGED', offending: entries.indexOf('\n') < 200 ? 1 : 0 });
  });
});

describe('an audit log exported as tiles', () => {
  it('gives a reader of C2SP tlog-tiles the entries and the root of its checkpoint', async () => {
    const big = join(home.path, 'big');
    const log = await AuditLog.open({ dir: big, signer, clock, onFault: () => {} });
    await Promise.all(Array.from({ length: 1300 }, (_, i) => log.append(sampleEntry(`c${i}`))));
    await log.close();
    const folder = join(home.path, 'tiles');
    await exportAuditLog(big, verifierFrom(signer.verifierKey), asTiles(folder));

    const { size, root } = openCheckpoint(readFileSync(join(folder, 'checkpoint'), 'utf8'), verifierFrom(signer.verifierKey));
    expect(size).toBe(1300);
    const bottom = [...tilesOf(size)].filter(({ level }) => level === 0);
    const leaves = bottom.flatMap((tile) => hashesOf(readFileSync(join(folder, tilePath(tile))), tile.width));
    expect(rootOf(leaves)).toEqual(root);
    const entries = bottom.flatMap((tile) => entriesOf(readFileSync(join(folder, tilePath({ ...tile, level: 'entries' })))));
    expect(entries.map((one) => `${Buffer.from(one).toString('utf8')}\n`).join('')).toBe(readFileSync(join(big, 'entries.jsonl'), 'utf8'));
    expect(entries.map(leafHash)).toEqual(leaves);
    const upper = hashesOf(readFileSync(join(folder, 'tile/1/000.p/5')), 5);
    expect(upper[4]).toEqual(rootOf(leaves.slice(1024, 1280)));
  });
});

describe('a new folder', () => {
  it('appears when it is published, never over another, and leaves nothing when it is not', async () => {
    const path = join(home.path, 'folder');
    for (const wins of [true, false]) {
      const made = await newFolder(path);
      writeFileSync(join(made.path, 'a'), String(wins));
      if (wins) await made.publish();
      else await expect(made.publish()).rejects.toMatchObject({ code: 'EXPORT_TARGET_EXISTS' });
      await made.close();
    }
    expect(readFileSync(join(path, 'a'), 'utf8')).toBe('true');
    expect(readdirSync(home.path).filter((name) => name.startsWith('folder'))).toEqual(['folder']);
  });
});

describe('a new file', () => {
  it('is private, appears when it is published, and never over another', async () => {
    const path = join(home.path, 'new');
    for (const [words, wins] of [
      ['first', true],
      ['second', false],
    ] as const) {
      const made = await newFile(path);
      await made.write(words);
      if (wins) await made.publish();
      else await expect(made.publish()).rejects.toMatchObject({ code: 'EXPORT_TARGET_EXISTS' });
      await made.close();
    }
    expect(readFileSync(path, 'utf8')).toBe('first');
    expect(statSync(path).mode & 0o077).toBe(0);
  });
});
