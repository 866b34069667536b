import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastCheckpoint } from './audit/checkpoint-file.ts';
import { smallLog } from './audit/testing/small-log.ts';
import { openKeyStore } from './keys/key-store.ts';
import { cosignedAt, textOfNote, witnessVerifier } from './tlog/cosignature.ts';
import { verifierFrom } from './tlog/signed-note.ts';
import { formatAddCheckpoint } from './witness/add-checkpoint.ts';

const CLI = fileURLToPath(new URL('./audit-cli.ts', import.meta.url));
const clock = new FakeClock(Date.UTC(2026, 0, 2));
let home: TempDir;
let data = '';
let elsewhere = '';
let key = '';

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}
const audit = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { cwd: elsewhere }, (failed, out, err) =>
      resolve({ status: failed ? Number(failed.code) : 0, out, err }),
    );
  });
const acts = async (): Promise<string[]> => {
  const { out } = await audit('list', '--data', data, '--limit', '1000', '--json');
  const entries: { act: string; outcome: string; object: string }[] = JSON.parse(out);
  return entries.map(({ act, outcome, object }) => `${act} ${outcome} ${object}`);
};

beforeAll(async () => {
  home = tempDir();
  data = join(home.path, 'site');
  elsewhere = join(home.path, 'elsewhere');
  for (const folder of [data, elsewhere]) mkdirSync(folder, { mode: 0o700 });
  const keys = await openKeyStore(join(data, 'keys'), { site: 'demo', clock });
  key = keys.auditSigner().verifierKey;
  await smallLog(join(data, 'audit'), keys.auditSigner(), clock, [5]);
});
afterAll(() => home.remove());

describe('keepline audit', () => {
  it('verifies the folder of a site without writing to it, with the key it finds there or the one it is given', async () => {
    const before = readFileSync(join(data, 'audit/entries.jsonl'));
    for (const more of [[], ['--key', key], ['--key', join(data, 'keys/audit.verifier')]]) {
      const { status, out } = await audit('verify', '--data', data, '--json', ...more);
      expect({ status, verdict: JSON.parse(out) }).toMatchObject({ status: 0, verdict: { ok: true, entries: 5, signed: 5 } });
    }
    expect(readFileSync(join(data, 'audit/entries.jsonl'))).toEqual(before);
  });

  it('records that it listed, proved and exported, before it did', async () => {
    expect(await audit('prove', 'c3', '--data', data)).toMatchObject({ status: 0 });
    expect(await audit('export', '--data', data, '--out', join(elsewhere, 'a.export'), '--purpose', 'yearly review')).toMatchObject({
      status: 0,
    });
    const seen = (await acts()).slice(5);
    expect(seen).toEqual([
      'audit.read intent audit:c3',
      'audit.read done audit:c3',
      'audit.export intent audit:export',
      'audit.export done audit:export',
      'audit.read intent audit:list',
    ]);
    // The export was made after its intent and holds it.
    expect(readFileSync(join(elsewhere, 'a.export'), 'utf8')).toContain('"purpose":"yearly review"');
  });

  it('checks an export and a proof where there is neither site nor log', async () => {
    const exported = await audit('verify', '--export', 'a.export', '--key', key);
    expect(exported).toMatchObject({ status: 0, out: expect.stringMatching(/^holds: 8 entries/) });
    const proof = await audit('verify', '--proof', 'audit-3.tlog-proof', '--key', key);
    expect(proof).toMatchObject({ status: 0, out: expect.stringContaining('"correlation":"c3"') });
    const against = await audit('verify', '--data', data, '--against', 'audit-3.tlog-proof', '--json');
    expect({ status: against.status, verdict: JSON.parse(against.out) }).toMatchObject({ status: 0, verdict: { ok: true } });
    writeFileSync(join(elsewhere, 'b.export'), readFileSync(join(elsewhere, 'a.export'), 'utf8').replace('"agent1"', '"agent2"'));
    const forged = await audit('verify', '--export', 'b.export', '--key', key, '--json');
    expect(forged.status).toBe(1);
    expect(JSON.parse(forged.out)).toMatchObject({ ok: false, fault: { entry: 0, file: 'b.export' } });
  });

  it('ends with 1 and the place when the folder was changed, and leaves it as it is', async () => {
    const copy = join(home.path, 'copy');
    mkdirSync(join(copy, 'audit'), { recursive: true });
    for (const name of ['entries.jsonl', 'entries.index', 'checkpoints.jsonl'])
      copyFileSync(join(data, 'audit', name), join(copy, 'audit', name));
    const path = join(copy, 'audit/entries.jsonl');
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, lines.toSpliced(2, 1).join('\n'));
    const offset = Buffer.byteLength(`${lines[0]}\n${lines[1]}\n`);
    const { status, out } = await audit('verify', '--data', copy, '--key', key);
    expect({ status, out }).toMatchObject({
      status: 1,
      out: expect.stringContaining(`BROKEN at entry 2, byte ${offset} of entries.jsonl`),
    });
  });

  it('refuses what it does not understand with 2 and its usage, and names what is missing with 1', { timeout: 120_000 }, async () => {
    for (const args of [
      [],
      ['verify', 'x'],
      ['prove'],
      ['list', '--act', 'anything'],
      ['list', '--limit', '0'],
      ['export'],
      ['verify', '--nonsense'],
    ])
      expect({ args, ended: await audit(...args) }).toMatchObject({ args, ended: { status: 2, err: expect.stringContaining('usage:') } });
    expect(await audit('--help')).toMatchObject({ status: 0, out: expect.stringContaining('usage:') });
    expect(await audit('verify', '--data', elsewhere)).toMatchObject({ status: 1, err: expect.stringContaining('AUDIT_FILE_UNREADABLE') });
    expect(await audit('list', '--data', elsewhere)).toMatchObject({ status: 1, err: expect.stringContaining('AUDIT_LOG_ABSENT') });
    expect(await audit('prove', '99999', '--data', data)).toMatchObject({ status: 1, err: expect.stringContaining('AUDIT_ENTRY_ABSENT') });
    const target = join(elsewhere, 'a.export');
    expect(await audit('export', '--data', data, '--out', target)).toMatchObject({
      status: 1,
      err: expect.stringContaining('EXPORT_TARGET_EXISTS'),
    });
  });
});

describe('keepline audit witness', () => {
  it('makes its key, cosigns the log it was given, keeps key and memory over a restart, and ends when asked', async () => {
    const folder = join(home.path, 'witness');
    const options = ['witness', '--listen', '127.0.0.1:0', '--log', join(data, 'keys/audit.verifier'), '--data', folder, '--json'];
    const checkpoint = (await lastCheckpoint(join(data, 'audit'), verifierFrom(key)))?.note ?? '';
    const shown: string[] = [];
    for (const expected of [200, 409]) {
      const child = spawn(process.execPath, [CLI, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const { listens, key: witnessKey } = JSON.parse(line.toString()) as { listens: string; key: string };
      shown.push(witnessKey);
      const response = await fetch(`${listens}/add-checkpoint`, {
        method: 'POST',
        body: formatAddCheckpoint({ old: 0, proof: [], checkpoint }),
      });
      const text = await response.text();
      expect(response.status).toBe(expected);
      if (expected === 200) expect(cosignedAt(textOfNote(checkpoint), text, witnessVerifier(witnessKey))).toBeGreaterThan(0);
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([0, null]);
    }
    expect(shown[0]).toBe(shown[1]);
  });
});
