/**
 * A machine for tests of installing: Debian with its own systemd, booted by systemd-nspawn on a throw-away overlay, in a network namespace
 * whose one cable leads here and nowhere else: no route, no resolver, no internet. Needs root.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { baseTree } from './nspawn-base.ts';
import { findProgram } from './program.ts';
import { tempDir } from './temp-dir.ts';

const run = promisify(execFile);
const OUTPUT_BYTES = 64 * 1024 * 1024;
const BOOT_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;

export interface Done {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class BootedMachine {
  /** Its address on the cable. */
  readonly address: string;
  /** Ours. */
  readonly here: string;
  /** Its file system as seen from outside. */
  readonly root: string;
  /** Secret key that its root account accepts over SSH. */
  readonly sshKey: string;
  readonly #pid: number;
  readonly #nspawn: ChildProcess;
  readonly #cleanup: Array<() => void>;

  private constructor(
    facts: Pick<BootedMachine, 'address' | 'here' | 'root' | 'sshKey'>,
    nspawn: ChildProcess,
    pid: number,
    cleanup: Array<() => void>,
  ) {
    this.address = facts.address;
    this.here = facts.here;
    this.root = facts.root;
    this.sshKey = facts.sshKey;
    this.#nspawn = nspawn;
    this.#pid = pid;
    this.#cleanup = cleanup;
  }

  /** Resolves when its systemd has started everything. @param also packages that are there beside those of every machine @throws ProgramMissing */
  static async boot(also: readonly string[] = []): Promise<BootedMachine> {
    const lower = baseTree(also);
    const dir = tempDir();
    const cleanup: Array<() => void> = [() => dir.remove()];
    const undo = (program: string, ...args: string[]): void => {
      cleanup.push(() => void execFileSync(program, args, { stdio: 'ignore' }));
    };
    try {
      const root = join(dir.path, 'root');
      for (const name of ['up', 'work', 'root']) mkdirSync(join(dir.path, name));
      const layers = `lowerdir=${lower},upperdir=${join(dir.path, 'up')},workdir=${join(dir.path, 'work')}`;
      execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, root]);
      undo('umount', '--lazy', root);
      const sshKey = admitUs(root, dir.path);
      const cable = layCable(undo);
      const log = openSync(join(dir.path, 'console.log'), 'w');
      const group = ownGroup(cable.namespace, cleanup);
      const nspawn = spawn(
        '/bin/sh',
        [
          ...['-c', 'echo $$ > "$1" && shift && exec "$@"', 'sh', join(group, 'cgroup.procs'), findProgram('systemd-nspawn')],
          ...['--boot', '--quiet', `--directory=${root}`, '--machine=keepline-test', '--register=no', '--keep-unit', '--console=pipe'],
          ...[`--network-namespace-path=/run/netns/${cable.namespace}`, '--capability=CAP_NET_ADMIN,CAP_NET_RAW'],
        ],
        {
          stdio: ['ignore', log, log],
          env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1', SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'no' },
        },
      );
      cleanup.push(() => nspawn.kill('SIGKILL'));
      const pid = await eventually('init of the machine', () => childOf(nspawn.pid ?? 0), BOOT_LIMIT_MS);
      const machine = new BootedMachine({ ...cable, root, sshKey }, nspawn, pid, cleanup);
      const up = async (): Promise<boolean> => /running|degraded/.test((await machine.run('systemctl', 'is-system-running')).stdout);
      await eventually('the machine has booted', up, BOOT_LIMIT_MS);
      return machine;
    } catch (fault) {
      for (const act of cleanup.toReversed()) quietly(act);
      throw fault;
    }
  }

  /** Runs a program inside, as root. */
  async run(program: string, ...args: string[]): Promise<Done> {
    try {
      const options = { maxBuffer: OUTPUT_BYTES, env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', LC_ALL: 'C' } };
      const { stdout, stderr } = await run('nsenter', ['--target', String(this.#pid), '--all', '--', program, ...args], options);
      return { status: 0, stdout, stderr };
    } catch (fault) {
      const { code, stdout = '', stderr = '' } = fault as { code?: number | string; stdout?: string; stderr?: string }; // what execFile rejects with
      return { status: typeof code === 'number' ? code : 1, stdout, stderr };
    }
  }

  /** As `run`. @throws Error with what it printed when it fails */
  async must(program: string, ...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(program, ...args);
    if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** Powers off as a machine does, then takes the overlay and the cable away. */
  async close(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#nspawn.once('exit', () => resolve()));
    await Promise.race([
      this.run('systemctl', 'poweroff').then(() => ended),
      new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS).unref()),
    ]);
    for (const act of this.#cleanup.toReversed()) quietly(act);
  }
}

/** Puts a fresh key in, and sshd on: what a bank does before it hands a machine over. */
function admitUs(root: string, dir: string): string {
  const key = join(dir, 'id_ed25519');
  execFileSync(findProgram('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  mkdirSync(join(root, 'root/.ssh'), { recursive: true, mode: 0o700 });
  writeFileSync(join(root, 'root/.ssh/authorized_keys'), readFileSync(`${key}.pub`), { mode: 0o600 });
  chmodSync(join(root, 'root'), 0o700);
  for (const [name, text] of [
    ['hostname', 'keepline-test\n'],
    ['hosts', '127.0.0.1 localhost keepline-test\n'],
    ['resolv.conf', ''],
  ] as const)
    writeFileSync(join(root, 'etc', name), text);
  return key;
}

/** A namespace and a pair of interfaces; addresses by chance so that two tests do not meet. */
function layCable(undo: (program: string, ...args: string[]) => void): { namespace: string; address: string; here: string } {
  const ip = findProgram('ip');
  const sh = (...args: string[]): void => void execFileSync(ip, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const tag = `${process.pid.toString(36)}${Math.floor(Math.random() * 1296).toString(36)}`;
  const namespace = `klm${tag}`;
  const net = `10.${150 + Math.floor(Math.random() * 40)}.${Math.floor(Math.random() * 250)}`;
  sh('netns', 'add', namespace);
  undo(ip, 'netns', 'del', namespace);
  sh('link', 'add', `klv${tag}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  undo(ip, 'link', 'del', `klv${tag}`);
  sh('address', 'add', `${net}.1/30`, 'dev', `klv${tag}`);
  sh('link', 'set', `klv${tag}`, 'up');
  sh('-n', namespace, 'address', 'add', `${net}.2/30`, 'dev', 'eth0');
  for (const device of ['lo', 'eth0']) sh('-n', namespace, 'link', 'set', device, 'up');
  return { namespace, address: `${net}.2`, here: `${net}.1` };
}

/**
 * A control group of its own, version 2, as Debian 12 boots with. In the older kind nobody tells a container that a group is empty: a service
 * whose main process was killed stays `stop-sigkill` until its time is over. And two machines would share their groups by name.
 */
function ownGroup(name: string, cleanup: Array<() => void>): string {
  const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/self/mounts', 'utf8'))?.[1];
  if (mount === undefined) throw new Error('no cgroup2 is mounted: mount -t cgroup2 none /sys/fs/cgroup/unified');
  const group = join(mount, name);
  mkdirSync(group);
  cleanup.push(() => void execFileSync('find', [group, '-depth', '-type', 'd', '-delete'], { stdio: 'ignore' }));
  return group;
}

function childOf(pid: number): number | undefined {
  const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
  return child > 0 && readFileSync(`/proc/${child}/comm`, 'utf8').trim() === 'systemd' ? child : undefined;
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // it is gone already
  }
}
