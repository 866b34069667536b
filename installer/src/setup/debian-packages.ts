/** Brings in everything missing from the distribution in one apt-get call, without starting any daemon that comes along. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeeplineError } from '../before-packages.ts';
import type { Machine } from '../machine.ts';
import { runProgram } from './run-program.ts';

const LIMIT_MS = 1_800_000;
const POLICY = '/usr/sbin/policy-rc.d'; // asked by every package script before it starts a daemon; exit 101 says no
const POLICY_MARK = '# made by keepline while apt-get runs; safe to delete';

/** Which of `names` dpkg does not have installed. */
export function missingPackages(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const asked = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...names], { encoding: 'utf8' });
  const installed = new Set((asked.stdout ?? '').split('\n').filter((line) => line.endsWith(' installed')));
  return names.filter((name) => !installed.has(`${name} installed`));
}

export function installCommand(names: readonly string[]): string {
  return `apt-get install -y --no-install-recommends ${names.join(' ')}`;
}

/** What stands in the way of installing `names` here, or undefined. */
export function cannotInstall(machine: Machine, names: readonly string[]): KeeplineError | undefined {
  if (!machine.hasApt)
    return new KeeplineError('SETUP_OS_UNKNOWN', 'packages are missing and this is not Debian, so they are not installed for you', {
      hint: `Install the equivalents of these Debian packages: ${names.join(' ')}; then set KEEPLINE_PACKAGES=installed and run the same command again.`,
      offending: names.join(' '),
    });
  if (!machine.isRoot)
    return new KeeplineError('SETUP_NEEDS_ROOT', 'packages of the distribution are missing, and only root may install them', {
      hint: `sudo ${installCommand(names)}   then run the same command again`,
      offending: names.join(' '),
    });
  return undefined;
}

/** @throws KeeplineError SETUP_COMMAND_FAILED */
export async function installPackages(machine: Machine, names: readonly string[], say: (text: string) => void): Promise<void> {
  const env = { ...machine.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]): Promise<void> =>
    runProgram({
      command: ['apt-get', '-o', 'DPkg::Lock::Timeout=300', '-q', ...args],
      cwd: machine.root,
      env,
      log: join(machine.runtime, 'log/apt.log'),
      limitMs: LIMIT_MS,
    });
  const install = (): Promise<void> => apt('install', '-y', '--no-install-recommends', ...names);
  const allowDaemons = forbidDaemons();
  try {
    if (listsAreThere(names)) {
      try {
        return await install();
      } catch {
        say('Debian packages: the package lists are stale, refreshing them'); // a mirror drops a version once a newer one is out
      }
    }
    await apt('update');
    await install();
  } finally {
    allowDaemons();
  }
}

/** Does apt know a candidate for each name? False on a fresh container image, whose lists are empty. */
function listsAreThere(names: readonly string[]): boolean {
  const shown = spawnSync('apt-cache', ['policy', ...names], { encoding: 'utf8' }).stdout ?? '';
  return names.every((name) => shown.includes(`${name}:\n`)) && !shown.includes('Candidate: (none)');
}

function forbidDaemons(): () => void {
  const ours = existsSync(POLICY) && readFileSync(POLICY, 'utf8').includes(POLICY_MARK); // left behind by a run that was killed
  if (existsSync(POLICY) && !ours) return () => undefined; // the machine has its own policy
  writeFileSync(POLICY, `#!/bin/sh\n${POLICY_MARK}\nexit 101\n`, { mode: 0o755 });
  return () => rmSync(POLICY, { force: true });
}
