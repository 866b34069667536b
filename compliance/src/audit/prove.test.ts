import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newNoteKey, signerFrom, verifierFrom } from '../tlog/signed-note.ts';
import { AuditLog } from './audit-log.ts';
import { listEntries } from './list.ts';
import { findEntry, proveEntry, verifyEntryProof } from './prove.ts';
import { sampleEntry, smallLog } from './testing/small-log.ts';

const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const verifier = verifierFrom(signer.verifierKey);
const clock = new FakeClock(Date.UTC(2026, 0, 2));
let home: TempDir;
let dir = '';
beforeAll(async () => {
  home = tempDir();
  dir = join(home.path, 'audit');
  await smallLog(dir, signer, clock, [4, 5]);
});
afterAll(() => home.remove());

describe('the proof of an entry', () => {
  it('carries the entry, and holds with the public key alone', async () => {
    const lines = readFileSync(join(dir, 'entries.jsonl'), 'utf8').split('\n');
    for (let number = 0; number < 9; number++) {
      const proven = verifyEntryProof(await proveEntry(dir, verifier, number), signer.verifierKey);
      expect(proven).toEqual({ origin: 'keepline/demo/audit', entry: number, size: number < 4 ? 4 : 9, line: lines[number] });
    }
  });

  it('stays the same when the log grows', async () => {
    const before = await proveEntry(dir, verifier, 2);
    await smallLog(dir, signer, clock, [1]);
    expect(await proveEntry(dir, verifier, 2)).toBe(before);
  });

  it('does not hold after a change of any byte, nor with another key', async () => {
    const proof = Buffer.from(await proveEntry(dir, verifier, 6));
    for (let i = 0; i < proof.length; i++) {
      const changed = Buffer.from(proof);
      changed[i] = (changed[i] ?? 0) ^ (1 << (i % 8));
      expect(() => verifyEntryProof(changed.toString('utf8'), signer.verifierKey), `byte ${i}`).toThrow(/does not hold/);
    }
    const other = signerFrom(newNoteKey('keepline/demo/audit'));
    expect(() => verifyEntryProof(proof.toString('utf8'), other.verifierKey)).toThrow(/does not hold/);
  });

  it('is refused for an entry that is not there or that no checkpoint covers yet', async () => {
    await expect(proveEntry(dir, verifier, 1000)).rejects.toMatchObject({ code: 'AUDIT_ENTRY_ABSENT' });
    const log = await AuditLog.open({ dir, signer, clock, onFault: () => {} });
    const number = await log.append(sampleEntry('fresh'));
    await expect(proveEntry(dir, verifier, number)).rejects.toMatchObject({ code: 'AUDIT_UNSIGNED' });
    await log.checkpoint();
    expect(verifyEntryProof(await proveEntry(dir, verifier, number), signer.verifierKey)).toMatchObject({ entry: number });
    await log.close();
  });

  it('is not made from a log that was changed', async () => {
    const broken = join(home.path, 'broken');
    await smallLog(broken, signer, clock, [4]);
    const index = readFileSync(join(broken, 'entries.index'));
    index[3 * 40 + 20] = (index[3 * 40 + 20] ?? 0) ^ 1; // the hash of another entry
    writeFileSync(join(broken, 'entries.index'), index);
    await expect(proveEntry(broken, verifier, 0)).rejects.toMatchObject({ code: 'TLOG_PROOF_INVALID' });
    await expect(proveEntry(broken, verifier, 3)).rejects.toMatchObject({ code: 'AUDIT_DAMAGED', offending: 3 });
  });
});

describe('finding entries', () => {
  it('by correlation gives the last one, which is the outcome', async () => {
    const log = await AuditLog.open({ dir, signer, clock, onFault: () => {} });
    await log.append(sampleEntry('act-1'));
    await log.append({ ...sampleEntry('other'), object: 'act-1' });
    const outcome = await log.append({ ...sampleEntry('act-1'), outcome: 'done' });
    await log.append(sampleEntry('act-11'));
    await log.close();
    expect(await findEntry(dir, 'act-1')).toBe(outcome);
    await expect(findEntry(dir, 'act-2')).rejects.toMatchObject({ code: 'AUDIT_ENTRY_ABSENT' });
  });

  it('lists the newest in the order of the log, of one act when asked', async () => {
    const many = join(home.path, 'many');
    const log = await AuditLog.open({ dir: many, signer, clock, onFault: () => {} });
    await Promise.all(
      Array.from({ length: 2300 }, (_, i) =>
        log.append({ ...sampleEntry(`c${i}`), act: i % 1100 === 0 ? 'site.start' : 'recording.list' }),
      ),
    );
    await log.close();
    expect((await listEntries(many, { limit: 3 })).map(({ number }) => number)).toEqual([2297, 2298, 2299]);
    expect((await listEntries(many, { limit: 5, act: 'site.start' })).map(({ number }) => number)).toEqual([0, 1100, 2200]);
    expect((await listEntries(many, { limit: 5, act: 'site.start', before: 2200 })).map(({ number }) => number)).toEqual([0, 1100]);
    expect((await listEntries(many, { limit: 5, act: 'site.start', lookAtMost: 1200 })).map(({ number }) => number)).toEqual([1100, 2200]);
    expect(await listEntries(many, { limit: 5, who: 'nobody' })).toEqual([]);
    await expect(listEntries(join(home.path, 'none'), { limit: 1 })).rejects.toMatchObject({ code: 'AUDIT_LOG_ABSENT' });
  });
});
