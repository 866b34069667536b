/**
 * A Debian tree to boot, made once by debootstrap and kept below `.runtime`: what a bank's machine has before Keepline comes. It holds the
 * packages that preflight asks for, because a machine under test reaches no mirror, and nothing of ours.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from './program.ts';

const SUITE = 'bookworm';
const PACKAGES = [
  ...[
    'systemd',
    'systemd-sysv',
    'dbus',
    'openssh-server',
    'python3',
    'iproute2',
    'procps',
    'ca-certificates',
    'zstd',
    'openssl',
    'minisign',
  ],
  ...['libuv1', 'libsrtp2-1', 'libssl3', 'libnss3'], // the media worker
  ...['nftables', 'chrony', 'auditd', 'libpam-pwquality'], // hardening
];
const LIMIT_MS = 900_000;
const CACHE = fileURLToPath(new URL('../../.runtime/nspawn', import.meta.url));

/**
 * Folder of the tree, never to be booted itself: put an overlay on it.
 * @param also further packages a bank has installed on such a machine @throws ProgramMissing
 */
export function baseTree(also: readonly string[] = []): string {
  const packages = [...PACKAGES, ...also];
  const name = `${SUITE}-${createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12)}`;
  const tree = join(CACHE, name);
  if (existsSync(tree)) return tree;
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, 'draft-'));
  try {
    const args = ['--variant=minbase', `--include=${packages.join(',')}`, SUITE, draft, ...mirror()];
    execFileSync(findProgram('debootstrap'), args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: LIMIT_MS });
    renameSync(draft, tree);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return tree;
}

/** The mirror this machine itself uses for Debian, if one is named in its sources. */
function mirror(): string[] {
  for (const path of ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']) {
    const found = existsSync(path) ? /https?:\/\/\S+\/debian(?=\/?\s)/.exec(readFileSync(path, 'utf8'))?.[0] : undefined;
    if (found !== undefined) return [found];
  }
  return [];
}
