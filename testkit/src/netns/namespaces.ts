/**
 * Two network namespaces, `edge` and `cloud`, joined by an emulated line whose delay, loss and cut are changed while traffic flows, and a plain cable
 * from here to `cloud`, by which the test itself looks at the server. Needs root, iproute2 and a C compiler.
 */
import { type ChildProcess, execFileSync, spawn, type SpawnOptions } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../program.ts';
import { tempDir } from '../temp-dir.ts';

const SOURCE = fileURLToPath(new URL('link-emulator.c', import.meta.url));
/** Addresses on the emulated line; each pair of namespaces is alone with them. */
const EDGE_ADDRESS = '10.98.0.1';
const CLOUD_ADDRESS = '10.98.0.2';
/** Resolved by the hosts file of `edge` until `forgetNames`. */
const CLOUD_NAME = 'cloud.keepline.test';

export interface Namespaces {
  /** Of the server, as seen over the emulated line. */
  readonly cloudAddress: string;
  readonly cloudName: string;
  /** Of the server, as seen by the test over the plain cable. */
  readonly cloudFromHere: string;
  /** Starts a program inside; the process is the program itself, so signals reach it. */
  run(where: 'edge' | 'cloud', command: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Delay one way, ms; loss one way, per cent; everything swallowed. Applied when it resolves. */
  line(change: { readonly delayMs?: number; readonly lossPercent?: number; readonly cut?: boolean; readonly seed?: number }): Promise<void>;
  /** Names cannot be resolved in `edge` any more, or again. */
  forgetNames(): void;
  restoreNames(): void;
  close(): Promise<void>;
}

/** Why tests with real networks cannot run here; undefined when they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root: run these tests with sudo, CI does';
  if (process.platform !== 'linux') return 'network namespaces are a Linux thing';
  return undefined;
}

/** @throws ProgramMissing; Error when the machine refuses namespaces or TAP devices */
export async function joinedNamespaces(): Promise<Namespaces> {
  const ip = findProgram('ip');
  const tag = `${process.pid.toString(36)}${Math.floor(Math.random() * 1296).toString(36)}`;
  const names = { edge: `kle${tag}`, cloud: `klc${tag}` };
  const cable = { here: `klh${tag}`, net: `10.${200 + Math.floor(Math.random() * 50)}.${Math.floor(Math.random() * 250)}` };
  const sh = (...args: string[]): void => void execFileSync(ip, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const quietly = (act: () => void): void => {
    try {
      act();
    } catch {
      // it is gone already
    }
  };
  const dir = tempDir();
  const hosts = join('/etc/netns', names.edge, 'hosts');
  let emulator: ChildProcess | undefined;
  const close = async (): Promise<void> => {
    const gone = emulator && new Promise((resolve) => emulator?.once('exit', resolve));
    emulator?.stdin?.end();
    await gone;
    for (const name of Object.values(names)) {
      quietly(() => sh('netns', 'del', name));
      rmSync(join('/etc/netns', name), { recursive: true, force: true });
    }
    quietly(() => sh('link', 'del', cable.here));
    dir.remove();
  };
  try {
    const program = join(dir.path, 'link-emulator');
    execFileSync(findProgram('cc'), ['-O2', '-o', program, SOURCE]);
    for (const name of Object.values(names)) {
      sh('netns', 'add', name);
      sh('-n', name, 'link', 'set', 'lo', 'up');
    }
    sh('link', 'add', cable.here, 'type', 'veth', 'peer', 'name', 'cable0', 'netns', names.cloud);
    sh('addr', 'add', `${cable.net}.1/30`, 'dev', cable.here);
    sh('link', 'set', cable.here, 'up');
    sh('-n', names.cloud, 'addr', 'add', `${cable.net}.2/30`, 'dev', 'cable0');
    sh('-n', names.cloud, 'link', 'set', 'cable0', 'up');
    const line = spawn(program, [names.edge, names.cloud], { stdio: ['pipe', 'pipe', 'inherit'] });
    emulator = line;
    const answers = createInterface({ input: line.stdout })[Symbol.asyncIterator]();
    const answered = async (wanted: string): Promise<void> => {
      const { value, done } = await answers.next();
      if (done === true || value !== wanted) throw new Error(`the line emulator said ${String(value)} instead of ${wanted}`);
    };
    await answered('ready');
    for (const [name, address] of [
      [names.edge, EDGE_ADDRESS],
      [names.cloud, CLOUD_ADDRESS],
    ] as const) {
      sh('-n', name, 'addr', 'add', `${address}/24`, 'dev', 'line0');
      sh('-n', name, 'link', 'set', 'line0', 'up');
    }
    const restoreNames = (): void => writeFileSync(hosts, `127.0.0.1 localhost\n${CLOUD_ADDRESS} ${CLOUD_NAME}\n`);
    mkdirSync(join('/etc/netns', names.edge), { recursive: true });
    // `ip netns exec` puts these over /etc; nobody listens for questions on that address, so what hosts does not know is not known.
    writeFileSync(join('/etc/netns', names.edge, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
    restoreNames();
    return {
      cloudAddress: CLOUD_ADDRESS,
      cloudName: CLOUD_NAME,
      cloudFromHere: `${cable.net}.2`,
      run: (where, command, args, options = {}) => spawn(ip, ['netns', 'exec', names[where], command, ...args], options),
      async line({ delayMs, lossPercent, cut, seed }) {
        const orders = [
          ...(seed === undefined ? [] : [`seed ${seed}`]),
          ...(delayMs === undefined ? [] : [`delay ${delayMs}`]),
          ...(lossPercent === undefined ? [] : [`loss ${lossPercent}`]),
          ...(cut === undefined ? [] : [cut ? 'cut' : 'heal']),
        ];
        for (const order of orders) {
          line.stdin.write(`${order}\n`);
          await answered('ok');
        }
      },
      forgetNames: () => writeFileSync(hosts, '127.0.0.1 localhost\n'),
      restoreNames,
      close,
    };
  } catch (fault) {
    await close();
    throw fault;
  }
}
