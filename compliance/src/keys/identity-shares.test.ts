import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forgetIdentity, lockIdentity, splitIdentity, unlockIdentity } from './identity-shares.ts';
import { openKeyStore } from './key-store.ts';

let home: TempDir;
let dir = '';
const clock = new FakeClock(Date.UTC(2026, 0, 2));
const opened = () => openKeyStore(dir, { site: 'demo', clock });
beforeEach(async () => {
  home = tempDir();
  dir = join(home.path, 'keys');
  await opened();
});
afterEach(() => home.remove());

describe('a split identity', () => {
  it('opens with any m of n shares for the time given, and leaves nothing readable before and after', async () => {
    const identity = await (await opened()).recordingIdentity();
    const shares = await splitIdentity(dir, 3, 5);
    expect(shares).toHaveLength(5);
    await expect(forgetIdentity(dir), 'nobody tried the shares').rejects.toMatchObject({ code: 'KEY_SHARE_INVALID' });
    await unlockIdentity(dir, shares.slice(2), clock.now(), 1);
    await forgetIdentity(dir);
    await lockIdentity(dir);
    const onDisk = (): string =>
      readdirSync(dir)
        .map((name) => readFileSync(join(dir, name), 'utf8'))
        .join('\n');
    expect(onDisk()).not.toContain(identity);
    await expect((await opened()).recordingIdentity()).rejects.toMatchObject({ code: 'KEY_IDENTITY_ABSENT' });
    for (const picked of [
      [0, 1, 2],
      [4, 2, 0],
      [1, 3, 4],
    ]) {
      await unlockIdentity(
        dir,
        picked.map((i) => shares[i] ?? ''),
        clock.now(),
        15,
      );
      expect(await (await opened()).recordingIdentity()).toBe(identity);
    }
    clock.advance(15 * 60_000);
    await expect((await opened()).recordingIdentity()).rejects.toMatchObject({ code: 'KEY_IDENTITY_ABSENT' });
    expect(await lockIdentity(dir)).toBe(true);
    expect(onDisk()).not.toContain(identity);
    expect(await lockIdentity(dir)).toBe(false);
  });

  it('refuses too few, the same share twice, a slip of the pen, and shares of another ceremony', async () => {
    const old = await splitIdentity(dir, 2, 3);
    const [one = '', two = '', three = ''] = await splitIdentity(dir, 2, 3);
    const slip = two.replace(/[0-9a-f](?=.{10}$)/, (digit) => (digit === '0' ? '1' : '0'));
    for (const shares of [[one], [one, one], [one, slip], [one, old[1] ?? ''], [one, 'KLS1-nonsense']])
      await expect(unlockIdentity(dir, shares, clock.now(), 15)).rejects.toMatchObject({ code: 'KEY_SHARE_INVALID' });
    expect(existsSync(join(dir, 'recording.identity.unlocked'))).toBe(false);
    await unlockIdentity(dir, [` ${three.toUpperCase()} `, one], clock.now(), 15);
    await expect(splitIdentity(dir, 1, 3)).rejects.toMatchObject({ code: 'KEY_SHARE_INVALID' });
    await expect(splitIdentity(dir, 4, 3)).rejects.toMatchObject({ code: 'KEY_SHARE_INVALID' });
  });
});
