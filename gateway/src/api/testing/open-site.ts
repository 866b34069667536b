/**
 * A site for tests of the doors: real fastify, real sockets, real TLS, real SQLite and argon2; routing, media and audit are doubles that
 * write down what they were asked.
 */
import { emptySuggestion } from '../../cloud-link/suggestion.ts';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@keepline/contracts/clock';
import { systemClock } from '@keepline/contracts/clock';
import type { LinkStatus } from '@keepline/contracts/link';
import { newIdentity } from '@keepline/compliance/age';
import { newNoteKey, signerFrom } from '@keepline/compliance/note';
import { AgentDesks } from '../../agents/agent-desks.ts';
import type { Audited, Log } from '../../identity/identity-store.ts';
import { isInCall } from '../../agents/desk-calls.ts';
import { openIdentity } from '../../identity/identity.ts';
import type { Machines } from '../../identity/machine-certificates.ts';
import type { OidcProvider } from '../../identity/oidc-provider.ts';
import type { OutsideDirectory } from '../../identity/sign-in.ts';
import { parseSite } from '@keepline/contracts/site-file';
import type { SiteConfig } from '@keepline/contracts/site-config';
import type { ActContext } from '../../audit/audited.ts';
import { FakeDuty, FakeMedia } from '../../agents/testing/desk-doubles.ts';
import { CallRegistry } from '../../calls/call-registry.ts';
import { Store } from '../../store/store.ts';
import { callTables } from '../../store/tables/calls.ts';
import { recordingTables } from '../../store/tables/recordings.ts';
import { identityTables } from '../../store/tables/identity.ts';
import type { ApiLimits, ApiParts } from '../api-parts.ts';
import { RequestInvalid } from '../errors.ts';
import { RecordingArchive } from '../../recording/archive.ts';
import { startApi } from '../server.ts';
import type { WorkbenchParts } from '../workbench-parts.ts';
import { ask, cookieOf } from './ask.ts';

export const AGENTS = [
  { id: 'li', name: '李静', phone: '', queues: ['service'] },
  { id: 'wang', name: '王强', phone: '', queues: ['service'] },
] as const;
export const PASSWORD = 'correct-horse-battery';

export interface LoggedAct extends ActContext {
  readonly act: string;
  outcome: 'begun' | 'done' | 'failed';
}
export async function openSite(
  o: {
    clock?: Clock;
    limits?: Partial<ApiLimits>;
    noPages?: boolean;
    decision?: ApiParts['decision'];
    idleMs?: number;
    announce?: boolean;
    workbench?: WorkbenchParts;
    /** Pages built elsewhere. */
    deskFolder?: string;
    settings?: Partial<SiteConfig['identity']>;
    outside?: OutsideDirectory;
    provider?: OidcProvider;
    machines?: Machines;
    callbacks?: ApiParts['callbacks'];
    alarms?: ApiParts['alarms'];
    reports?: ApiParts['reports'];
    auditLog?: ApiParts['auditLog'];
  } = {},
) {
  const clock = o.clock ?? systemClock;
  const folder = await mkdtemp(join(tmpdir(), 'keepline-api-'));
  const store = await Store.open(join(folder, 'main.db'), [callTables, recordingTables, identityTables]);
  const logged: string[] = [];
  const write = (details: object, message: string): void =>
    void logged.push(
      `${message} ${JSON.stringify(details, (_key, value: unknown) => (value instanceof Error ? String(value.stack) : value))}`,
    );
  const log: Log = { info: write, warn: write, error: write };
  const acts: LoggedAct[] = [];
  const audit = { isBroken: false };
  const calls = new CallRegistry();
  const duty = new FakeDuty();
  const media = new FakeMedia();
  const link = new FakeLink();
  const changed: string[] = [];
  const audited: Audited = async (act, context, run) => {
    if (audit.isBroken) throw new Error('disk full, secret=hunter2');
    const entry: LoggedAct = { act, ...context, outcome: 'begun' };
    acts.push(entry);
    try {
      const result = await run();
      entry.outcome = 'done';
      return result;
    } catch (fault) {
      entry.outcome = 'failed';
      throw fault;
    }
  };
  const reopen = () =>
    openIdentity({
      store,
      clock,
      log,
      settings: { ...parseSite({}).identity, ...o.settings },
      site: 'test',
      agents: AGENTS,
      sealingKeys: () => [Buffer.alloc(32, 7)],
      outside: o.outside,
      provider: o.provider,
      idleMs: o.idleMs ?? 1_800_000,
      longestMs: 43_200_000,
      isInCall: (id) => isInCall(calls, id),
      leave: (id) => duty.signOut(id),
      onPasswordChanged: async (userId) => void changed.push(userId),
      audited,
    });
  const recordingKey = await newIdentity();
  const recordings = new RecordingArchive({
    dir: join(folder, 'recordings'),
    read: store.read,
    clock,
    keys: {
      recordingIdentity: async () => recordingKey,
      recordingRecipient: () => '',
      auditSigner: () => signerFrom(newNoteKey('test')),
    },
    maskedCaller: async () => '138******78',
    audited: (act, context, run) => audited(act, { ...context, correlation: '' }, run),
  });
  const identity = await reopen();
  const { sessions, signIn, credentials } = identity;
  for (const agent of AGENTS) await credentials.setPassword(agent.id, PASSWORD);
  const desks = new AgentDesks<string>({
    agents: AGENTS,
    reasons: ['break'],
    dispositions: ['resolved'],
    secrets: [],
    sessions,
    duty,
    calls,
    link,
    media,
    schedule: () => Promise.reject(new Error('no list of call-backs in this test')),
    dial: () => {
      throw new Error('no trunks in this test');
    },
    audited,
    announce: o.announce ?? true,
    clock,
    log,
  });
  const deskFolder = o.deskFolder ?? join(folder, 'dist');
  if (!o.noPages && o.deskFolder === undefined) await writePages(deskFolder);
  const parts: ApiParts = {
    site: { name: 'test', language: 'zh' },
    identity,
    machines: o.machines,
    desks,
    calls,
    duty,
    link,
    metrics: async () => '# TYPE keepline_edge_calls gauge\nkeepline_edge_calls 0\n',
    health: () => ({ status: 'ok', parts: { store: 'ok', link: 'down' }, alarms: [] }),
    callbacks: o.callbacks ?? { list: async () => [], cancel: nothingThere },
    alarms: o.alarms ?? { standing: () => [], recent: async () => [], clearNumber: async () => false, subscribe: () => () => {} },
    reports: o.reports ?? { coverage: nothingThere, list: async () => [], begin: nothingThere, file: nothingThere },
    auditLog: o.auditLog ?? { verifierKey: '', state: nothingThere, list: async () => [], prove: nothingThere },
    recordings,
    callerNumber: async () => '13812345678',
    knowledge: async () => [],
    suggestions: { offered: [], ask: async () => emptySuggestion('not_offered') },
    decision: o.decision ?? (async () => undefined),
    workbench: o.workbench ?? { ...bareWorkbench, audited },
    deskFolder,
    clock,
    log,
  };
  const api = await startApi({
    parts,
    address: '127.0.0.1',
    httpPort: 0,
    httpsPort: 0,
    certificateFolder: join(folder, 'tls'),
    ...(o.limits ? { limits: o.limits } : {}),
  });
  const origin = `http://127.0.0.1:${api.httpPort}`;
  return {
    api,
    parts,
    acts,
    audit,
    calls,
    certificate: await readFile(join(folder, 'tls', 'site.pem'), 'utf8'),
    clock,
    changed,
    credentials,
    identity,
    /** The same site after a restart, as far as accounts go; to be closed by the test. */
    reopen,
    desks,
    duty,
    folder,
    link,
    logged,
    media,
    origin,
    recordingKey,
    sessions,
    signIn,
    store,
    secureOrigin: `https://127.0.0.1:${api.httpsPort}`,
    /** As the desk's page asks: header and origin set. `headers` overrides; '' leaves one out. */
    ask: (method: string, path: string, more: { body?: unknown; headers?: Record<string, string>; base?: string } = {}) =>
      ask(more.base ?? origin, method, path, more.body, more.headers ?? {}),
    async signedIn(agent: string, base = origin): Promise<string> {
      const answer = await ask(base, 'POST', '/api/sign-in', { agent, password: PASSWORD }, {});
      if (answer.status !== 200) throw new Error(`sign-in failed: ${answer.text}`);
      return cookieOf(answer);
    },
    async close(): Promise<void> {
      recordings.close();
      await signIn.close();
      await api.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
export type TestSite = Awaited<ReturnType<typeof openSite>>;

/** Of a site without link, ledger or proposals; the real one is under test in `house/workbench.test.ts`. */
const nothingThere = () => Promise.reject(new RequestInvalid('this site has none'));
const bareWorkbench: WorkbenchParts = {
  audited: (_act, _context, run) => run(),
  cloud: nothingThere,
  reconcile: nothingThere,
  egress: nothingThere,
  egressReport: nothingThere,
  policy: nothingThere,
  proposals: nothingThere,
  review: nothingThere,
  approve: nothingThere,
  reject: nothingThere,
  rollBack: nothingThere,
};

class FakeLink {
  now: LinkStatus = { state: 'up', sinceMs: 1, why: 'started', backlog: 0, oldestUnsentMs: 0 };
  readonly #listeners = new Set<() => void>();
  status(): LinkStatus {
    return this.now;
  }
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  becomes(state: LinkStatus['state']): void {
    this.now = { ...this.now, state };
    for (const listener of this.#listeners) listener();
  }
}

async function writePages(folder: string): Promise<void> {
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(
    join(folder, 'index.html'),
    '<script nonce="__CSP_NONCE__" src="/assets/app-1a2b.js"></script><meta content="__CSP_NONCE__">',
  );
  await writeFile(join(folder, 'assets', 'app-1a2b.js'), 'document.title = "desk";');
}
