/**
 * One hub for every test that needs a cloud: testcontainers where a Docker daemon answers, else the `nats-server` of this machine. Same
 * configuration as the stand-in cloud (`@keepline/cloud-sync/hub-config`). It can be stopped, killed and frozen, and comes back on the same port
 * with the same store.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hubConfig } from '@keepline/cloud-sync/hub-config';
import { hubTrust, issueUser, newOperatorSeeds, type OperatorSeeds } from '@keepline/cloud-sync/hub-identity';
import { HUB_ROLES, type HubRole, rightsOf } from '@keepline/cloud-sync/hub-rights';
import { freeTcpPort } from './free-port.ts';
import { tempDir } from './temp-dir.ts';

export interface HubUser {
  /** `U…`. */
  readonly publicKey: string;
  /** A NATS .creds file, for `--credentials`. */
  readonly file: string;
}

export interface Hub {
  readonly url: string;
  readonly port: number;
  readonly siteCredentials: HubUser;
  /** Of the running cloud workers, who answer. */
  readonly cloudCredentials: HubUser;
  /** Of the same workers where they read the stream. */
  readonly readerCredentials: HubUser;
  readonly publisherCredentials: HubUser;
  /** Of who makes streams and looks into them: everything. */
  readonly operatorCredentials: HubUser;
  /** Signs a further user of this role, for tests of rotation and expiry. */
  issue(role: HubRole, expiresSeconds: number): Promise<{ readonly publicKey: string; readonly creds: string }>;
  /** Refuses what was issued to these users up to now, and cuts their connections. */
  revoke(publicKey: string): Promise<void>;
  /** Ends the server in good order (SIGTERM); the store stays. */
  stop(): Promise<void>;
  /** Begins again on the same port with the same store. */
  start(): Promise<void>;
  /** Stops it in its tracks (SIGSTOP): connections stay open and nothing answers, as in a black hole. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Ends it for good and removes the store. */
  close(): Promise<void>;
}

interface Machine {
  start(): Promise<void>;
  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): Promise<void>;
  gone(): Promise<void>;
  remove(): Promise<void>;
  complaints(): Promise<string>;
}

const IMAGE = process.env['KEEPLINE_NATS_IMAGE'] ?? 'nats:2.9';
const READY_MS = 60_000;
/** Longer than any test. */
const CREDENTIALS_SECONDS = 86_400;

/** Starts a hub for this site. @param reach `everywhere` for sites in namespaces of their own @throws Error naming the install command when neither Docker nor nats-server is there */
export async function startHub({ site, reach }: { readonly site: string; readonly reach?: 'everywhere' }): Promise<Hub> {
  const folder = tempDir();
  const port = await freeTcpPort();
  const storeDir = join(folder.path, 'store');
  mkdirSync(storeDir);
  const seeds: OperatorSeeds = await newOperatorSeeds();
  const rights = rightsOf(site);
  const users = new Map<HubRole, HubUser>();
  for (const role of HUB_ROLES) {
    const file = join(folder.path, `${role}.creds`);
    const { creds, publicKey } = await issueUser(seeds, role, rights[role], Math.floor(Date.now() / 1000) + CREDENTIALS_SECONDS);
    writeFileSync(file, creds, { mode: 0o600 });
    users.set(role, { publicKey, file });
  }
  const of = (role: HubRole): HubUser => users.get(role) ?? { publicKey: '', file: '' };
  const revoked: Record<string, number> = {};
  const configFile = join(folder.path, 'hub.conf');
  const inDocker = (await dockerAnswers()) && (await imageCanBeHad());
  const configure = async (): Promise<void> => {
    const where = { port, storeDir: inDocker ? '/store' : storeDir, ...(inDocker || reach ? { host: '0.0.0.0' } : {}) };
    writeFileSync(configFile, hubConfig({ ...where, trust: await hubTrust(seeds, site, revoked) }));
  };
  await configure();
  const machine = inDocker ? await dockerMachine(configFile, storeDir, port) : localMachine(configFile, join(folder.path, 'hub.log'));
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    await machine.signal(signal);
    await machine.signal('SIGCONT'); // a frozen server must wake up to die of SIGTERM
    await machine.gone();
  };
  const start = async (): Promise<void> => {
    await machine.start();
    await whenListening(port, machine);
  };
  try {
    await start();
  } catch (fault) {
    await machine.remove();
    folder.remove();
    throw fault;
  }
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    siteCredentials: of('site'),
    cloudCredentials: of('workers'),
    readerCredentials: of('reader'),
    publisherCredentials: of('publisher'),
    operatorCredentials: of('operator'),
    issue: (role, expiresSeconds) => issueUser(seeds, role, rights[role], expiresSeconds),
    revoke: async (publicKey) => {
      revoked[publicKey] = Math.floor(Date.now() / 1000) + 1; // what was issued in this very second, too
      await configure();
      await machine.signal('SIGHUP');
    },
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    freeze: () => machine.signal('SIGSTOP'),
    thaw: () => machine.signal('SIGCONT'),
    close: async () => {
      await end('SIGKILL');
      await machine.remove();
      folder.remove();
    },
  };
}

function localMachine(configFile: string, logFile: string): Machine {
  let child: ChildProcess | undefined;
  let gone: Promise<void> = Promise.resolve();
  return {
    start: () =>
      new Promise((resolve, reject) => {
        const started = spawn('nats-server', ['-c', configFile, '-l', logFile], { stdio: 'ignore' });
        child = started;
        gone = new Promise((ended) => {
          started.once('exit', () => ended());
          started.once('error', () => ended());
        });
        started.once('spawn', () => resolve());
        started.once('error', (cause) =>
          reject(
            new Error(
              'No Docker daemon answers and nats-server is not on the PATH. Install it: apt-get install -y --no-install-recommends nats-server',
              { cause },
            ),
          ),
        );
      }),
    signal: async (name) => {
      child?.kill(name);
      // The signal is on its way when `kill` returns; a server on another core could still answer.
      while (name === 'SIGSTOP' && child?.pid !== undefined && isRunning(child.pid)) await new Promise((resolve) => setImmediate(resolve));
    },
    gone: () => gone,
    remove: () => Promise.resolve(),
    complaints: () => Promise.resolve(tail(logFile)),
  };
}

/** Whether a thread of the process is neither stopped nor gone (proc(5), field 3 of `stat`); false where there is no /proc. */
function isRunning(pid: number): boolean {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.some((thread) => !/\) [TtZX] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')));
  } catch {
    return false;
  }
}

/** The container keeps its name and port over a restart, which testcontainers' own `restart` also does; signals go through the daemon. */
async function dockerMachine(configFile: string, storeDir: string, port: number): Promise<Machine> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const docker = (...given: string[]): Promise<unknown> => promisify(execFile)('docker', given);
  let id: string | undefined;
  let remove = (): Promise<unknown> => Promise.resolve();
  return {
    start: async () => {
      if (id !== undefined) {
        await docker('start', id);
        return;
      }
      const container = await new GenericContainer(IMAGE)
        .withCommand(['-c', '/hub.conf'])
        .withBindMounts([
          { source: configFile, target: '/hub.conf', mode: 'ro' },
          { source: storeDir, target: '/store' },
        ])
        .withExposedPorts({ container: port, host: port })
        // The image has no shell to look at ports from inside.
        .withWaitStrategy(Wait.forLogMessage('Server is ready'))
        .start();
      id = container.getId();
      remove = () => container.stop();
    },
    signal: async (name) => {
      // A signal to a container that is not running is refused; that is what was wanted.
      if (id !== undefined) await docker('kill', '--signal', name, id).catch(() => undefined);
    },
    gone: async () => {
      if (id !== undefined) await docker('wait', id);
    },
    remove: async () => {
      await remove();
    },
    complaints: () => Promise.resolve(`docker logs ${id ?? '(no container)'}`),
  };
}

/** A daemon without the image and without a registry (a closed network) is as good as none. */
async function imageCanBeHad(): Promise<boolean> {
  const docker = promisify(execFile);
  try {
    await docker('docker', ['image', 'inspect', IMAGE], { timeout: 10_000 });
    return true;
  } catch {
    return await docker('docker', ['pull', IMAGE], { timeout: 120_000 }).then(
      () => true,
      () => false,
    );
  }
}

/** Asks the daemon for a ping over its socket or TCP address; well under a second when nobody is there. */
async function dockerAnswers(): Promise<boolean> {
  const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
  const url = URL.parse(host);
  const where = host.startsWith('unix://') ? { path: host.slice('unix://'.length) } : url && { host: url.hostname, port: Number(url.port) };
  if (!where) return false;
  return await new Promise((resolve) => {
    const socket = connect(where);
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('connect', () => socket.write('GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n'));
    socket.once('data', (head) => settle(/^HTTP\/1\.\d 200/.test(head.toString('latin1'))));
    socket.once('close', () => settle(false));
  });
}

/** The server greets each connection with INFO; only then it serves. */
async function whenListening(port: number, machine: Machine): Promise<void> {
  const untilMs = performance.now() + READY_MS;
  while (performance.now() < untilMs) {
    const greeted = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.setTimeout(1000, () => socket.destroy());
      socket.once('data', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => socket.destroy());
      socket.once('close', () => resolve(false));
    });
    if (greeted) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nats-server did not listen on port ${port} within ${READY_MS} ms:\n${await machine.complaints()}`);
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(-2000);
  } catch {
    return '(it wrote no log)';
  }
}
