/** Looks whether a wanted state is true on this machine, and makes it true. Everything it writes appears in one step under its final name. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { KeeplineError } from '../before-packages.ts';
import { SUMS, verifySums } from '../bundle/checksums.ts';
import type { Wanted } from './wanted.ts';

const COMMAND_LIMIT_MS = 300_000;

export function isTrue(wanted: Wanted): boolean {
  switch (wanted.be) {
    case 'group':
      return answers('getent', 'group', wanted.name) !== undefined;
    case 'user': {
      const groups = answers('id', '-nG', wanted.name)?.trim().split(' ') ?? [];
      return groups.length > 0 && wanted.groups.every((group) => groups.includes(group));
    }
    case 'folder':
      return isOwned(wanted.path, wanted);
    case 'tree':
      return existsSync(join(wanted.path, SUMS)) && sameSums(wanted.from, wanted.path);
    case 'file':
      return isOwned(wanted.path, wanted) && (wanted.once || readFileSync(wanted.path, 'utf8') === wanted.text);
    case 'link':
      return lstatSync(wanted.path, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(wanted.path) === wanted.target;
    case 'enabled':
      return answers('systemctl', 'is-enabled', wanted.unit) !== undefined;
  }
}

/** @throws KeeplineError INSTALL_COMMAND_FAILED, INSTALL_VERSION_DIFFERS, BUNDLE_DAMAGED */
export async function makeTrue(wanted: Wanted): Promise<void> {
  switch (wanted.be) {
    case 'group':
      return must('groupadd', '--system', wanted.name);
    case 'user': {
      if (answers('id', '-u', wanted.name) === undefined)
        must(
          'useradd',
          '--system',
          '--user-group',
          '--no-create-home',
          '--home-dir',
          wanted.home,
          '--shell',
          '/usr/sbin/nologin',
          wanted.name,
        );
      return must('usermod', '--append', '--groups', wanted.groups.join(','), wanted.name);
    }
    case 'folder':
      mkdirSync(wanted.path, { recursive: true });
      // All below, too: a user that was removed and made again has another number, and its files would belong to nobody.
      if (wanted.owner !== 'root') must('chown', '--recursive', '--no-dereference', `${wanted.owner}:${wanted.group}`, wanted.path);
      else must('chown', `${wanted.owner}:${wanted.group}`, wanted.path);
      return chmodSync(wanted.path, wanted.mode); // after chown, which clears setgid
    case 'tree':
      return putTree(wanted.from, wanted.path);
    case 'file': {
      const draft = `${wanted.path}.new`;
      writeFileSync(draft, wanted.once && existsSync(wanted.path) ? readFileSync(wanted.path) : wanted.text, { mode: 0o600 });
      must('chown', `${wanted.owner}:${wanted.group}`, draft);
      chmodSync(draft, wanted.mode);
      return renameSync(draft, wanted.path);
    }
    case 'link': {
      const draft = `${wanted.path}.new`;
      rmSync(draft, { force: true });
      symlinkSync(wanted.target, draft);
      return renameSync(draft, wanted.path); // rename(2) replaces a link in one step; ln -sf does not
    }
    case 'enabled':
      must('systemctl', 'daemon-reload');
      return must('systemctl', 'enable', '--quiet', wanted.unit);
  }
}

async function putTree(from: string, path: string): Promise<void> {
  if (existsSync(join(path, SUMS)))
    throw new KeeplineError('INSTALL_VERSION_DIFFERS', `${path} is there already with other content`, {
      hint: 'A version is never changed in place: give the bundle a new version, or uninstall first.',
      offending: path,
    });
  const draft = `${path}.new`;
  rmSync(draft, { recursive: true, force: true });
  must('cp', '--recursive', '--no-dereference', '--preserve=mode,timestamps,links', from, draft);
  must('chown', '--recursive', '--no-dereference', 'root:root', draft);
  await verifySums(draft); // what was written, not what was read
  renameSync(draft, path);
}

function sameSums(from: string, path: string): boolean {
  return readFileSync(join(from, SUMS)).equals(readFileSync(join(path, SUMS)));
}

function isOwned(path: string, { owner, group, mode }: { owner: string; group: string; mode: number }): boolean {
  const found = answers('stat', '--format=%U:%G %a', path)?.trim();
  return found === `${owner}:${group} ${mode.toString(8)}`;
}

/** What a program prints, or undefined when it fails. */
export function answers(program: string, ...args: string[]): string | undefined {
  const asked = spawnSync(program, args, { encoding: 'utf8', timeout: COMMAND_LIMIT_MS, env: { ...process.env, LC_ALL: 'C' } });
  return asked.status === 0 ? asked.stdout : undefined;
}

/** @throws KeeplineError INSTALL_COMMAND_FAILED with what the program said */
export function must(program: string, ...args: string[]): void {
  const done = spawnSync(program, args, { encoding: 'utf8', timeout: COMMAND_LIMIT_MS, env: { ...process.env, LC_ALL: 'C' } });
  if (done.status === 0) return;
  const said = `${done.stderr ?? ''}${done.error?.message ?? ''}`.trim();
  throw new KeeplineError('INSTALL_COMMAND_FAILED', `${program} ${args.join(' ')}: ${said}`, {
    hint: 'Mend what it names and run the same command again: what was done stays, the rest is done.',
    offending: program,
  });
}
