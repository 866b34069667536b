/**
 * Where agents come in: passwords, sessions, desks, and the HTTP doors in front of them.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock as clock } from '@keepline/contracts/clock';
import { listEntries } from '@keepline/compliance/audit-list';
import { logState } from '@keepline/compliance/audit-state';
import { proveEntry } from '@keepline/compliance/audit-prove';
import type { Flow } from '@keepline/contracts/flow';
import type { AgentId, CallId } from '@keepline/contracts/ids';
import { AgentDesks } from '../agents/agent-desks.ts';
import type { ApiParts } from '../api/api-parts.ts';
import { type Api, startApi } from '../api/server.ts';
import type { FirstPassword } from '../identity/credentials.ts';
import { openIdentity } from '../identity/identity.ts';
import { openMachines } from '../identity/machine-certificates.ts';
import { openLdap } from '../identity/ldap-directory.ts';
import { openOidc } from '../identity/oidc-provider.ts';
import type { BrowserMedia } from '../media/browser-endpoint.ts';
import type { MediaLeg } from '../media/edge.ts';
import { askSuggestion } from '../cloud-link/ask-suggestion.ts';
import { readRelayMetrics } from '../cloud-link/figures.ts';
import { articlesNear, searchKnowledge } from '../downlink/knowledge.ts';
import { ReportDesk } from '../evidence/report-desk.ts';
import { decisionsOf, findCall } from '../store/tables/calls.ts';
import type { CallBacks } from '../callback/call-backs.ts';
import { openArchive } from './archive.ts';
import { scheduleIn } from './call-backs.ts';
import { FirstPasswordFile } from './first-passwords.ts';
import type { Ground } from './ground.ts';
import type { RoutingOffice } from './routing.ts';
import { deskSecrets } from './secret-hooks.ts';
import { siteMetrics } from './site-metrics.ts';
import { openWorkbench } from './workbench.ts';

/** Articles a question to the cloud may choose from: what a person can tell apart at a glance is far less. */
const ARTICLES_OFFERED = 16;
const DESK_FOLDER = fileURLToPath(new URL('../../../admin-ui/dist', import.meta.url));

export interface DeskParts {
  readonly ground: Ground;
  /** As the gateway was given it. */
  readonly siteFile: string | undefined;
  readonly routing: RoutingOffice;
  readonly browsers: BrowserMedia;
  /** Begins a call out for an agent. */
  readonly dial: (agentId: AgentId, number: string) => CallId;
  /** Calls that are owed to customers; asked for when somebody does something about them. */
  readonly callBacks: () => CallBacks;
  readonly health: ApiParts['health'];
  readonly metrics: ApiParts['metrics'];
  /** Rules where no proposal of the cloud does. */
  readonly siteFlow: Flow;
}
export interface Desks {
  readonly desks: AgentDesks<MediaLeg>;
  /** Made just now, for agents who had none. */
  readonly firstPasswords: readonly FirstPassword[];
  /** Opens the doors; the last step of a start. */
  open(): Promise<Api>;
  close(): Promise<void>;
}

export async function setUpDesks(parts: DeskParts): Promise<Desks> {
  const { ground } = parts;
  const { registry, roster, duty, cloudSync } = parts.routing;
  const { site, store, log } = ground;
  const firstPasswordFile = new FirstPasswordFile(ground.data);
  // A phone stays in routing when its agent closes the desk: it was there before anybody signed in.
  const leave = async (agentId: AgentId): Promise<void> => {
    if (roster.config(agentId).phone === '') await duty.signOut(agentId);
  };
  const identity = await openIdentity({
    store,
    clock,
    log,
    audited: ground.audited,
    settings: site.identity,
    site: site.site,
    agents: site.agents,
    sealingKeys: () => ground.keys.identityKeys(),
    outside: site.identity.ldap.url === '' ? undefined : openLdap(site.identity.ldap, ground.data),
    provider: site.identity.oidc.issuer === '' ? undefined : openOidc(site.identity.oidc, ground.data, clock),
    idleMs: site.web.sessionIdleMinutes * 60_000,
    longestMs: site.web.sessionHours * 3_600_000,
    isInCall: (agentId) => registry.ofAgent(agentId) !== undefined,
    leave,
    onPasswordChanged: (userId) => firstPasswordFile.remove(userId),
  });
  const machines = openMachines(site.identity.machines, ground.data);
  const firstPasswords = await identity.credentials.issueFirstPasswords(site.agents);
  await firstPasswordFile.add(firstPasswords.map(({ agentId, password }) => ({ agent: agentId, password })));
  const archive = openArchive(ground);
  ground.alarms.watchHealth(parts.health);
  const { data, audited, onFault } = ground;
  const reports = new ReportDesk({ data, siteFile: parts.siteFile, audited, clock, onFault });
  const workbench = await openWorkbench(ground, parts.siteFlow, cloudSync);
  const desks = new AgentDesks<MediaLeg>({
    agents: site.agents,
    reasons: site.reasons,
    dispositions: site.dispositions,
    secrets: deskSecrets(site).map(({ name, zh, en }) => ({ hook: name, zh, en })),
    sessions: identity.sessions,
    duty,
    calls: registry,
    link: cloudSync,
    media: parts.browsers,
    dial: parts.dial,
    schedule: (...owed) => scheduleIn(parts.callBacks(), parts.routing)(...owed),
    audited: ground.audited,
    announce: site.supervision.announce,
    clock,
    log,
  });
  return {
    desks,
    firstPasswords,
    open: () =>
      startApi({
        parts: {
          site: { name: site.site, language: site.language },
          identity,
          machines,
          desks,
          calls: registry,
          duty,
          link: cloudSync,
          health: parts.health,
          metrics: async () => {
            const relay = readRelayMetrics(join(ground.data, 'run/cloud-sync.sock'));
            return (await parts.metrics()) + siteMetrics(await parts.health(), cloudSync.status()) + (await relay);
          },
          decision: async (callId, agentId) => {
            const traces = await decisionsOf(store.read, callId);
            return traces.map(({ trace }) => trace).findLast((trace) => isFor(trace, agentId));
          },
          callerNumber: async (callId) => (await findCall(store.read, callId))?.callerNumber,
          callbacks: { list: () => parts.callBacks().list(), cancel: (id) => parts.callBacks().cancel(id) },
          alarms: ground.alarms,
          reports,
          auditLog: auditLogOf(ground),
          recordings: archive,
          knowledge: (query, limit) => searchKnowledge(store.read, query, limit),
          suggestions: {
            offered: site.cloud.deskServices,
            ask: askSuggestion({
              ...{ site: site.site, offered: site.cloud.deskServices, dispositions: site.dispositions, clock },
              ...{ socketPath: join(ground.data, 'run/cloud-sync.sock'), link: () => cloudSync.status(), onFault: ground.onFault },
              anonymiser: ground.anonymiser,
              articlesNear: (text) => articlesNear(store.read, text, ARTICLES_OFFERED),
            }),
          },
          workbench: workbench.parts,
          deskFolder: DESK_FOLDER,
          clock,
          log,
        },
        address: site.network.address,
        httpPort: site.web.httpPort,
        httpsPort: site.web.httpsPort,
        certificateFolder: join(ground.data, 'keys'),
      }),
    async close() {
      archive.close();
      await reports.close();
      await identity.close();
      await workbench.close();
    },
  };
}

/** What the door shows of the log; read beside whoever writes it. */
export function auditLogOf({ site, data, keys }: Pick<Ground, 'site' | 'data' | 'keys'>): ApiParts['auditLog'] {
  const dir = join(data, 'audit');
  return {
    get verifierKey() {
      return keys.auditSigner().verifierKey;
    },
    state: () =>
      logState({
        ...{ dir, verifier: keys.auditVerifier(), verifierKey: keys.auditSigner().verifierKey },
        ...{ witnessKeys: site.audit.witnesses.map(({ key }) => key), quorum: site.audit.witnessQuorum },
      }),
    list: (wanted) => listEntries(dir, wanted),
    prove: (number) => proveEntry(dir, keys.auditVerifier(), number),
  };
}

function isFor(trace: unknown, agentId: string): boolean {
  return typeof trace === 'object' && trace !== null && 'agentId' in trace && trace.agentId === agentId;
}
