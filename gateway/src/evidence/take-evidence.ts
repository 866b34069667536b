/**
 * Takes all facts of a site at one moment. Works beside a running gateway, from its database, its files and the tables of the kernel, so the
 * report can be made from the command line as well as by the gateway itself. What cannot be measured is a fact too, with its reason.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KeyStore } from '@keepline/compliance/keys';
import { auditFacts, lastSignIns } from '@keepline/compliance/mlps-audit-facts';
import type { Attestation, Facts, Measured } from '@keepline/compliance/mlps-facts';
import type { Period } from '@keepline/compliance/mlps-period';
import { policyInForce } from '@keepline/compliance/policy';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { Connection, type Reader } from '../store/connection.ts';
import { accountFacts, sessionFacts, tallies } from './accounts.ts';
import { alarmFacts } from './alarms.ts';
import { backupFacts, offsiteFacts } from './backups.ts';
import { cloudEnds, probe, tlsTrials } from './doors.ts';
import { clockOffsetMs, firewallFacts, hostFacts, trustFacts } from './host.ts';
import { measure } from './measure.ts';
import { pairFacts } from './pair.ts';
import { processes, processFacts, sockets } from './processes.ts';
import { recordingFacts, storageFacts } from './storage.ts';
import { callFacts, componentFacts, outboxFacts } from './work.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DAY_MS = 86_400_000;

export interface Taking {
  readonly site: SiteConfig;
  /** The data folder, absolute. */
  readonly data: string;
  readonly read: Reader;
  readonly keys: KeyStore;
  readonly period: Period;
  readonly attestations: readonly Attestation[];
  /** Wall time, ms. */
  readonly nowMs: number;
}

export async function takeEvidence({ site, data, read, keys, period, attestations, nowMs }: Taking): Promise<Facts> {
  const running = await measure(() => processes(data));
  const table = await measure(() => sockets(valueOf(running)));
  const doors = part(table, (found) => found.doors);
  const verifierKey = keys.auditSigner().verifierKey;
  const [tls, cloud, host, firewall, offset, trust, backups, offsite, pair] = await Promise.all([
    measure(() => tlsTrials(valueOf(doors), nowMs)),
    measure(() => cloudEnds(site.cloud.servers)),
    measure(() => hostFacts(data, valueOf(running))),
    measure(firewallFacts),
    measure(clockOffsetMs),
    measure(trustFacts),
    measure(() => backupFacts(data, site.backup, verifierKey, nowMs)),
    measure(() => offsiteFacts(site.backup, verifierKey, nowMs)),
    measure(() => pairFacts()),
  ]);
  const auditDir = join(data, 'audit');
  const audit = await measure(() => auditFacts(auditDir, verifierKey, period));
  const accounts = await measure(async () => accountFacts(read, site.agents, await lastSignIns(auditDir), nowMs));
  const tally = await measure(() => tallies(read, site.identity.lockAfterFailures, nowMs));
  const startMs = Date.parse(`${period.from}T00:00:00+08:00`);
  const endMs = Date.parse(`${period.to}T00:00:00+08:00`) + DAY_MS - 1;
  return {
    version: 1,
    site: site.site,
    ...period,
    takenAt: new Date(nowMs).toISOString(),
    limits: {
      idleMinutes: site.web.sessionIdleMinutes,
      sessionMinutes: site.web.sessionHours * 60,
      passwordDays: site.identity.passwordDays,
      lockAfterFailures: site.identity.lockAfterFailures,
      declaredPorts: declared(site),
      rtpPorts: [site.media.rtpPortMin, site.media.rtpPortMax],
      limitedRoles: site.identity.sources.map(({ role }) => role),
    },
    doors,
    tls,
    cloud,
    connections: part(table, (found) => found.connections),
    accounts,
    sessions: await measure(() => sessionFacts(read, accounts.measured ? accounts.value : [], nowMs)),
    lockedAccounts: part(tally, ({ locked }) => locked),
    overLimitTallies: part(tally, ({ over }) => over),
    audit,
    host,
    processes: await measure(() => processFacts(valueOf(running))),
    firewall,
    clockOffsetMs: offset,
    trust,
    recordings: await measure(() => recordingFacts(join(data, 'recordings'), read)),
    storage: await measure(() => storageFacts(data, keys.inventory, read, nowMs)),
    backups,
    offsite,
    pair,
    outbox: await measure(() => withOutbox(join(data, 'outbox.db'), (outbox) => outboxFacts(outbox, period.from, period.to))),
    calls: await measure(() => callFacts(read, startMs, endMs, site.sip.trunks)),
    alarms: await measure(() => alarmFacts(read, auditDir, site, nowMs)),
    components: await measure(() => componentFacts(ROOT)),
    probe: await measure(() => probe(valueOf(tls))),
    policy: await measure(() => {
      const { document, hash } = policyInForce(data);
      return {
        version: document.version,
        hash,
        labelledFields: Object.values(document.events).flatMap((fields) => Object.keys(fields)).length,
      };
    }),
    attestations,
  };
}

function valueOf<T>(fact: Measured<T>): T {
  if (!fact.measured) throw new Error(fact.why);
  return fact.value;
}

const part = <T, U>(fact: Measured<T>, of: (value: T) => U): Measured<U> =>
  fact.measured ? { measured: true, value: of(fact.value) } : fact;

function declared({ sip, media, web }: SiteConfig): string[] {
  const tcp = [sip.port, web.httpPort, web.httpsPort, ...(sip.tls.enabled ? [sip.tls.port] : [])];
  return [...tcp.map((port) => `tcp:${port}`), ...[sip.port, media.webRtcPort].map((port) => `udp:${port}`)];
}

/** Read only: the two processes that write it are at work. */
async function withOutbox<T>(path: string, look: (outbox: Reader) => Promise<T>): Promise<T> {
  const outbox = await Connection.open(path);
  try {
    await outbox.exec('PRAGMA query_only = ON');
    return await look(outbox);
  } finally {
    await outbox.close();
  }
}
