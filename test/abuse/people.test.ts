/**
 * Attacks by people who are in: the objects of others by every route, sessions that should be dead, forged lines in every field, JSON that
 * wants to change the program. One site for all; the doors, the sessions and the database are the real ones.
 */
import { createServer } from 'node:http';
import { callIdOf, FakeCall } from '../../gateway/src/agents/testing/desk-doubles.ts';
import { API_LIMITS } from '../../gateway/src/api/api-parts.ts';
import { buildDoor } from '../../gateway/src/api/door.ts';
import type { RouteEntry } from '../../gateway/src/api/route-law.ts';
import { cookieOf } from '../../gateway/src/api/testing/ask.ts';
import { openSite, PASSWORD, type TestSite } from '../../gateway/src/api/testing/open-site.ts';
import { enrolled, headersOf, type Person } from '../../gateway/src/api/testing/people.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let site: TestSite;
let routes: readonly RouteEntry[];
let security: Person;
let system: Person;
beforeAll(async () => {
  site = await openSite();
  const parts = { parts: site.parts, limits: API_LIMITS, isSecure: false, hsts: false };
  const door = await buildDoor({ ...parts, makeServer: (answer) => createServer(answer) });
  routes = door.routes;
  await door.app.close();
  security = await enrolled(site, 'sec-1', ['security_admin']);
  system = await enrolled(site, 'sys-1', ['system_admin']);
}, 120_000);
afterAll(() => site.close());

const asked = (route: RouteEntry, object: string, cookie: string) =>
  site.ask(route.method, route.url.replace(/:\w+/, object), {
    headers: { cookie },
    ...(route.method === 'POST' || route.method === 'PUT' ? { body: {} } : {}),
  });

describe('the objects of another agent', () => {
  it('are as if they were not there, by every route that names an object', async () => {
    site.calls.add(callIdOf(2), new FakeCall({ callId: callIdOf(2), agentId: 'wang', callerNumber: '13999999999' }));
    const [li, wang] = [await site.signedIn('li'), await site.signedIn('wang')];
    const [theirs] = site.sessions.of('wang');
    const objects = [callIdOf(2), theirs?.id ?? '', 'wang', security.id];
    expect(theirs?.id).toMatch(/^ses-/);
    const named = routes.filter(({ url }) => url.includes('/:'));
    expect(named.length).toBeGreaterThan(12);
    for (const route of named)
      for (const object of objects) {
        const [answer, nothing] = [await asked(route, object, li), await asked(route, `${object.slice(0, 3)}-0`, li)];
        expect([route.url, object, [400, 403, 404].includes(answer.status)]).toEqual([route.url, object, true]);
        expect([route.url, object, answer.text]).toEqual([route.url, object, nothing.text]);
      }
    expect((await site.ask('GET', '/api/session', { headers: { cookie: wang } })).status).toBe(200);
  });

  it('nor can an administrator act on their own account, or on what another role keeps', async () => {
    const own: ReadonlyArray<readonly [string, string, Person]> = [
      ['PUT', `/api/users/${security.id}/roles`, security],
      ['POST', `/api/users/${system.id}/disable`, system],
    ];
    for (const [method, path, who] of own) {
      const answer = await site.ask(method, path, { ...headersOf(who), ...(method === 'PUT' ? { body: { roles: ['audit_admin'] } } : {}) });
      expect([path, answer.code]).toEqual([path, 'OWN_ACCOUNT_REFUSED']);
    }
    const both = await site.ask('PUT', `/api/users/${system.id}/roles`, {
      ...headersOf(security),
      body: { roles: ['system_admin', 'audit_admin'] },
    });
    expect(both.code).toBe('ROLES_CONFLICT');
  });
});

describe('a session', () => {
  const works = async (cookie: string): Promise<boolean> => (await site.ask('GET', '/api/session', { headers: { cookie } })).status === 200;

  it('is dead for everybody who kept its token: after sign-out, after another sign-in, after a reset by an administrator', async () => {
    const first = await site.signedIn('li');
    expect(await works(first)).toBe(true);
    const second = await site.signedIn('li');
    expect([await works(first), await works(second)]).toEqual([false, true]);
    expect((await site.ask('POST', '/api/sign-out', { headers: { cookie: second } })).status).toBe(204);
    expect(await works(second)).toBe(false);
    const reviewer = await enrolled(site, 'qa-1', ['quality_reviewer']);
    expect(await works(reviewer.cookie)).toBe(true);
    expect((await site.ask('POST', '/api/users/qa-1/reset', headersOf(security))).status).toBe(200);
    expect(await works(reviewer.cookie)).toBe(false);
    expect((await site.ask('POST', '/api/sign-in', { body: { agent: 'qa-1', password: reviewer.password } })).code).toBe('SIGN_IN_REFUSED');
  });

  it('never takes a name the visitor brought (fixation), and its cookie is out of reach of scripts and other sites', async () => {
    const planted = `keepline-session=${'A'.repeat(43)}`;
    const answer = await site.ask('POST', '/api/sign-in', { body: { agent: 'li', password: PASSWORD }, headers: { cookie: planted } });
    expect(cookieOf(answer)).not.toBe(planted);
    expect([await works(planted), await works(cookieOf(answer))]).toEqual([false, true]);
    expect(String(answer.headers['set-cookie'])).toMatch(/HttpOnly.*SameSite=Strict/);
    const secure = await site.ask('POST', '/api/sign-in', { base: site.secureOrigin, body: { agent: 'li', password: PASSWORD } });
    expect(String(secure.headers['set-cookie'])).toMatch(/^__Host-keepline-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
  });

  it('of a machine ends with its token at once', async () => {
    const made = await site.ask('POST', '/api/tokens', {
      ...headersOf(security),
      body: { name: 'monitor', permissions: ['site.read'], days: 1 },
    });
    const [, token = '', id = ''] = /"token":"([\w-]+)".*"id":"([\w-]+)"/.exec(made.text) ?? [];
    const ask = () => site.ask('GET', '/api/link', { headers: { authorization: `Bearer ${token}` } });
    expect((await ask()).status).toBe(200);
    expect((await site.ask('DELETE', `/api/tokens/${id}`, headersOf(security))).status).toBe(204);
    expect((await ask()).code).toBe('SIGN_IN_NEEDED');
  });
});

describe('text that wants to be more than text', () => {
  const POISON = ['x\r\n{"level":30,"msg":"forged"}', "x' OR '1'='1' --", 'x\u001b[2Jx', 'x\u2028y', '../../etc/passwd', '%00', '${7*7}'];

  it('is kept as text or refused in every field, and forges no line of the log', async () => {
    const before = site.logged.length;
    for (const poison of POISON) {
      const sent = [
        await site.ask('POST', '/api/sign-in', { body: { agent: poison, password: poison } }),
        await site.ask('POST', '/api/users', { ...headersOf(system), body: { id: poison, name: 'x' } }),
        await site.ask('POST', '/api/tokens', { ...headersOf(security), body: { name: poison, permissions: [poison], days: 1 } }),
        await site.ask('POST', `/api/users/${encodeURIComponent(poison)}/unlock`, headersOf(security)),
        await site.ask('GET', `/api/knowledge?q=${encodeURIComponent(poison)}`, headersOf(security)),
        await site.ask('DELETE', `/api/sessions/${encodeURIComponent(poison)}`, headersOf(security)),
      ];
      for (const answer of sent) {
        expect([poison, answer.status >= 400 && answer.status < 500]).toEqual([poison, true]);
        expect(answer.text).not.toContain('forged');
        expect(answer.text).not.toContain('SQL');
      }
    }
    expect(site.logged.slice(before).filter((line) => /[\r\n]|forged/.test(line))).toEqual([]);
    expect((await site.ask('GET', '/api/users', headersOf(security))).status).toBe(200);
  });

  it('cannot stand in the name that lists on terminals show', async () => {
    for (const name of ['a\nb', 'a\u001b]0;x\u0007', 'a\u2028b', 'a\u009bb'])
      expect((await site.ask('POST', '/api/users', { ...headersOf(system), body: { id: 'named', name } })).code).toBe('REQUEST_INVALID');
    expect((await site.ask('POST', '/api/users', { ...headersOf(system), body: { id: 'named', name: '欧阳·静 (夜班)' } })).status).toBe(
      201,
    );
  });

  it('cannot reach the prototype of objects', async () => {
    for (const body of [
      '{"agent":"li","password":"x","__proto__":{"isAdmin":true}}',
      '{"agent":"li","password":"x","constructor":{"prototype":{"isAdmin":true}}}',
      '{"agent":{"__proto__":null},"password":"x"}',
      '[]',
      'null',
      '"li"',
    ])
      expect([body, (await site.ask('POST', '/api/sign-in', { body })).code]).toEqual([body, 'REQUEST_INVALID']);
    expect('isAdmin' in {}).toBe(false);
    for (const path of ['/api/users/__proto__/unlock', '/api/users/constructor/unlock', '/api/users/toString/unlock'])
      expect([path, (await site.ask('POST', path, headersOf(security))).code]).toEqual([path, 'USER_UNKNOWN']);
    for (const agent of ['__proto__', 'constructor', 'toString'])
      expect((await site.ask('POST', '/api/sign-in', { body: { agent, password: 'x' } })).code).toBe('SIGN_IN_REFUSED');
  });

  it('cannot change the method or the address of a request, and no reply opens the door to other origins', async () => {
    const headers = {
      'x-http-method-override': 'DELETE',
      'x-original-url': '/api/users',
      'x-rewrite-url': '/api/users',
      origin: 'https://evil.example',
    };
    const health = await site.ask('GET', '/api/health', { headers });
    expect(health.json).toMatchObject({ status: 'ok' });
    for (const method of ['TRACE', 'OPTIONS', 'PATCH', 'PROPFIND']) {
      const answer = await site.ask(method, '/api/users', {
        headers: { ...headersOf(security).headers, 'access-control-request-method': 'DELETE' },
      });
      expect([method, answer.status]).toEqual([method, 404]);
      expect(Object.keys(answer.headers).filter((name) => /^access-control|^server$|^x-powered-by|^allow$/.test(name))).toEqual([]);
    }
  });

  it('meets no pattern in the schemas whose time could explode: no endless repetition inside another', async () => {
    const description = (await site.ask('GET', '/api/openapi.json', headersOf(security))).text;
    const patterns = [...description.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(([, text = '""']) => String(JSON.parse(text)));
    expect(patterns.length).toBeGreaterThan(3);
    expect(patterns.filter((pattern) => /\([^)]*(?:[+*]|,\})[^)]*\)(?:[+*]|\{\d*,)/.test(pattern))).toEqual([]);
  });
});
