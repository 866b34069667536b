import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@keepline/contracts/clock';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, LOCK_WAIT_MS } from './lock-file.ts';

let home: TempDir;
let path = '';
beforeEach(() => {
  home = tempDir();
  path = join(home.path, 'lock');
});
afterEach(() => home.remove());

/** The number of a process that is no more. */
const deadPid = (): number => spawnSync('true').pid;

describe('a lock file', () => {
  it('is held by one at a time, however many want it', async () => {
    let inside = 0;
    let most = 0;
    let turns = 0;
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        for (let i = 0; i < 5; i++) {
          const lock = await acquireLock(path, systemClock);
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setImmediate(resolve));
          inside--;
          turns++;
          await lock.release();
        }
      }),
    );
    expect({ most, turns }).toEqual({ most: 1, turns: 60 });
    expect(readdirSync(home.path)).toEqual([]);
  });

  it.each([
    ['a dead process', () => `${deadPid()} 1\n`],
    ['a process whose number went to another program', () => `${process.pid} 1\n`],
    ['nobody, as after a power cut', () => ''],
  ])('left by %s goes to exactly one of many heirs at a time', async (_who, text) => {
    writeFileSync(path, text());
    writeFileSync(`${path}.heir`, text()); // and one heir died while it inherited
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const lock = await acquireLock(path, systemClock);
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
        await lock.release();
      }),
    );
    expect(most).toBe(1);
    expect(readdirSync(home.path)).toEqual([]);
  });

  it('is waited for only so long, and the refusal names the holder', async () => {
    const lock = await acquireLock(path, systemClock);
    const clock = new FakeClock();
    const waiting = acquireLock(path, clock).catch((thrown: unknown) => thrown);
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(LOCK_WAIT_MS + 1);
    await expect(waiting).resolves.toMatchObject({ code: 'AUDIT_LOCK_TIMEOUT' });
    await lock.release();
  });
});
