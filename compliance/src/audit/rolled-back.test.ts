/** Somebody puts the files of the log back to what they were while the gateway runs: found at the next append, or within a minute without one. */
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@keepline/testkit/eventually';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newNoteKey, signerFrom } from '../tlog/signed-note.ts';
import { AuditLog, CHECKPOINT_MS } from './audit-log.ts';
import { sampleEntry, smallLog } from './testing/small-log.ts';

const signer = signerFrom(newNoteKey('keepline/demo/audit'));
let home: TempDir;
let dir = '';
let copy = '';
let clock: FakeClock;
let log: AuditLog;
const broken: string[] = [];
beforeEach(async () => {
  home = tempDir();
  clock = new FakeClock(Date.UTC(2026, 0, 2));
  [dir, copy] = [join(home.path, 'audit'), join(home.path, 'copy')];
  await smallLog(dir, signer, clock, [3]);
  cpSync(dir, copy, { recursive: true });
  broken.length = 0;
  log = await AuditLog.open({ dir, signer, clock, onFault: () => {}, onBroken: ({ message }) => broken.push(message) });
  for (let i = 0; i < 4; i++) await log.append(sampleEntry(`d${i}`));
  await log.checkpoint();
});
afterEach(async () => {
  await log.close().catch(() => {});
  home.remove();
});

const inPlace = (): void => {
  for (const name of ['entries.jsonl', 'entries.index', 'checkpoints.jsonl'])
    writeFileSync(join(dir, name), readFileSync(join(copy, name)));
};
const asFolder = (): void => {
  renameSync(dir, `${dir}.away`);
  cpSync(copy, dir, { recursive: true });
};
const lastChanged = (): void => {
  const index = readFileSync(join(dir, 'entries.index'));
  index[index.length - 1] = (index.at(-1) ?? 0) ^ 1;
  writeFileSync(join(dir, 'entries.index'), index);
};

describe.each([
  ['its files written over', inPlace, /shrank|cut back/],
  ['its folder exchanged', asFolder, /replaced while it was in use/],
  ['its last entry exchanged', lastChanged, /last entry was changed/],
] as const)('a log with %s', (_, act, why) => {
  it('is found at the next append, which is refused, and told once', async () => {
    act();
    await expect(log.append(sampleEntry('e1'))).rejects.toMatchObject({ code: 'AUDIT_REFUSED' });
    await expect(log.append(sampleEntry('e2'))).rejects.toMatchObject({ code: 'AUDIT_REFUSED' });
    expect(broken).toEqual([expect.stringMatching(why)]);
  });

  it('is found within one checkpoint when nobody appends', async () => {
    act();
    expect(broken).toEqual([]);
    clock.advance(CHECKPOINT_MS);
    await eventually('the look', () => broken.length > 0);
    expect(broken).toEqual([expect.stringMatching(why)]);
  });
});

it('a log that is gone is found too', async () => {
  rmSync(dir, { recursive: true });
  await expect(log.append(sampleEntry('e1'))).rejects.toMatchObject({ code: 'AUDIT_REFUSED' });
});
