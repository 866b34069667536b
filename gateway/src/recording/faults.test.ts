/** Real faults of a machine, each in a process of its own: calls that must be recorded are refused before audio is lost, and taken again. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newIdentity, recipientOf } from '@keepline/compliance/age';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const VICTIM = fileURLToPath(new URL('./fault-victim.ts', import.meta.url));
let home: TempDir;
let dir = '';
let recipient = '';
beforeEach(async () => {
  home = tempDir();
  dir = join(home.path, 'recordings');
  mkdirSync(dir);
  recipient = await recipientOf(await newIdentity());
});
afterEach(() => home.remove());

/** @param before shell commands in front of the victim; `$1` is the folder */
function meet(fault: string, before: string, ...wrap: string[]): unknown {
  const shell = ['sh', '-ec', `${before}; exec "$2" "$3" "$4" "$1" "$5"`, 'sh', dir, process.execPath, VICTIM, fault, recipient];
  const [program = '', ...args] = [...wrap, ...shell];
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 50_000 });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('a machine that can record no more', { timeout: 60_000 }, () => {
  it('with a disk that fills up (a file system of 32 MB) takes calls again when there is room', () => {
    const seen = meet('disk', 'mount -t tmpfs -o size=32m tmpfs "$1"', 'unshare', '--map-root-user', '--mount');
    expect(seen).toEqual({ before: 'taken', during: 'RECORDING_DISK_LOW', after: 'taken' });
  });

  it('with few file descriptors left (RLIMIT_NOFILE 200) takes calls again when some are free', () => {
    expect(meet('files', 'ulimit -n 200')).toEqual({ before: 'taken', during: 'RECORDING_FILES_LOW', after: 'taken' });
  });

  it('with too few file descriptors from the start takes none', () => {
    expect(meet('none', 'ulimit -n 80')).toMatchObject({ before: 'RECORDING_FILES_LOW' });
  });

  it('whose recordings folder is gone takes none, as soon as the recorder has been silent for 5 s', () => {
    expect(meet('folder', ':')).toEqual({ before: 'taken', during: 'RECORDER_UNWELL', after: 'RECORDER_UNWELL' });
  });
});
