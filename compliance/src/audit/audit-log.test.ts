import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeeplineError } from '@keepline/contracts/errors';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newNoteKey, signerFrom } from '../tlog/signed-note.ts';
import { AuditLog, CHECKPOINT_ENTRIES, CHECKPOINT_MS, CHECKPOINT_PAUSE_MS, QUEUE_MAX_ENTRIES } from './audit-log.ts';
import type { AuditEntry } from './entry.ts';
import { INDEX_RECORD_BYTES } from './entry-files.ts';
import { verifyAuditLog } from './verify.ts';

const signer = signerFrom(newNoteKey('keepline/demo/audit'));
let home: TempDir;
let dir = '';
let faults: KeeplineError[] = [];
let clock: FakeClock;
const path = (name: string): string => join(dir, name);
const opened = (at: string = dir): Promise<AuditLog> =>
  AuditLog.open({ dir: at, signer, clock, source: '0000beef', onFault: (fault) => faults.push(fault) });
const entry = (correlation: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  act: 'recording.export',
  who: 'agent1',
  role: 'supervisor',
  from: '10.0.0.7',
  object: 'rec-1',
  purpose: 'complaint of Tuesday',
  outcome: 'intent',
  correlation,
  ...more,
});
const checkpoints = (): number => readFileSync(path('checkpoints.jsonl'), 'utf8').split('\n').length - 1;
const correlations = (): string[] =>
  readFileSync(path('entries.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => String(JSON.parse(line).correlation));

beforeEach(() => {
  home = tempDir();
  dir = join(home.path, 'audit');
  faults = [];
  clock = new FakeClock(Date.UTC(2026, 0, 2, 3, 4, 5));
});
afterEach(() => home.remove());

describe('the audit log', () => {
  it('keeps entries in order, in private files, verifiable with the public key alone', async () => {
    const log = await opened();
    const numbers = await Promise.all(Array.from({ length: 50 }, (_, i) => log.append(entry(`c${i}`))));
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, i) => i));
    await log.close();
    expect(correlations()).toEqual(numbers.map((i) => `c${i}`));
    expect(JSON.parse(readFileSync(path('entries.jsonl'), 'utf8').split('\n')[0] ?? '')).toEqual({
      v: 1,
      time: '2026-01-02T03:04:05.000Z',
      source: '0000beef',
      mono: Math.round(clock.monotonicMs()),
      ...entry('c0'),
    });
    for (const name of readdirSync(dir)) expect(statSync(path(name)).mode & 0o077).toBe(0);
    expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: true, entries: 50, signed: 50 });
    expect(faults).toEqual([]);
  });

  it('goes on where it ended', async () => {
    for (let run = 0; run < 3; run++) {
      const log = await opened();
      expect(log.size).toBe(run);
      expect(await log.append(entry(`run${run}`))).toBe(run);
      await log.close();
    }
    expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: true, entries: 3 });
  });

  it(`signs a checkpoint after ${CHECKPOINT_ENTRIES} entries, after ${CHECKPOINT_MS} ms, and when it closes`, async () => {
    const log = await opened();
    await Promise.all(Array.from({ length: CHECKPOINT_ENTRIES }, (_, i) => log.append(entry(`c${i}`))));
    await expect.poll(checkpoints).toBe(1);
    await log.append(entry('timer'));
    clock.advance(CHECKPOINT_MS);
    await expect.poll(checkpoints).toBe(2);
    clock.advance(CHECKPOINT_MS); // nothing new, nothing to sign
    await Promise.all(Array.from({ length: CHECKPOINT_ENTRIES }, (_, i) => log.append(entry(`d${i}`)))); // too soon after the last
    expect(checkpoints()).toBe(2);
    clock.advance(CHECKPOINT_PAUSE_MS);
    await expect.poll(checkpoints).toBe(3);
    await log.append(entry('close'));
    await log.close();
    expect(checkpoints()).toBe(4);
    await (await opened()).close();
    expect(checkpoints()).toBe(4);
  });

  it('refuses beyond its queue instead of losing, and serves everyone it took', async () => {
    const log = await opened();
    const told = await Promise.allSettled(Array.from({ length: QUEUE_MAX_ENTRIES + 1100 }, (_, i) => log.append(entry(`c${i}`))));
    const refused = told.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ reason: { code: 'AUDIT_REFUSED' } });
    expect(log.size).toBe(told.length - refused.length);
    await log.close();
    await expect(log.append(entry('late'))).rejects.toMatchObject({ code: 'AUDIT_REFUSED' });
  });

  it.each([
    ['object', '13800138000'],
    ['object', '+8613800138000'],
    ['object', 'li jing'],
    ['who', ''],
    ['purpose', 'two\nlines'],
    ['purpose', 'x'.repeat(257)],
    ['correlation', ''],
    ['act', 'anything'],
  ])('refuses an entry whose %s is %j, before anything is written', async (field, value) => {
    const log = await opened();
    const wrong = { ...entry('c0') };
    Reflect.set(wrong, field, value);
    await expect(log.append(wrong)).rejects.toMatchObject({ code: 'AUDIT_ENTRY_INVALID', offending: field });
    await log.close();
    expect(readFileSync(path('entries.jsonl'), 'utf8')).toBe('');
  });
});

describe('after a crash', () => {
  /** A log of three entries, the third of which may not be in the index, as when a process dies before it tells anyone. */
  async function threeEntries(indexed: 2 | 3): Promise<{ second: number; third: number }> {
    const log = await opened();
    await log.append(entry('one'));
    await log.append(entry('two'));
    await log.close();
    const second = statSync(path('entries.jsonl')).size;
    const third = await opened();
    await third.append(entry('three'));
    await third.close();
    // The checkpoint of the third entry is what the dying process did not come to sign.
    const lines = readFileSync(path('checkpoints.jsonl'), 'utf8').split('\n');
    writeFileSync(path('checkpoints.jsonl'), `${lines[0]}\n`);
    truncateSync(path('entries.index'), indexed * INDEX_RECORD_BYTES);
    return { second, third: statSync(path('entries.jsonl')).size };
  }
  function copyTo(name: string): string {
    const target = join(home.path, name);
    mkdirSync(target);
    for (const file of ['entries.jsonl', 'entries.index', 'checkpoints.jsonl']) copyFileSync(path(file), join(target, file));
    return target;
  }

  it('cuts a torn last entry that nobody was promised, at whatever byte it was torn', async () => {
    const { second, third } = await threeEntries(2);
    for (let size = second; size < third; size++) {
      const copy = copyTo(`torn-${size}`);
      truncateSync(join(copy, 'entries.jsonl'), size);
      const log = await opened(copy);
      expect(log.size).toBe(2);
      expect(await log.append(entry('after'))).toBe(2);
      await log.close();
      expect(await verifyAuditLog(copy, signer.verifierKey)).toMatchObject({ ok: true, entries: 3 });
    }
  });

  it('keeps a whole last entry although nobody was promised it', async () => {
    await threeEntries(2);
    const log = await opened();
    expect(log.size).toBe(3);
    await log.close();
    expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: true, entries: 3, signed: 3 });
  });

  it('refuses to cut an entry that was promised, at whatever byte it ends now, and changes nothing', async () => {
    const { second, third } = await threeEntries(3);
    for (let size = second; size < third; size++) {
      const copy = copyTo(`lost-${size}`);
      truncateSync(join(copy, 'entries.jsonl'), size);
      await expect(opened(copy)).rejects.toMatchObject({ code: 'AUDIT_DAMAGED' });
      expect(statSync(join(copy, 'entries.jsonl')).size).toBe(size);
      expect(await verifyAuditLog(copy, signer.verifierKey)).toMatchObject({ ok: false, fault: { entry: 2 } });
    }
  });

  it('writes over a torn index record and a torn checkpoint, which were never promised', async () => {
    const { third } = await threeEntries(3);
    for (let torn = 0; torn < INDEX_RECORD_BYTES; torn++) {
      const copy = copyTo(`index-${torn}`);
      truncateSync(join(copy, 'entries.index'), 2 * INDEX_RECORD_BYTES + torn);
      writeFileSync(join(copy, 'checkpoints.jsonl'), '"half a check', { flag: 'a' });
      const log = await opened(copy);
      await log.append(entry('after'));
      await log.close();
      expect(await verifyAuditLog(copy, signer.verifierKey)).toMatchObject({ ok: true, entries: 4, signed: 4 });
    }
    expect(statSync(path('entries.jsonl')).size).toBe(third);
  });

  it('refuses a log that was shortened together with its index below its last checkpoint', async () => {
    const { second } = await threeEntries(2);
    const log = await opened();
    await log.close(); // signs three
    truncateSync(path('entries.jsonl'), second);
    truncateSync(path('entries.index'), 2 * INDEX_RECORD_BYTES);
    await expect(opened()).rejects.toMatchObject({ code: 'AUDIT_DAMAGED' });
    expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: false, fault: { entry: 2 } });
  });
});

describe('the verifier', () => {
  async function tenEntries(): Promise<Buffer[]> {
    for (const half of [0, 5]) {
      const log = await opened();
      for (let i = half; i < half + 5; i++) await log.append(entry(`c${i}`));
      await log.close(); // checkpoints at 5 and 10
    }
    const text = readFileSync(path('entries.jsonl'));
    const lines: Buffer[] = [];
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf(0x0a, from) + 1;
      lines.push(text.subarray(from, end));
      from = end;
    }
    return lines;
  }

  it('names the first entry of which a byte was changed, whichever byte it is', async () => {
    const lines = await tenEntries();
    const whole = Buffer.concat(lines);
    let from = 0;
    for (const [number, line] of lines.entries()) {
      for (let i = 0; i < line.length; i += 7) {
        const changed = Buffer.from(whole);
        changed[from + i] = (changed[from + i] ?? 0) ^ 1;
        writeFileSync(path('entries.jsonl'), changed);
        expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: false, fault: { entry: number } });
      }
      from += line.length;
    }
  });

  it.each([
    ['removed', (lines: Buffer[]) => lines.toSpliced(3, 1), 3],
    ['inserted', (lines: Buffer[]) => lines.toSpliced(3, 0, lines[0] ?? Buffer.alloc(0)), 3],
    ['swapped', (lines: Buffer[]) => lines.with(3, lines[4] ?? Buffer.alloc(0)).with(4, lines[3] ?? Buffer.alloc(0)), 3],
    ['cut from the end', (lines: Buffer[]) => lines.slice(0, 8), 8],
  ])('names the place when entries were %s', async (_how, change, place) => {
    writeFileSync(path('entries.jsonl'), Buffer.concat(change(await tenEntries())));
    expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: false, fault: { entry: place } });
  });

  it('sees a rewritten history with a rewritten index by the checkpoints, and says between which', async () => {
    await tenEntries();
    const notes = readFileSync(path('checkpoints.jsonl'));
    const forger = join(home.path, 'forged');
    const forged = await opened(forger);
    for (let i = 0; i < 10; i++) await forged.append(entry(i === 7 ? 'never happened'.replaceAll(' ', '-') : `c${i}`));
    await forged.close();
    writeFileSync(join(forger, 'checkpoints.jsonl'), notes);
    expect(await verifyAuditLog(forger, signer.verifierKey)).toMatchObject({ ok: false, signed: 5, fault: { entry: 5, until: 10 } });
    await expect(opened(forger)).rejects.toMatchObject({ code: 'AUDIT_DAMAGED' });
  });

  it('does not take checkpoints of another key', async () => {
    await tenEntries();
    const other = signerFrom(newNoteKey(signer.name));
    expect(await verifyAuditLog(dir, other.verifierKey)).toMatchObject({ ok: false });
  });
});
