/**
 * Where agents come in: passwords, sessions, desks, and the HTTP doors in front of them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock as clock } from '@keepline/contracts/clock';
import type { AgentId } from '@keepline/contracts/ids';
import { AgentDesks } from '../agents/agent-desks.ts';
import { Credentials, type FirstPassword } from '../agents/credentials.ts';
import { Sessions } from '../agents/sessions.ts';
import { SignIn } from '../agents/sign-in.ts';
import type { ApiParts } from '../api/api-parts.ts';
import { type Api, startApi } from '../api/server.ts';
import type { BrowserMedia } from '../media/browser-endpoint.ts';
import type { MediaLeg } from '../media/edge.ts';
import { decisionsOf } from '../store/tables/calls.ts';
import type { Ground } from './ground.ts';
import type { RoutingOffice } from './routing.ts';

const DESK_FOLDER = fileURLToPath(new URL('../../../admin-ui/dist', import.meta.url));

export interface DeskParts {
  readonly ground: Ground;
  readonly routing: RoutingOffice;
  readonly browsers: BrowserMedia;
  readonly health: ApiParts['health'];
}
export interface Desks {
  readonly desks: AgentDesks<MediaLeg>;
  /** Made just now, for agents who had none. */
  readonly firstPasswords: readonly FirstPassword[];
  /** Opens the doors; the last step of a start. */
  open(): Promise<Api>;
  close(): void;
}

export async function setUpDesks(parts: DeskParts): Promise<Desks> {
  const { ground } = parts;
  const { registry, roster, duty, cloudSync } = parts.routing;
  const { site, store, log } = ground;
  const credentials = new Credentials({ store, clock, agents: site.agents });
  const firstPasswords = await credentials.issueFirstPasswords();
  keepFirstPasswords(ground.data, firstPasswords);
  const sessions = await Sessions.restore(
    {
      store,
      clock,
      log,
      idleMs: site.web.sessionIdleMinutes * 60_000,
      longestMs: site.web.sessionHours * 3_600_000,
      isInCall: (agentId) => registry.ofAgent(agentId) !== undefined,
    },
    (agentId) => credentials.isAgent(agentId),
  );
  const desks = new AgentDesks<MediaLeg>({
    agents: site.agents,
    reasons: site.reasons,
    dispositions: site.dispositions,
    sessions,
    duty,
    calls: registry,
    link: cloudSync,
    media: parts.browsers,
    clock,
    log,
  });
  // A phone stays in routing when its agent closes the desk: it was there before anybody signed in.
  const leave = async (agentId: AgentId): Promise<void> => {
    if (roster.config(agentId).phone === '') await duty.signOut(agentId);
  };
  const signIn = new SignIn({ credentials, sessions, audited: ground.audited, clock, log, leave });
  return {
    desks,
    firstPasswords,
    open: () =>
      startApi({
        parts: {
          site: { name: site.site, language: site.language },
          agents: site.agents,
          sessions,
          signIn,
          desks,
          calls: registry,
          duty,
          link: cloudSync,
          health: parts.health,
          decision: async (callId, agentId) => {
            const traces = await decisionsOf(store.read, callId);
            return traces.map(({ trace }) => trace).findLast((trace) => isFor(trace, agentId));
          },
          deskFolder: DESK_FOLDER,
          clock,
          log,
        },
        address: site.network.address,
        httpPort: site.web.httpPort,
        httpsPort: site.web.httpsPort,
        certificateFolder: join(ground.data, 'keys'),
      }),
    close: () => signIn.close(),
  };
}

function isFor(trace: unknown, agentId: string): boolean {
  return typeof trace === 'object' && trace !== null && 'agentId' in trace && trace.agentId === agentId;
}

/** For whoever hands them out, and for the demo; the page `up` prints says to delete the file then. */
function keepFirstPasswords(data: string, made: readonly FirstPassword[]): void {
  if (made.length === 0) return;
  const list = made.map(({ agentId, password }) => ({ agent: agentId, password }));
  writeFileSync(join(data, 'first-passwords.json'), `${JSON.stringify(list, null, 2)}\n`, { mode: 0o600 });
}
