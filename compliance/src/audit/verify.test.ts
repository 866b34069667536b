import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newNoteKey, signerFrom, verifierFrom } from '../tlog/signed-note.ts';
import { AuditLog } from './audit-log.ts';
import { readCheckpoints } from './checkpoint-file.ts';
import { INDEX_RECORD_BYTES } from './entry-files.ts';
import { smallLog } from './testing/small-log.ts';
import { verifyAuditLog } from './verify.ts';

const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const clock = new FakeClock(Date.UTC(2026, 0, 2));
let home: TempDir;
let dir = '';
const path = (name: string): string => join(dir, name);
const verdict = () => verifyAuditLog(dir, signer.verifierKey);

beforeEach(async () => {
  home = tempDir();
  dir = join(home.path, 'audit');
  await smallLog(dir, signer, clock, [4, 3]);
});
afterEach(() => home.remove());

describe('the verifier of a folder', () => {
  it('says how much it read, how much of it is signed, and under how many checkpoints', async () => {
    expect(await verdict()).toEqual({ ok: true, entries: 7, signed: 7, checkpoints: 2, root: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it.each(['entries.jsonl', 'entries.index', 'checkpoints.jsonl'])('finds a change of any byte of %s, and places it', async (name) => {
    const whole = readFileSync(path(name));
    for (let i = 0; i < whole.length; i += 3) {
      const changed = Buffer.from(whole);
      changed[i] = (changed[i] ?? 0) ^ (1 << (i % 8));
      writeFileSync(path(name), changed);
      const { ok, fault } = await verdict();
      expect(ok, `byte ${i}`).toBe(false);
      // A changed hash and a changed entry look alike: the place is then that of the entry.
      expect(fault?.offset, `byte ${i}`).toBeLessThan(statSync(path(fault?.file ?? '')).size);
      if (name === 'entries.jsonl') {
        expect(fault?.file).toBe(name);
        expect(whole.subarray(fault?.offset, i), `byte ${i} is in the line named`).not.toContain('\n');
      }
    }
  });

  it('finds a cut at any byte of the entries, the index and the checkpoints together with nothing lost elsewhere', async () => {
    for (const name of ['entries.jsonl', 'entries.index']) {
      const whole = readFileSync(path(name));
      for (let size = 0; size < whole.length; size += 11) {
        writeFileSync(path(name), whole.subarray(0, size));
        expect(await verdict(), `${name} of ${size} bytes`).toMatchObject({ ok: false });
      }
      writeFileSync(path(name), whole);
    }
  });

  it('finds checkpoints in another order, and a checkpoint written in another way', async () => {
    const [first = '', second = ''] = readFileSync(path('checkpoints.jsonl'), 'utf8').split('\n');
    writeFileSync(path('checkpoints.jsonl'), `${second}\n${first}\n`);
    expect(await verdict()).toMatchObject({
      ok: false,
      fault: { file: 'checkpoints.jsonl', offset: Buffer.byteLength(second) + 1, why: expect.stringMatching(/stands behind/) },
    });
    writeFileSync(path('checkpoints.jsonl'), `${first}\n${second.replace('/demo', '\\u002fdemo')}\n`);
    expect(await verdict()).toMatchObject({ ok: false, fault: { entry: 4, file: 'checkpoints.jsonl' } });
  });

  it.each([
    ['entries.jsonl', 'an entry that looks real', '{"v":1,"act":"recording.export","time":"2026-01-02T00:00:00.000Z"}\n', 7],
    ['entries.jsonl', 'half an entry', '{"v":1,', 7],
    ['entries.index', 'half a record', 'xxxxxxxx', 7],
    ['checkpoints.jsonl', 'half a checkpoint', '"keepline', 7],
  ])('takes %s with %s behind the end for tampering, when no writer died', async (name, _what, text, entry) => {
    const offset = readFileSync(path(name)).length;
    appendFileSync(path(name), text);
    expect(await verdict()).toMatchObject({
      ok: false,
      fault: { entry, file: name, offset, why: expect.stringMatching(/behind the end/) },
    });
  });

  it('takes the same for the remains of a process that died with the lock in its hands, changes nothing, and says how much it is', async () => {
    appendFileSync(path('entries.jsonl'), '{"v":1,');
    appendFileSync(path('entries.index'), 'x');
    appendFileSync(path('checkpoints.jsonl'), '"keep');
    writeFileSync(path('lock'), `${spawnSync('true').pid} 1\n`);
    const before = readFileSync(path('entries.jsonl'));
    expect(await verdict()).toMatchObject({ ok: true, entries: 7, unacknowledgedBytes: 7 });
    expect(readFileSync(path('entries.jsonl'))).toEqual(before);
    const heir = await AuditLog.open({ dir, signer, clock, onFault: () => {} });
    await heir.close();
    const after = await verdict();
    expect(after).toMatchObject({ ok: true, entries: 7 });
    expect(after).not.toHaveProperty('unacknowledgedBytes');
    expect(readFileSync(path('entries.index')).length).toBe(7 * INDEX_RECORD_BYTES);
  });

  it('shows a log that was cut back, or begun and signed anew, to whoever kept a checkpoint', async () => {
    const kept = await readCheckpoints(dir, verifierFrom(signer.verifierKey));
    expect(await verifyAuditLog(dir, signer.verifierKey, kept)).toMatchObject({ ok: true, entries: 7, checkpoints: 2 });
    const cutBack = join(home.path, 'cut-back');
    await smallLog(cutBack, signer, clock, [4]);
    expect(await verifyAuditLog(cutBack, signer.verifierKey)).toMatchObject({ ok: true });
    expect(await verifyAuditLog(cutBack, signer.verifierKey, kept)).toMatchObject({
      ok: false,
      fault: { entry: 4, why: '3 entries are missing at the end' },
    });
    const anew = join(home.path, 'anew');
    await smallLog(anew, signer, new FakeClock(Date.UTC(2027, 0, 1)), [4, 5]);
    expect(await verifyAuditLog(anew, signer.verifierKey)).toMatchObject({ ok: true });
    expect(await verifyAuditLog(anew, signer.verifierKey, kept)).toMatchObject({ ok: false, signed: 0, fault: { entry: 0, until: 4 } });
    expect(await verifyAuditLog(anew, signer.verifierKey, kept.slice(1))).toMatchObject({ ok: false, fault: { entry: 4, until: 7 } });
  });

  it('takes a file that is gone for tampering, and one that cannot be read for no verdict at all', async () => {
    rmSync(path('entries.jsonl'));
    expect(await verdict()).toMatchObject({ ok: false, fault: { entry: 0, why: expect.stringContaining('ENOENT') } });
    mkdirSync(path('entries.jsonl'));
    await expect(verdict()).rejects.toMatchObject({ code: 'AUDIT_FILE_UNREADABLE' });
  });

  it('gives no false alarm while another part of the program appends', async () => {
    const log = await AuditLog.open({ dir, signer, clock, onFault: () => {} });
    const progress = { ended: false };
    const appending = (async () => {
      for (let i = 0; i < 300; i++)
        await log.append({
          act: 'site.start',
          who: 'gateway',
          role: 'site',
          from: 'console',
          object: '',
          purpose: '',
          outcome: 'done',
          correlation: `l${i}`,
        });
      progress.ended = true;
    })();
    let looks = 0;
    do {
      expect(await verdict()).toMatchObject({ ok: true });
      looks++;
    } while (!progress.ended);
    await appending;
    await log.close();
    expect(looks).toBeGreaterThan(1);
    expect(await verdict()).toMatchObject({ ok: true, entries: 307, signed: 307 });
  });
});
