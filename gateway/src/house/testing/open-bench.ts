/**
 * The workbench over real doors, for tests: real database, ledger, policy, keys, audit log and identity; `cloud-sync` is the real process, without a
 * cloud, started when a test wants it. Calls, media and routing are the doubles of `api/testing/open-site.ts`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AuditLog } from '@keepline/compliance/audit';
import { audited } from '@keepline/compliance/audited';
import { openKeyStore } from '@keepline/compliance/keys';
import { signNote } from '@keepline/compliance/note';
import { PolicySource } from '@keepline/compliance/policy';
import { Outbox } from '@keepline/cloud-sync/outbox';
import { type Clock, systemClock } from '@keepline/contracts/clock';
import { pinOf, signDownlink } from '@keepline/contracts/downlink';
import { newId } from '@keepline/contracts/ids';
import type { LinkStatus } from '@keepline/contracts/link';
import { parseSite } from '@keepline/contracts/site-file';
import { eventually } from '@keepline/testkit/eventually';
import { tempDir } from '@keepline/testkit/temp-dir';
import { AlarmLog } from '../../alarms/alarm-log.ts';
import type { ApiParts } from '../../api/api-parts.ts';
import { openSite } from '../../api/testing/open-site.ts';
import { drillReport, reportText } from '../../cloud-link/drill-report.ts';
import { keepDrill } from '../../cloud-link/drill-shelf.ts';
import { listProposals } from '../../downlink/cloud-proposals.ts';
import { checkFlow } from '../../ivr/flow-check.ts';
import { ReportDesk } from '../../evidence/report-desk.ts';
import { Connection } from '../../store/connection.ts';
import { Store } from '../../store/store.ts';
import { allTables } from '../../store/tables/all.ts';
import { auditLogOf } from '../desks.ts';
import { openWorkbench, type WorkbenchGround } from '../workbench.ts';

const SYNC = fileURLToPath(new URL('../../../../cloud-sync/src/main.ts', import.meta.url));
const signer = generateKeyPairSync('ed25519');
const siteFlow = checkFlow(
  {
    ...{ flow: 'main', version: 1, language: 'zh', start: 'bye', prompts: { hello: { zh: '您好', en: 'Hello' } } },
    nodes: { bye: { do: 'hangup', prompt: 'hello' } },
  },
  'test',
  [],
);
const balance = { verdict: 'balanced', counts: { produced: 1, delivered: 1, expired: 0, quarantined: 0, waiting: 0 }, stream: 1 };

export type OpenBench = Awaited<ReturnType<typeof openBench>>;

type Options = { readonly deskFolder?: string; readonly clock?: Clock; readonly callbacks?: ApiParts['callbacks'] };

/** @param o.deskFolder pages as Vite builds them; without it those of `openSite` @param o.clock of sessions and factors alone */
export async function openBench(o: Options = {}) {
  const folder = tempDir();
  const data = folder.path;
  const site = parseSite({ downlink: { keys: [pinOf('ops', signer.publicKey)] } });
  mkdirSync(join(data, 'run'));
  const keys = await openKeyStore(join(data, 'keys'), { site: site.site, clock: systemClock });
  const log = await AuditLog.open({ dir: join(data, 'audit'), signer: keys.auditSigner(), clock: systemClock, onFault: () => {} });
  const store = await Store.open(join(data, 'main.db'), allTables);
  const outboxBounds = { maxEvents: 100, maxBytes: 1_000_000, maxAgeDays: 7, onExpired: () => {} };
  await (await Outbox.open(join(data, 'outbox.db'), { ...outboxBounds, clock: systemClock })).close();
  const ground: WorkbenchGround = {
    ...{ site, data, keys, store, policy: new PolicySource(data, () => {}), onFault: () => {} },
    audited: (act, context, run) =>
      audited(log, act, { ...context, correlation: context.correlation ?? newId('act', systemClock.now()) }, run),
  };
  const link: { now: LinkStatus } = {
    now: { state: 'down', sinceMs: 1, why: 'server_away', condition: 'server_away', backlog: 3, oldestUnsentMs: 9 },
  };
  const bench = await openWorkbench(ground, siteFlow, { status: () => link.now });
  const reports = new ReportDesk({ data, siteFile: undefined, audited: ground.audited, clock: systemClock, onFault: () => {} });
  const alarms = await AlarmLog.open({ store, clock: systemClock, append: async () => {}, onFault: () => {} });
  const house = await openSite({
    workbench: bench.parts,
    alarms,
    reports,
    auditLog: auditLogOf(ground),
    ...(o.deskFolder === undefined ? {} : { deskFolder: o.deskFolder }),
    ...(o.clock ? { clock: o.clock } : {}),
    ...(o.callbacks ? { callbacks: o.callbacks } : {}),
  });
  let sync: ChildProcess | undefined;
  return {
    ...{ data, house, link, site, store, alarms },
    /** Signs what the log holds, so that it can be proven. */
    checkpoint: (): Promise<void> => log.checkpoint(),
    /** Every line of the audit log. */
    written: (): string =>
      readdirSync(join(data, 'audit'), { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile() && file.name !== 'lock') // that one comes and goes
        .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'))
        .join(''),
    async startSync(): Promise<void> {
      writeFileSync(join(data, 'site.yaml'), `site: ${site.site}\n`);
      const socket = join(data, 'run/cloud-sync.sock');
      const given = ['--site', join(data, 'site.yaml'), '--outbox', join(data, 'outbox.db'), '--socket', socket];
      sync = spawn(process.execPath, [SYNC, ...given], { stdio: 'ignore' });
      const answers = (): Promise<boolean> =>
        listProposals(socket).then(
          () => true,
          () => false,
        );
      await eventually('cloud-sync answers', answers, 60_000);
    },
    /** As the receiver of `cloud-sync` stores it; its own check is left out, so that the gateway's is what is seen. */
    async propose(version: number, skills: readonly string[], key: KeyObject = signer.privateKey): Promise<string> {
      const nowMs = systemClock.now();
      const id = newId('dl', nowMs);
      const payload = { agents: [{ id: 'agent1', skills: [...skills] }], reason: 'more card calls at noon' };
      const valid = { notBeforeMs: nowMs - 1000, notAfterMs: nowMs + 3_600_000 };
      const unsigned = { v: 1 as const, id, site: site.site, kind: 'skills.table' as const, version, ...valid, payload, key: 'ops' };
      const body = JSON.stringify(signDownlink(unsigned, key));
      await insert(join(data, 'downlink.db'), 'proposals (id, kind, version, key, received_ms, bytes, body)', [
        ...[id, 'skills.table', version, 'ops', nowMs, body.length, body],
      ]);
      return id;
    },
    /** A row of the egress ledger. */
    leave: (day: string, type: string, events: number, bytes: number): Promise<void> =>
      insert(join(data, 'outbox.db'), 'egress (day, type, events, bytes, expired, quarantined)', [day, type, events, bytes, 1, 2]),
    /** Keeps the report of a drill of one minute; with `spoil` it is changed after it was signed. */
    async drilled(cutAtMs: number, spoil = false): Promise<boolean> {
      const times = { cutAtMs, plannedSeconds: 60, endedAtMs: cutAtMs + 60_000, reportedAtMs: cutAtMs + 90_000 };
      const rest = { before: [], during: [], changes: [], balanceBefore: balance, balanceAfter: balance };
      const report = drillReport({ site: site.site, ...times, ...rest });
      const note = signNote(reportText(report), keys.auditSigner());
      await keepDrill(data, report.cutAt, spoil ? note.replace('60 s', '61 s') : note);
      return report.passed;
    },
    async close(): Promise<void> {
      if (sync && sync.exitCode === null) {
        sync.kill();
        await once(sync, 'exit');
      }
      await house.close();
      await reports.close();
      await alarms.close();
      await bench.close();
      await store.close();
      await log.close();
      folder.remove();
    },
  };
}

async function insert(path: string, into: string, values: readonly (string | number)[]): Promise<void> {
  const database = await Connection.open(path);
  await database.run(`INSERT INTO ${into} VALUES (${values.map(() => '?').join(', ')})`, ...values);
  await database.close();
}
