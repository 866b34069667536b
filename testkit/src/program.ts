/**
 * Finds the programs of the distribution that tests drive. One that is missing is an error with the command to run, never a skipped test.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { KeeplineError } from '@keepline/contracts/errors';

/** Program → Debian package that brings it. */
const PACKAGE_OF = {
  age: 'age',
  baresip: 'baresip-core',
  linphonec: 'linphone-cli',
  'ansible-lint': 'ansible-lint',
  'ansible-playbook': 'ansible-core',
  cc: 'build-essential',
  debootstrap: 'debootstrap',
  faketime: 'faketime',
  ip: 'iproute2',
  keepalived: 'keepalived',
  minisign: 'minisign',
  mount: 'mount',
  'nats-server': 'nats-server',
  nft: 'nftables',
  openssl: 'openssl',
  promtool: 'prometheus',
  sipp: 'sip-tester',
  sox: 'sox',
  soxi: 'sox',
  'ssh-keygen': 'openssh-client',
  'systemd-nspawn': 'systemd-container',
  tshark: 'tshark',
} as const;
export type Program = keyof typeof PACKAGE_OF;

/** @returns its absolute path @throws ProgramMissing */
export function findProgram(name: Program, path = process.env.PATH ?? ''): string {
  const found = path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .find(isExecutable);
  if (found === undefined) throw new ProgramMissing(name);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export class ProgramMissing extends KeeplineError {
  constructor(name: Program) {
    super('TESTKIT_PROGRAM_MISSING', `this test needs ${name}, and it is not on PATH`, {
      hint: `sudo apt-get install -y --no-install-recommends ${PACKAGE_OF[name]}`,
      offending: name,
    });
  }
}
