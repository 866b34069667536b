import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@keepline/testkit/temp-dir';
import { afterAll, describe, expect, it } from 'vitest';
import { liveHolder, tryLock, whileLocked } from './pid-lock.ts';

const folder = tempDir();
afterAll(() => folder.remove());
const lockFile = (name: string): string => join(folder.path, name);

async function pidOfTheDead(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('the lock of a folder', () => {
  it('is held by one process at a time and can be taken again when it is released', () => {
    const path = lockFile('one');
    const first = tryLock(path);
    expect(tryLock(path)).toEqual({ heldBy: process.pid });
    if ('release' in first) first.release();
    expect(existsSync(path)).toBe(false);
    expect('release' in tryLock(path)).toBe(true);
  });

  it('is taken over from a process that was killed', async () => {
    const path = lockFile('dead');
    writeFileSync(path, `${await pidOfTheDead()} 12345`);
    expect(liveHolder(path)).toBeUndefined();
    expect('release' in tryLock(path)).toBe(true);
  });

  it('is taken over when its pid now belongs to another process', () => {
    const path = lockFile('reused');
    writeFileSync(path, `${process.pid} 1`); // this process did not start one tick after boot
    expect('release' in tryLock(path)).toBe(true);
  });

  it.each(['', 'garbage', '-1 0', '0 0'])('is taken over when the file holds %j', (text) => {
    const path = lockFile('garbage');
    writeFileSync(path, text);
    const lock = tryLock(path);
    expect('release' in lock).toBe(true);
    if ('release' in lock) lock.release();
  });

  it('leaves no other files behind', () => {
    expect(readdirSync(folder.path).filter((name) => name.includes(`.${process.pid}`))).toEqual([]);
    expect(readFileSync(lockFile('one'), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
  });

  it('lets works wait for each other', async () => {
    const path = lockFile('waiting');
    const order: string[] = [];
    const said: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = whileLocked(
      path,
      10_000,
      (text) => said.push(text),
      async () => {
        order.push('first begins');
        await gate.promise;
        order.push('first ends');
      },
    );
    const second = whileLocked(
      path,
      10_000,
      (text) => said.push(text),
      async () => void order.push('second'),
    );
    gate.resolve();
    await Promise.all([first, second]);
    expect(order).toEqual(['first begins', 'first ends', 'second']);
    expect(said).toEqual([expect.stringContaining(`pid ${process.pid}`)]);
  });

  it('does not wait for ever', async () => {
    const path = lockFile('limit');
    tryLock(path);
    await expect(
      whileLocked(
        path,
        0,
        () => undefined,
        async () => undefined,
      ),
    ).rejects.toMatchObject({ code: 'LOCK_CONTENDED' });
  });
});
