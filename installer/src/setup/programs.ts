/** Steps that are whole once the distribution's packages are there: nats-server, speech, test tools, browser. */
import { KeeplineError } from '../before-packages.ts';
import { findProgram, type Machine } from '../machine.ts';
import type { Step, StepName } from './step.ts';

/** Program that must be found → Debian package that brings it. */
type Wanted = Readonly<Record<string, string>>;

function programs(name: StepName, takes: string, wanted: Wanted, optional?: string): Step {
  const missing = (machine: Machine): string[] => Object.keys(wanted).filter((program) => findProgram(machine, program) === undefined);
  return {
    name,
    takes,
    after: [],
    insideOf: [],
    ...(optional !== undefined && { optional }),
    preflight(machine) {
      const names = missing(machine);
      return names.length === 0 ? undefined : `not found: ${names.join(', ')}`;
    },
    packages: (machine) => missing(machine).map((program) => wanted[program] ?? program),
    install: async () => undefined, // the packages are all of it
    async verify(machine) {
      const names = missing(machine);
      if (names.length > 0)
        throw new KeeplineError('SETUP_VERIFY_FAILED', `${name}: ${names.join(', ')} not found on PATH after the packages were installed`, {
          hint: `Check PATH, and the packages: dpkg -l ${names.map((program) => wanted[program] ?? program).join(' ')}`,
          offending: names.join(' '),
        });
    },
  };
}

export const natsServer = programs('nats-server', '10 s', { 'nats-server': 'nats-server' });

export const speech = programs(
  'speech',
  '15 s',
  { 'espeak-ng': 'espeak-ng', sox: 'sox' },
  'Without it the prompts of the sample flow are tones instead of words.',
);

/** SIPp, baresip and Linphone call in, sox listens, age opens recordings, tshark reads what crossed the cloud link; ip and cc make the lines that are cut; openssl
 * issues the certificates of a mutual TLS hub; minisign and zstd check and open bundles as a site does; softhsm2 is a PKCS#11 token; pdftotext
 * reads reports back. */
export const testTools = programs('test tools', '60 s', {
  sipp: 'sip-tester',
  baresip: 'baresip-core',
  linphonec: 'linphone-cli', // 40 MB with its libraries
  sox: 'sox',
  age: 'age',
  'espeak-ng': 'espeak-ng',
  tshark: 'tshark',
  ip: 'iproute2',
  cc: 'build-essential',
  nft: 'nftables',
  keepalived: 'keepalived', // moves the address of a pair
  openssl: 'openssl',
  slapd: 'slapd', // the directory of a bank
  faketime: 'faketime', // sets the clock of one process
  strace: 'strace', // makes system calls of the audit log fail
  minisign: 'minisign',
  sftp: 'openssh-client', // backups go to another building over it
  sshd: 'openssh-server',
  zstd: 'zstd',
  'softhsm2-util': 'softhsm2',
  pdftotext: 'poppler-utils',
});

/** A bare Debian to boot, and what a bank installs it with. */
export const installTools = programs('install tools', '40 s', {
  'systemd-nspawn': 'systemd-container',
  debootstrap: 'debootstrap',
  'ansible-playbook': 'ansible-core',
  'ansible-lint': 'ansible-lint',
  'ssh-keygen': 'openssh-client',
  promtool: 'prometheus', // judges the alerts
});

export const browser = programs('browser', '30 s', { chromium: 'chromium' });
