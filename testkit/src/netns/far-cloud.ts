/**
 * A real nats-server in the namespace `cloud` and a real `cloud-sync` in the namespace `edge`, for tests that do to the line between them what the
 * field does. Plain user and password: rights are tested elsewhere, here it is the line.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jetstream, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { eventually } from '../eventually.ts';
import { findProgram } from '../program.ts';
import type { Namespaces } from './namespaces.ts';

const SYNC = fileURLToPath(new URL('../../../cloud-sync/src/main.ts', import.meta.url));
const PORT = 4222;
const SITE = 'demo';
const STREAM = 'KEEPLINE_DEMO';
const USER = 'site';

/** PEM files of a server that speaks TLS. */
export interface ServerCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What is not as usual around `cloud-sync`. */
export interface Surroundings {
  /** Folder of the outbox, such as a small file system; `folder` when absent. */
  readonly outboxFolder?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface FarCloud {
  /** Begins the server, again on the same store. @param password what it asks of the site from now on @param tls what it shows; plain without */
  startServer(password?: string, tls?: ServerCertificate): Promise<void>;
  /** @param signal SIGTERM ends it in good order, SIGKILL does not, SIGSTOP freezes it and SIGCONT thaws it */
  signalServer(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** A connection over the plain cable. */
  connect(): Promise<NatsConnection>;
  /** Ids of all events in the stream, in order. */
  ids(): Promise<string[]>;
  /** How many bytes more than it holds the stream may take; the server refuses what goes beyond. */
  roomFor(bytes: number): Promise<void>;
  readonly outbox: string;
  /** Starts `cloud-sync`; `server` is how it names the cloud. */
  startSync(server: string): Promise<void>;
  killSync(): Promise<void>;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  log(): string;
  close(): Promise<void>;
}

/** @param folder for the store, the outbox and the socket; its path must be short */
export async function farCloud(net: Namespaces, folder: string, settings: string, around: Surroundings = {}): Promise<FarCloud> {
  const config = join(folder, 'hub.conf');
  const credentials = join(folder, 'credentials.json');
  const socketPath = join(folder, 'sync.sock');
  const outbox = join(around.outboxFolder ?? folder, 'outbox.db');
  const password = 'over-the-line';
  mkdirSync(join(folder, 'store'), { recursive: true });
  writeFileSync(credentials, JSON.stringify({ user: USER, password }), { mode: 0o600 });
  let server: ChildProcess | undefined;
  let sync: ChildProcess | undefined;
  let log = '';
  const serverUrl = `nats://${net.cloudFromHere}:${PORT}`;
  const cloudUser = { user: 'cloud', pass: 'looks-on' };
  let encrypted = false;
  // The test looks on from beside the line: whom the server's certificate convinces is a matter of the site.
  const open = (): Promise<NatsConnection> =>
    connect({
      ...{ servers: serverUrl, ...cloudUser, reconnect: false, timeout: 1000 },
      ...(encrypted ? { tls: { rejectUnauthorized: false } } : {}),
    });
  const asked = <T>(method: string, path: string, body?: object): Promise<T> =>
    new Promise((resolve, reject) => {
      const question = request({ socketPath, path, method, headers: { 'content-type': 'application/json' }, agent: false }, (response) => {
        let text = '';
        response.on('data', (part: Buffer) => (text += part.toString()));
        response.on('error', reject);
        response.on('end', () =>
          response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${response.statusCode}: ${text}`)),
        );
      });
      question.on('error', reject);
      question.end(body && JSON.stringify(body));
    });
  const gone = async (child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    child.kill('SIGCONT');
    await exit;
  };
  const withCloud = async <T>(act: (cloud: NatsConnection) => Promise<T>): Promise<T> => {
    const cloud = await open();
    try {
      return await act(cloud);
    } finally {
      await cloud.close();
    }
  };
  const far: FarCloud = {
    outbox,
    log: () => log,
    async startServer(wanted = password, tls?: ServerCertificate) {
      encrypted = tls !== undefined;
      const shown = tls === undefined ? '' : `tls { cert_file: "${tls.certFile}", key_file: "${tls.keyFile}", timeout: 5 }\n`;
      const users = `{ user: ${USER}, password: "${wanted}" }, { user: ${cloudUser.user}, password: "${cloudUser.pass}" }`;
      writeFileSync(
        config,
        `port: ${PORT}\njetstream { store_dir: "${folder}/store" }\nauthorization { timeout: 10, users: [${users}] }\n${shown}`,
      );
      server = net.run('cloud', findProgram('nats-server'), ['-c', config, '-l', join(folder, 'hub.log')], { stdio: 'ignore' });
      const first = await eventually('the server answers', () => open().catch(() => undefined), 15_000);
      await first.close();
    },
    async signalServer(signal) {
      if (signal === 'SIGSTOP' || signal === 'SIGCONT') server?.kill(signal);
      else await gone(server, signal);
    },
    connect: open,
    ids: () =>
      withCloud(async (cloud) => {
        const { state } = await (await jetstreamManager(cloud)).streams.info(STREAM);
        const ids: string[] = [];
        if (state.messages === 0) return ids;
        const messages = await (await jetstream(cloud).consumers.get(STREAM)).consume();
        for await (const message of messages) {
          ids.push(message.headers?.get('Nats-Msg-Id') ?? '');
          if (message.seq >= state.last_seq) break;
        }
        return ids;
      }),
    roomFor: (bytes) =>
      withCloud(async (cloud) => {
        const { streams } = await jetstreamManager(cloud);
        const { state } = await streams.info(STREAM);
        await streams.update(STREAM, { max_bytes: state.bytes + bytes });
      }),
    async startSync(url) {
      const siteFile = join(folder, 'site.yaml');
      writeFileSync(siteFile, `site: ${SITE}\ncloud:\n  servers: ["${url}"]\n${settings}`);
      const given = [SYNC, '--site', siteFile, '--outbox', outbox, '--socket', socketPath, '--credentials', credentials];
      const env = { ...process.env, ...around.env };
      const child = net.run('edge', process.execPath, given, { stdio: ['ignore', 'pipe', 'pipe'], env });
      sync = child;
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (part: Buffer) => (log = (log + part.toString()).slice(-100_000)));
      await eventually(
        'cloud-sync serves its socket',
        () =>
          asked('GET', '/link').then(
            () => true,
            () => child.exitCode !== null && Promise.reject(new Error(log)),
          ),
        20_000,
      );
    },
    killSync: () => gone(sync, 'SIGKILL'),
    get: (path) => asked('GET', path),
    post: (path, body) => asked('POST', path, body),
    async close() {
      await gone(sync, 'SIGKILL');
      await gone(server, 'SIGKILL');
    },
  };
  await far.startServer();
  await withCloud(async (cloud) => {
    const admin = await jetstreamManager(cloud);
    const policy = { storage: StorageType.File, retention: RetentionPolicy.Limits, discard: 'new' } as const;
    await admin.streams.add({ name: STREAM, subjects: [`keepline.v1.${SITE}.events.>`], max_bytes: 1_000_000_000, ...policy });
  });
  return far;
}
