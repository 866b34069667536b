import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newNoteKey, signerFrom, verifierFrom } from '../tlog/signed-note.ts';
import { AuditLog } from './audit-log.ts';
import { audited } from './audited.ts';
import { asBundle, exportAuditLog } from './export.ts';
import { asTiles } from './export-tiles.ts';
import { listEntries } from './list.ts';
import { newFolder } from './new-file.ts';
import { planPrune, pruneEntries, type PruneRules } from './prune.ts';
import { PRUNED_FILE, signPruned } from './pruned.ts';
import { proveConsistency, proveEntry, verifyEntryProof } from './prove.ts';
import { smallLog } from './testing/small-log.ts';
import { verifyAuditExport } from './verify-export.ts';
import { verifyAuditLog } from './verify.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 2);
const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const verifier = verifierFrom(signer.verifierKey);
const rules: PruneRules = { retentionDays: 400, exportBeforePrune: true };
let home: TempDir;
let before = '';
let dir = '';
let clock: FakeClock;

const path = (name: string): string => join(dir, name);
const verdict = () => verifyAuditLog(dir, signer.verifierKey);
async function exportTo(file: string, covering?: number): Promise<string> {
  const pieces: Buffer[] = [];
  await exportAuditLog(
    dir,
    verifier,
    asBundle(async (piece) => pieces.push(Buffer.from(piece))),
    covering,
  );
  writeFileSync(join(home.path, file), Buffer.concat(pieces));
  return join(home.path, file);
}
async function prune(exported?: string, given = rules): Promise<number> {
  const log = await AuditLog.open({ dir, signer, clock, onFault: (fault) => expect.unreachable(fault.message) });
  try {
    await log.checkpoint();
    const plan = await planPrune(dir, signer.verifierKey, given.retentionDays, clock.now());
    const who = { who: 'os:test', role: 'operator', from: 'console', object: `audit:${plan.from}-${plan.to}`, purpose: '' };
    return await audited(log, 'audit.prune', { ...who, correlation: 'act-prune' }, () =>
      pruneEntries({ dir, signer, clock, rules: given, plan, act: 'act-prune', exported }),
    );
  } finally {
    await log.close();
  }
}

/** 600 entries of one day, 100 of 300 days later; seen 450 days after the first. */
beforeAll(async () => {
  home = tempDir();
  before = join(home.path, 'before');
  await smallLog(before, signer, new FakeClock(START), [300, 300]);
  await smallLog(before, signer, new FakeClock(START + 300 * DAY_MS), [100]);
});
beforeEach(() => {
  dir = join(home.path, 'audit');
  rmSync(dir, { recursive: true, force: true });
  cpSync(before, dir, { recursive: true });
  clock = new FakeClock(START + 450 * DAY_MS);
});
afterAll(() => home.remove());

describe('pruning the audit log', () => {
  it('takes whole bundles of what is old enough and nothing else; less than six months is refused', async () => {
    const at = (days: number, nowMs = clock.now()) => planPrune(dir, signer.verifierKey, days, nowMs);
    expect(await at(400)).toMatchObject({ from: 0, to: 512, newest: '2026-01-02T00:00:00.000Z' });
    expect((await at(400)).bytes).toBe(
      Buffer.byteLength(readFileSync(path('entries.jsonl'), 'utf8').split('\n').slice(0, 512).join('\n')) + 1,
    );
    expect(await at(451)).toMatchObject({ from: 0, to: 0, newest: '', bytes: 0 });
    await expect(at(182)).rejects.toMatchObject({ code: 'AUDIT_PRUNE_REFUSED' });
  });

  it('leaves a log that verifies, says what went, goes on and is whole again after the next opening', async () => {
    const firstLine = readFileSync(path('entries.jsonl'), 'utf8').split('\n')[0] ?? '';
    const freed = await prune(await exportTo('first.export'));
    expect(freed).toBeGreaterThan(50_000);
    expect(readFileSync(path('entries.jsonl')).includes(firstLine)).toBe(false);
    const found = await verdict();
    expect(found).toMatchObject({ ok: true, entries: 702, signed: 702, pruned: { entries: 512, newest: '2026-01-02T00:00:00.000Z' } });
    expect(found.remnantBytes).toBeUndefined();
    rmSync(path('checkpoint')); // then all is replayed from the index
    await smallLog(dir, signer, clock, [3]);
    expect(await verdict()).toMatchObject({ ok: true, entries: 705 });
    expect(await listEntries(dir, { limit: 1000 })).toHaveLength(705 - 512);
    expect(existsSync(path('tile/0/000'))).toBe(true);
    expect((await proveConsistency(dir, 300, 705)).length).toBeGreaterThan(0);
  });

  it('proves an entry that went, from the export made before', async () => {
    const exported = await exportTo('first.export');
    const whole = await proveEntry(dir, verifier, 7);
    await prune(exported);
    await expect(proveEntry(dir, verifier, 7)).rejects.toMatchObject({ code: 'AUDIT_ENTRY_PRUNED' });
    expect(await proveEntry(dir, verifier, 7, exported)).toBe(whole);
    expect(verifyEntryProof(whole, signer.verifierKey)).toMatchObject({ entry: 7 });
    const other = join(home.path, 'other.export');
    writeFileSync(other, readFileSync(exported, 'utf8').replace('"correlation":"c7"', '"correlation":"x7"'));
    await expect(proveEntry(dir, verifier, 7, other)).rejects.toMatchObject({ code: 'TLOG_PROOF_INVALID' });
  });

  it('is refused without an export that holds what goes, and then nothing is gone', async () => {
    const lines = readFileSync(path('entries.jsonl'), 'utf8');
    const short = await exportTo('short.export', 300);
    const broken = join(home.path, 'broken.export');
    writeFileSync(broken, readFileSync(await exportTo('whole.export'), 'utf8').replace('agent1', 'agent2'));
    for (const exported of [undefined, short, broken]) await expect(prune(exported)).rejects.toMatchObject({ code: 'AUDIT_PRUNE_REFUSED' });
    expect(readFileSync(path('entries.jsonl'), 'utf8').startsWith(lines)).toBe(true);
    expect(await verdict()).toMatchObject({ ok: true, entries: 706 });
    await prune(undefined, { ...rules, exportBeforePrune: false });
    expect(await verdict()).toMatchObject({ ok: true, pruned: { entries: 512 } });
  });

  it('is exported as a log that begins later, as one file and as tiles, and both verify', async () => {
    const exported = await exportTo('first.export');
    await prune(exported);
    const later = await exportTo('later.export');
    const there = await verdict();
    expect(await verifyAuditExport(later, signer.verifierKey)).toMatchObject({
      ok: true,
      entries: 702,
      root: there.root,
      pruned: there.pruned,
    });
    expect(await verifyAuditExport(exported, signer.verifierKey)).toMatchObject({ ok: true, entries: 700 });
    const kept = [{ origin: verifier.name, size: 300, root: Buffer.alloc(32) }];
    await expect(verifyAuditExport(later, signer.verifierKey, kept)).rejects.toMatchObject({ code: 'AUDIT_ENTRY_PRUNED' });
    const bytes = readFileSync(later);
    const headEnd = bytes.indexOf('512 '); // number of the first entry
    for (let i = 0; i < Math.min(headEnd + 300, bytes.length); i += 7) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ (1 << (i % 8));
      writeFileSync(later, changed);
      expect((await verifyAuditExport(later, signer.verifierKey)).ok, `byte ${i}`).toBe(false);
    }
    const folder = await newFolder(join(home.path, 'tiles'));
    await exportAuditLog(dir, verifier, asTiles(folder.path));
    expect([existsSync(join(folder.path, 'tile/entries/001')), existsSync(join(folder.path, 'tile/entries/002.p/190'))]).toEqual([
      false,
      true,
    ]);
    expect(readFileSync(join(folder.path, 'tile/0/001'))).toEqual(readFileSync(path('tile/0/001')));
    await folder.close();
  });

  it('may die between mark and hole: verify says so, and the next one ends it', async () => {
    const lines = readFileSync(path('entries.jsonl'));
    await prune(await exportTo('first.export'));
    const now = readFileSync(path('entries.jsonl'));
    const gone = now.findIndex((byte) => byte !== 0);
    writeFileSync(path('entries.jsonl'), Buffer.concat([lines.subarray(0, gone), now.subarray(gone)]));
    const { ok, remnantBytes } = await verdict();
    expect([ok, remnantBytes]).toEqual([true, gone]);
    await prune();
    expect((await verdict()).remnantBytes).toBeUndefined();
    expect(statSync(path('entries.jsonl')).blocks * 512).toBeLessThan(lines.length);
  });

  it('cannot be played by somebody who cuts entries away: without mark, with a forged or a foreign one, or without the act', async () => {
    await prune(await exportTo('first.export'));
    const mark = readFileSync(path(PRUNED_FILE), 'utf8');
    const faultWith = async (text: string | undefined) => {
      if (text === undefined) rmSync(path(PRUNED_FILE));
      else writeFileSync(path(PRUNED_FILE), text);
      const { ok, fault } = await verdict();
      expect(ok).toBe(false);
      return fault;
    };
    const [, root = '', index = ''] = /root (\S+)\nindex (\S+)/.exec(mark) ?? [];
    const fields = { entries: 512, root, index, newest: '2026-01-02T00:00:00.000Z', at: '2027-03-28T00:00:00.000Z', act: 'act-prune' };
    expect(signPruned(fields, signer)).toBe(mark);
    expect((await faultWith(undefined))?.file).toBe('entries.jsonl');
    expect((await faultWith(mark.replace('entries 512', 'entries 256')))?.why).toContain('signature is wrong');
    expect((await faultWith(signPruned({ ...fields, newest: '2027-01-02T00:00:00.000Z' }, signer)))?.why).toContain(
      'younger than 183 days',
    );
    expect((await faultWith(signPruned({ ...fields, entries: 256 }, signer)))?.until).toBe(256);
    expect((await faultWith(signPruned({ ...fields, act: 'act-none' }, signer)))?.why).toContain('no act of the log');
    writeFileSync(path(PRUNED_FILE), mark);
    const records = readFileSync(path('entries.index'));
    for (const place of [0, 7, 20, 40 * 300 + 5]) {
      const changed = Buffer.from(records);
      changed[place] = (changed[place] ?? 0) ^ 1;
      writeFileSync(path('entries.index'), changed);
      expect((await verdict()).ok, `byte ${place}`).toBe(false);
    }
  });
});

it('fallocate is there: util-linux has it on every Linux', () => {
  expect(execFileSync('fallocate', ['--version'], { encoding: 'utf8' })).toContain('util-linux');
});
