/** Each role on each route, made from the table of roles and the table of routes: nobody gets further than the tables say. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { PERMISSION_FACTS, PERMISSIONS, permissionsOf, ROLE_FACTS, ROLES } from '@keepline/contracts/roles';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_LIMITS } from './api-parts.ts';
import { buildDoor } from './door.ts';
import type { RouteEntry } from './route-law.ts';
import { openSite, PASSWORD, type TestSite } from './testing/open-site.ts';
import { enrolled, headersOf } from './testing/people.ts';

let site: TestSite;
let routes: readonly RouteEntry[];
const cookies = new Map<string, string>();
beforeAll(async () => {
  site = await openSite({ clock: new FakeClock() });
  const door = await buildDoor({
    parts: site.parts,
    limits: API_LIMITS,
    isSecure: false,
    hsts: false,
    makeServer: (answer) => createServer(answer),
  });
  routes = door.routes;
  await door.app.close();
  for (const role of ROLES)
    cookies.set(role, role === 'agent' ? await site.signedIn('li') : (await enrolled(site, role.replace('_', '-'), [role])).cookie);
});
afterAll(() => site.close());

const guarded = () => routes.filter((route) => route.access !== 'public' && !route.url.startsWith('/ws/') && route.url !== '/api/sign-out');
const pathOf = ({ url }: RouteEntry): string => url.replace(/:\w+/g, 'nobody-1');
/** DELETE carries none. */
const bodyOf = ({ method }: RouteEntry): { body?: object } => (method === 'POST' || method === 'PUT' ? { body: {} } : {});
/** What the door says before a route is even looked at. */
const KEPT_OUT = [
  'SIGN_IN_NEEDED',
  'PERMISSION_REFUSED',
  'STEP_UP_NEEDED',
  'SECOND_FACTOR_NEEDED',
  'PASSWORD_CHANGE_NEEDED',
  'SECOND_FACTOR_UNENROLLED',
];

describe('the role matrix', () => {
  it.each(ROLES)('%s gets through exactly where its permissions say', async (role) => {
    const may = permissionsOf([role]);
    const seen: string[] = [];
    const wanted: string[] = [];
    for (const route of guarded()) {
      if (route.access === 'public') continue;
      const answer = await site.ask(route.method, pathOf(route), {
        headers: { cookie: cookies.get(role) ?? '' },
        ...bodyOf(route),
      });
      const out = KEPT_OUT.includes(answer.code) && answer.code !== 'STEP_UP_NEEDED';
      seen.push(`${route.method} ${route.url} ${out ? `${answer.status} ${answer.code}` : 'through'}`);
      wanted.push(`${route.method} ${route.url} ${may.has(route.access.permission) ? 'through' : '403 PERMISSION_REFUSED'}`);
    }
    expect(seen).toEqual(wanted);
    expect(seen.length).toBeGreaterThan(25);
  });

  it('lets nobody through without a session, with a token of nobody, or with both', async () => {
    for (const route of guarded()) {
      const body = bodyOf(route);
      const bearer = { authorization: `Bearer klt_${'A'.repeat(43)}`, cookie: cookies.get('security_admin') ?? '' };
      for (const headers of [{}, bearer, { authorization: 'Basic bGk6eA==', cookie: bearer.cookie }]) {
        const answer = await site.ask(route.method, pathOf(route), { headers, ...body });
        expect([route.url, answer.status, answer.code]).toEqual([route.url, 401, 'SIGN_IN_NEEDED']);
      }
    }
  });

  it('keeps somebody who only has a password of a privileged role out of everything but the next step', async () => {
    const person = await enrolled(site, 'half-way', ['security_admin']);
    const half = await site.ask('POST', '/api/sign-in', { body: { agent: person.id, password: person.password } });
    const cookie = (half.headers['set-cookie']?.[0] ?? '').split(';', 1)[0] ?? '';
    for (const route of guarded()) {
      if (route.access === 'public' || route.access.stages?.includes('second_factor')) continue;
      const answer = await site.ask(route.method, pathOf(route), { headers: { cookie }, ...bodyOf(route) });
      expect([route.url, answer.status, answer.code]).toEqual([route.url, 403, 'SECOND_FACTOR_NEEDED']);
    }
  });

  it('asks for a fresh second factor where the table says so, and only there', async () => {
    const { clock } = site;
    if (!(clock instanceof FakeClock)) throw new Error('this site has a fake clock');
    const person = await enrolled(site, 'stale', ['security_admin']);
    clock.advance(600_000);
    const asked: string[] = [];
    for (const route of guarded()) {
      const answer = await site.ask(route.method, pathOf(route), { ...headersOf(person), ...bodyOf(route) });
      if (answer.code === 'STEP_UP_NEEDED' && route.access !== 'public') asked.push(route.access.permission);
    }
    const stepUp = ROLE_FACTS.security_admin.permissions.filter((permission) => PERMISSION_FACTS[permission].stepUp);
    // enrolling another factor or taking one away is one's own business, and asks for a proof too
    expect(new Set(asked)).toEqual(new Set([...stepUp, 'session.own']));
  });

  it('keeps an agent’s password out of the routes of others whatever the spelling of the path', async () => {
    expect(PASSWORD).toBeTruthy();
    for (const path of ['/api//users', '/api/users/', '/API/USERS', '/api/./users', '/api/users%2f', '/api/users;x']) {
      const answer = await site.ask('GET', path, { headers: { cookie: cookies.get('agent') ?? '' } });
      expect([path, answer.json instanceof Array]).toEqual([path, false]);
    }
  });
});

describe('docs/identity.md', () => {
  const page = readFileSync(new URL('../../../docs/identity.md', import.meta.url), 'utf8');

  it('shows the roles and permissions of the code, row by row', () => {
    for (const role of ROLES) {
      const { zh, en, privileged, permissions } = ROLE_FACTS[role];
      const list = permissions.map((permission) => `\`${permission}\``).join(', ');
      expect(page).toContain(`| \`${role}\` | ${zh} | ${en} | ${privileged ? 'yes' : 'no'} | ${list} |`);
    }
    for (const permission of PERMISSIONS) {
      const { zh, en, stepUp, byToken } = PERMISSION_FACTS[permission];
      expect(page).toContain(`| \`${permission}\` | ${zh} | ${en} | ${stepUp ? 'yes' : 'no'} | ${byToken ? 'yes' : 'no'} |`);
    }
  });
});
