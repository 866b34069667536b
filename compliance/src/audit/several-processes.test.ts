import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newNoteKey, signerFrom } from '../tlog/signed-note.ts';
import { AuditLog } from './audit-log.ts';
import type { AuditEntry } from './entry.ts';
import { verifyAuditLog } from './verify.ts';

const VICTIM = fileURLToPath(new URL('./audit-victim.ts', import.meta.url));
const key = newNoteKey('keepline/demo/audit');
const signer = signerFrom(key);
let home: TempDir;
let dir = '';
let faults: KeeplineError[] = [];
const opened = (): Promise<AuditLog> => AuditLog.open({ dir, signer, clock: systemClock, onFault: (fault) => faults.push(fault) });
const entry = (correlation: string): AuditEntry => ({
  act: 'recording.export',
  who: 'agent1',
  role: 'supervisor',
  from: '10.0.0.7',
  object: 'rec-1',
  purpose: '',
  outcome: 'intent',
  correlation,
});
const correlations = (): string[] =>
  readFileSync(join(dir, 'entries.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => String(JSON.parse(line).correlation));

beforeEach(() => {
  home = tempDir();
  dir = join(home.path, 'audit');
  faults = [];
});
afterEach(() => home.remove());

describe('several processes', () => {
  const victim = (name: string, count: number, script = 'exec "$@"') =>
    spawn('sh', ['-c', script, 'sh', process.execPath, VICTIM, dir, key, name, String(count)]);

  it('append to one log at once: nothing lost, nothing twice, every process in its own order', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const log = await opened();
    const children = names.map((name) => victim(name, 100));
    const mine = Promise.all(Array.from({ length: 100 }, (_, i) => log.append(entry(`e-${i}`))));
    await Promise.all(children.map((child) => once(child, 'exit')));
    await mine;
    await log.close();
    const found = correlations();
    for (const name of [...names, 'e'])
      expect(found.filter((one) => one.startsWith(`${name}-`))).toEqual(Array.from({ length: 100 }, (_, i) => `${name}-${i}`));
    expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: true, entries: 500 });
    expect(readdirSync(dir).filter((name) => name.startsWith('lock'))).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('survive each other: a process killed at any time leaves every promise kept and the lock to its heirs', async () => {
    const promised: string[] = [];
    for (let run = 0; run < 6; run++) {
      const child = victim(`r${run}`, 1_000_000);
      let heard = 0;
      for await (const line of createInterface(child.stdout)) {
        if (line.startsWith('durable ')) promised.push(line.slice('durable '.length));
        if (++heard === 5 + run * 13) child.kill('SIGKILL');
      }
    }
    const log = await opened();
    await log.append(entry('heir'));
    await log.close();
    const found = correlations();
    expect(new Set(found).size).toBe(found.length);
    expect(promised.filter((one) => !found.includes(one))).toEqual([]);
    expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: true, entries: found.length });
  });

  it('are refused, not lied to, when the disk is full; and go on when it is not', async () => {
    const child = victim('full', 200, 'ulimit -f 20; exec "$@"'); // files of at most 10 KiB: writes beyond fail with EFBIG
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) lines.push(line);
    const promised = lines.filter((line) => line.startsWith('durable ')).length;
    expect(promised).toBeGreaterThan(10);
    expect(lines.some((line) => line.startsWith('refused '))).toBe(true);
    const log = await opened();
    expect(log.size).toBe(promised);
    expect(await log.append(entry('space'))).toBe(promised);
    await log.close();
    expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: true, entries: promised + 1 });
  });

  it.each([
    ['a write fails with EIO', 'pwrite64:error=EIO:when=8+5'],
    ['a write finds no space', 'pwrite64:error=ENOSPC:when=8+3'],
    ['a flush fails with EIO', 'fdatasync:error=EIO:when=4+3'],
    ['a rename fails', 'rename:error=EIO:when=1+1'],
  ])('keep every promise when %s, again and again, and the log verifies', async (_how, fault) => {
    const name = `f${fault.replaceAll(/[^a-z0-9]/gi, '')}`;
    const child = victim(name, 300, `exec strace -f -qq -o /dev/null -e trace=pwrite64,fdatasync,rename -e inject=${fault} "$@"`);
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) lines.push(line);
    const promised = lines.filter((line) => line.startsWith('durable ')).map((line) => line.slice('durable '.length));
    expect(promised.length).toBeGreaterThan(5);
    if (fault.startsWith('pwrite64')) expect(lines.some((line) => line.startsWith('refused '))).toBe(true); // else nothing was injected
    expect(lines.length).toBeGreaterThanOrEqual(300); // told one way or the other, every one
    const log = await opened();
    await log.append(entry('heir'));
    await log.close();
    const found = correlations();
    expect(new Set(found).size).toBe(found.length);
    expect(promised.filter((one) => !found.includes(one))).toEqual([]);
    expect(await verifyAuditLog(dir, signer.verifierKey)).toMatchObject({ ok: true, entries: found.length });
  });
});
