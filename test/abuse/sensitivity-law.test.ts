/**
 * Every way in declares which audited acts it is, in one walk: each route of both doors, each command of the socket, each command of the launcher.
 * And the other way about: every act there is belongs to one of them, or to the house itself.
 */
import { createServer } from 'node:http';
import { DESK_ASK_ACTS, DeskRequest } from '@keepline/contracts/agent-protocol';
import { AUDIT_ACTS, type AuditAct } from '@keepline/contracts/audit-acts';
import { isPermission } from '@keepline/contracts/roles';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { API_LIMITS } from '../../gateway/src/api/api-parts.ts';
import { buildDoor } from '../../gateway/src/api/door.ts';
import type { RouteEntry } from '../../gateway/src/api/route-law.ts';
import { openSite, type TestSite } from '../../gateway/src/api/testing/open-site.ts';
import { commands } from '../../installer/src/launcher/commands.ts';
import { commandActs } from '../../installer/src/launcher/sensitivity.ts';

/** Acts nobody asks for by a route or a command; who does them stands behind each. */
const OF_THE_HOUSE: Readonly<Record<string, string>> = {
  'alarm.raise': 'the alarm log, from a fault',
  'backup.restore': 'the first start on a folder that a restore made: before it there is no log to write to',
  'call.barge': 'the socket command call.supervise, by its mode',
  'call.whisper': 'the socket command call.supervise, by its mode',
  'key.create': 'the gateway, when a key is missing at its start',
  'link.change': 'the console of the cloud link',
  'machine.refuse': 'the door, for a certificate that does not hold',
  'secret.collect': 'a flow that asks a caller for a secret',
  'sip.ban': 'the gatekeeper of the trunks',
  'sip.refer': 'the far end of a trunk',
  'sip.redirect': 'the far end of a trunk',
  'sip.replace': 'the far end of a trunk, or a phone of the same agent',
  'site.start': 'the gateway',
  'site.stop': 'the gateway',
  'user.lock': 'the sign-in guard, after too many failures',
};

let site: TestSite;
const routes: RouteEntry[] = [];
beforeAll(async () => {
  site = await openSite();
  for (const isSecure of [false, true]) {
    const makeServer = (answer: Parameters<typeof createServer>[1]) => createServer(answer);
    const door = await buildDoor({ parts: site.parts, limits: API_LIMITS, isSecure, hsts: false, makeServer });
    routes.push(...door.routes);
    await door.app.close();
  }
}, 120_000);
afterAll(() => site.close());

interface WayIn {
  readonly name: string;
  readonly declared: unknown;
}
const waysIn = (): WayIn[] => [
  ...routes.map(({ method, url, sensitive }) => ({ name: `${method} ${url}`, declared: sensitive === false ? [] : [sensitive] })),
  ...DeskRequest.anyOf.map(({ properties }) => {
    const ask = properties.ask.const;
    const act = DESK_ASK_ACTS[ask];
    return { name: `socket ${ask}`, declared: act === false ? [] : [act] };
  }),
  ...commands.map(({ name }) => ({ name: `./keepline ${name}`, declared: commandActs[name] })),
];
const isDeclared = (declared: unknown): declared is readonly AuditAct[] =>
  Array.isArray(declared) && declared.every((act) => AUDIT_ACTS.some((known) => known === act));

it('no route, socket command or launcher command is silent about its acts', () => {
  expect(
    waysIn().flatMap(({ name, declared }) => (isDeclared(declared) ? [] : [name])),
    'declare it: config.sensitive of the route, DESK_ASK_ACTS, or installer/src/launcher/sensitivity.ts',
  ).toEqual([]);
  for (const kind of ['GET ', 'POST ', 'socket ', './keepline '])
    expect(waysIn().filter(({ name }) => name.startsWith(kind)).length).toBeGreaterThan(10);
});

it('what changes something over HTTP is an audited act, or belongs to the own session before it is whole', () => {
  const quiet = routes.filter(({ method, sensitive }) => method !== 'GET' && method !== 'HEAD' && sensitive === false);
  const outside = quiet.filter(({ url, access }) => access !== 'public' && access.permission !== 'session.own' && url.startsWith('/api/'));
  expect([...new Set(outside.map(({ method, url }) => `${method} ${url}`))]).toEqual([
    'POST /api/desk/suggestions', // asks the cloud about the agent's own call; nothing here changes
  ]);
  for (const { access } of routes) expect(access === 'public' || isPermission(access.permission)).toBe(true);
});

it('every act has a way in, or is one of the house that says whose', () => {
  const declared = new Set(waysIn().flatMap(({ declared: acts }) => (isDeclared(acts) ? acts : [])));
  expect(AUDIT_ACTS.filter((act) => !declared.has(act) && !OF_THE_HOUSE[act])).toEqual([]);
});
