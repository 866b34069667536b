/** Test support: the real `cloud-sync` process and a look into the stream. Not imported by the product. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Hub } from '@keepline/testkit/nats-server';
import { jetstreamManager } from '@nats-io/jetstream';
import { CloudConnection } from '../nats/cloud-connection.ts';
import { readCredentials } from '../nats/credentials.ts';
import { subjectsOf } from '../nats/subjects.ts';

export interface SyncFiles {
  readonly folder: string;
  readonly hub: Hub | undefined;
  /** Lines of YAML below `cloud:`, each indented by two. */
  readonly cloud?: string;
  readonly advice?: string;
}

export interface RunningSync {
  readonly socket: string;
  readonly process: ChildProcess;
  readonly log: () => string;
  /** Resolves with the exit code, null after a signal. */
  readonly exited: Promise<number | null>;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<{ status: number; body: T }>;
}

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const FAST = '  heartbeatMs: 100\n  heartbeatMisses: 3\n  stableSeconds: 1\n';
/** For tests whose link must stay up: a machine that is busy for a second is not yet an outage. */
export const CALM = '  heartbeatMs: 2000\n  stableSeconds: 1\n';

/** Starts `cloud-sync` for the site `demo` and waits until its socket answers. */
export async function runSync(files: SyncFiles): Promise<RunningSync> {
  const { folder, hub } = files;
  const siteFile = `${folder}/site.yaml`;
  const socket = `${folder}/sync.sock`;
  const servers = hub ? `["${hub.url}"]` : '[]';
  writeFileSync(
    siteFile,
    `site: demo\ncloud:\n  servers: ${servers}\n${files.cloud ?? FAST}${files.advice ? `advice:\n${files.advice}` : ''}`,
  );
  const given = [MAIN, '--site', siteFile, '--outbox', `${folder}/outbox.db`, '--socket', socket];
  if (hub) given.push('--credentials', hub.siteCredentials.file);
  const child = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (log = (log + part.toString()).slice(-200_000)));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const call = <T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> =>
    new Promise((resolve, reject) => {
      const asked = request({ socketPath: socket, path, method, headers: { 'content-type': 'application/json' } }, (response) => {
        let text = '';
        response.on('data', (part: Buffer) => (text += part.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      });
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const running: RunningSync = {
    socket,
    process: child,
    log: () => log,
    exited,
    get: async (path) => (await call<never>('GET', path)).body,
    post: (path, body) => call('POST', path, body),
  };
  for (;;) {
    if (child.exitCode !== null) throw new Error(`cloud-sync ended at once:\n${log}`);
    if (log.includes('cloud-sync is ready')) return running;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A connection of the hub's operator, who makes streams and looks into them. */
export function cloudSide(hub: Hub): Promise<CloudConnection> {
  return CloudConnection.open({
    servers: [hub.url],
    name: 'test',
    timeoutMs: 20_000,
    credentials: readCredentials(hub.operatorCredentials.file),
  });
}

/** Ids of all events in the stream of the site `demo`, in order. */
export async function idsInStream(connection: CloudConnection): Promise<string[]> {
  const admin = await jetstreamManager(connection.nats);
  const { stream } = subjectsOf('demo');
  const { state } = await admin.streams.info(stream);
  const ids: string[] = [];
  const consumer = await admin.jetstream().consumers.get(stream);
  if (state.last_seq === 0) return ids;
  const messages = await consumer.consume({ max_messages: 2000 });
  for await (const message of messages) {
    ids.push(message.headers?.get('Nats-Msg-Id') ?? '');
    if (message.seq === state.last_seq) break;
  }
  return ids;
}
