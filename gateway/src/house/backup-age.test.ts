import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSite } from '@keepline/contracts/site-file';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newestBackup, watchBackupAge } from './backup-age.ts';

const HOUR_MS = 3_600_000;
let home: TempDir;
beforeEach(() => {
  home = tempDir();
});
afterEach(() => home.remove());

describe('the age of the newest backup', () => {
  it('is told by its name, which says when it was begun, and by nothing else that lies there', () => {
    const names = [
      '20261121T033000Z-0a1b2c3d.note',
      '20261122T033001Z-00000000.note',
      '20261123T033000Z-0a1b2c3d.list',
      'x.note',
      '20269999T990000Z.note',
    ];
    expect(newestBackup(names)).toBe(Date.parse('2026-11-22T03:30:01Z'));
    expect(newestBackup([])).toBeUndefined();
  });

  it('is an alarm once it is over the bound, again and again, until a younger one lies there', async () => {
    const clock = new FakeClock();
    const { backup } = parseSite({ backup: { schedule: '30 3 * * *', folder: 'backup', recipient: 'age1x', oldHours: 50 } });
    const place = join(home.path, 'backup/backups');
    mkdirSync(place, { recursive: true });
    const put = (atMs: number): void =>
      writeFileSync(join(place, `${new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-00000001.note`), '');
    put(clock.now() - 49 * HOUR_MS);
    const codes: unknown[] = [];
    const stop = watchBackupAge({
      data: home.path,
      backup,
      clock,
      onFault: (fault) => codes.push((fault as { code?: string }).code ?? fault),
    });
    await turn();
    expect(codes).toEqual([]);
    clock.advance(HOUR_MS);
    await expect.poll(() => codes.length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(new Set(codes)).toEqual(new Set(['BACKUP_OLD']));
    put(clock.now());
    await turn();
    const before = codes.length;
    clock.advance(600_000);
    await turn();
    expect(codes).toHaveLength(before);
    stop();
  });

  it('is not asked where nobody promised any', async () => {
    const codes: unknown[] = [];
    const { backup } = parseSite({});
    watchBackupAge({ data: '/nowhere', backup, clock: new FakeClock(), onFault: (fault) => codes.push(fault) })();
    await turn();
    expect(codes).toEqual([]);
  });
});

/** Lets a look at a small folder end. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));
