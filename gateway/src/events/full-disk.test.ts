/** The outbox on a disk that is really full: a small file system in a mount namespace of its own (unshare(1), mount(8)). */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, expect, it } from 'vitest';

const VICTIM = fileURLToPath(new URL('./full-disk-victim.ts', import.meta.url));
let home: TempDir;
beforeEach(() => void (home = tempDir()));
afterEach(() => home.remove());

it('while the disk is full events wait in the event log with an alarm, and flow again once there is room, each once', {
  timeout: 60_000,
}, () => {
  const small = join(home.path, 'small');
  mkdirSync(small);
  const script = 'mount -t tmpfs -o size=4m tmpfs "$2" && exec "$3" "$4" "$1" "$2"';
  const given = ['--map-root-user', '--mount', 'sh', '-ec', script, 'sh', home.path, small, process.execPath, VICTIM];
  const victim = spawnSync('unshare', given, { encoding: 'utf8', timeout: 50_000 });
  expect(victim).toMatchObject({ status: 0, stderr: '' });
  const { alarms, whileFull, afterwards, logged } = JSON.parse(victim.stdout);
  expect(alarms).toEqual([expect.stringMatching(/^EXPORT_STALLED: .*database or disk is full/)]);
  expect(whileFull.produced).toBeLessThan(logged);
  expect(afterwards).toMatchObject({ produced: logged, waiting: logged, expired: 0 });
});
