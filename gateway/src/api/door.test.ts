import { Value } from 'typebox/value';
import { fastify } from 'fastify';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { afterEach, describe, expect, it } from 'vitest';
import { callIdOf, FakeCall } from '../agents/testing/desk-doubles.ts';
import { createServer } from 'node:http';
import { API_LIMITS } from './api-parts.ts';
import { ErrorReply } from './error-reply.ts';
import { buildDoor } from './door.ts';
import { type RouteEntry, routeTable } from './route-law.ts';
import { openSite, PASSWORD, type TestSite } from './testing/open-site.ts';

let site: TestSite;
afterEach(() => site.close());

describe('the route table', () => {
  it('names the act or false for each route; only sign-in, health and the pages are open to all', async () => {
    site = await openSite();
    const { app, routes } = await buildDoor({
      parts: site.parts,
      limits: API_LIMITS,
      isSecure: false,
      hsts: false,
      makeServer: (answer) => createServer(answer),
    });
    await app.close();
    const who = ({ access }: RouteEntry): string =>
      access === 'public' ? access : [access.permission, ...(access.stages ?? []).map((stage) => `+${stage}`)].join('');
    expect(routes.map((route) => `${route.method} ${route.url} ${who(route)} ${route.sensitive}`)).toEqual([
      'POST /api/sign-in public agent.sign_in',
      'POST /api/sign-out session.own+second_factor+password_change+factor_enrolment agent.sign_out',
      'GET /api/session session.own+second_factor+password_change+factor_enrolment false',
      'POST /api/session/password session.own+password_change password.change',
      'POST /api/session/second-factor session.own+second_factor session.second_factor',
      'GET /api/session/all session.own false',
      'DELETE /api/sessions/:id session.own session.revoke',
      'GET /api/sign-in/ways public false',
      'POST /api/sign-in/oidc public false',
      'GET /api/sign-in/oidc/callback public agent.sign_in',
      'GET /api/oidc/subjects users.read user.list',
      'POST /api/oidc/subjects/:id/bind users.secure user.bind',
      'DELETE /api/oidc/subjects/:id users.secure user.unbind',
      'GET /api/factors session.own+factor_enrolment false',
      'POST /api/factors/totp session.own+factor_enrolment false',
      'POST /api/factors/totp/confirm session.own+factor_enrolment factor.enrol',
      'POST /api/factors/passkey/options session.own+factor_enrolment false',
      'POST /api/factors/passkey session.own+factor_enrolment factor.enrol',
      'POST /api/session/passkey/options session.own+second_factor false',
      'POST /api/session/passkey session.own+second_factor session.second_factor',
      'DELETE /api/factors/:id session.own factor.remove',
      'GET /api/users users.read user.list',
      'POST /api/users users.create user.create',
      'POST /api/users/:id/disable users.create user.disable',
      'POST /api/users/:id/enable users.create user.enable',
      'PUT /api/users/:id/roles users.secure user.roles',
      'POST /api/users/:id/unlock users.secure user.unlock',
      'POST /api/users/:id/reset users.secure user.reset',
      'GET /api/sessions sessions.read session.list',
      'DELETE /api/users/:id/sessions sessions.revoke session.revoke',
      'GET /api/tokens tokens.manage token.list',
      'POST /api/tokens tokens.manage token.create',
      'DELETE /api/tokens/:id tokens.manage token.revoke',
      'GET /api/health public false',
      'GET /api/link site.read false',
      'GET /api/queues desk.work false',
      'GET /api/openapi.json site.read false',
      'GET /metrics public false',
      'GET /api/approvals approvals.request false',
      'POST /api/approvals approvals.request approval.request',
      'POST /api/approvals/:id/approve approvals.decide approval.approve',
      'POST /api/approvals/:id/refuse approvals.decide approval.refuse',
      'POST /api/calls/:id/unmask number.unmask number.unmask',
      'GET /api/calls desk.work false',
      'GET /api/calls/:callId/decision desk.work false',
      'GET /api/knowledge desk.work false',
      'GET /api/desk/services desk.work false',
      'POST /api/desk/suggestions desk.work false',
      'GET /api/recordings recording.read recording.list',
      'GET /api/recordings/:id recording.read recording.list',
      'POST /api/recordings/:id/play recording.play recording.play',
      'GET /api/recordings/:id/audio recording.play false',
      'GET /api/recordings/:id/peaks recording.play false',
      'POST /api/recordings/:id/export recording.export recording.export',
      'GET /api/cloud cloud.read false',
      'POST /api/cloud/reconcile cloud.read cloud.reconcile',
      'GET /api/egress cloud.read false',
      'GET /api/egress/report egress.export egress.export',
      'GET /api/callbacks callbacks.manage callback.list',
      'POST /api/callbacks/:id/cancel callbacks.manage callback.cancel',
      'GET /api/alarms alarms.read false',
      'POST /api/alarms/:number/clear alarms.clear alarm.clear',
      'GET /api/reports/coverage report.read report.read',
      'GET /api/reports report.read false',
      'POST /api/reports report.run report.make',
      'GET /api/reports/:id/files/:name report.read report.read',
      'GET /api/audit/key audit.read false',
      'GET /api/audit/state audit.read false',
      'GET /api/audit audit.read audit.read',
      'GET /api/audit/:number/proof audit.read audit.read',
      'GET /ws/alarms alarms.read false',
      'GET /api/anonymisation cloud.read false',
      'GET /api/downlink cloud.read false',
      'GET /api/downlink/:id cloud.read false',
      'POST /api/downlink/:id/approve downlink.decide downlink.approve',
      'POST /api/downlink/:id/reject downlink.decide downlink.reject',
      'POST /api/downlink/kinds/:kind/rollback downlink.decide downlink.rollback',
      'GET /ws/agent desk.work false',
      'GET /assets/* public false',
      'GET / public false',
      'GET /* public false',
    ]);
  });

  it('stops the start at a route that is silent about itself', async () => {
    site = await openSite();
    const app = fastify().withTypeProvider<TypeBoxTypeProvider>();
    routeTable(app);
    expect(() => app.get('/api/forgotten', () => 'x')).toThrow('GET /api/forgotten does not say whether it is sensitive');
    // a cast as a careless author would write it: the compiler refuses the rest
    const config = { sensitive: false } as { sensitive: false; access: 'public' };
    expect(() => app.get('/api/open', { config }, () => 'x')).toThrow('GET /api/open does not say who may use it');
  });

  it('answers 401 without a session on every route that is not open', async () => {
    site = await openSite();
    for (const path of [
      '/api/session',
      '/api/link',
      '/api/queues',
      '/api/calls',
      `/api/calls/${callIdOf(1)}/decision`,
      '/api/openapi.json',
    ]) {
      const answer = await site.ask('GET', path);
      expect([path, answer.status, answer.code]).toEqual([path, 401, 'SIGN_IN_NEEDED']);
    }
  });
});

describe('replies', () => {
  it('tell the browser to run nothing but what carries the nonce of this reply, new each time', async () => {
    site = await openSite();
    const pages = [await site.ask('GET', '/'), await site.ask('GET', '/calls/today')];
    const nonces = pages.map((page) => /nonce="([\w-]+)"/.exec(page.text)?.[1]);
    expect(new Set(nonces).size).toBe(2);
    for (const [i, page] of pages.entries()) {
      const policy = String(page.headers['content-security-policy']);
      expect(page.text).not.toContain('__CSP_NONCE__');
      expect(policy).toContain(`script-src 'self' 'nonce-${nonces[i]}'`);
      expect(policy).toContain(`style-src 'self' 'nonce-${nonces[i]}'`);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(page.headers['cache-control']).toBe('no-store');
      expect(page.headers['x-content-type-options']).toBe('nosniff');
      expect(page.headers['permissions-policy']).toContain('microphone=(self)');
    }
  });

  it('promise HTTPS for ever only with a certificate of the operator (ADR 0003)', async () => {
    site = await openSite();
    expect((await site.ask('GET', '/api/health', { base: site.secureOrigin })).headers['strict-transport-security']).toBeUndefined();
  });

  it('let hashed files be kept for ever, and give nothing outside their folder', async () => {
    site = await openSite();
    const file = await site.ask('GET', '/assets/app-1a2b.js');
    expect([file.status, file.headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
    for (const path of [
      '/assets/../../tls/site.pem',
      '/assets/..%2f..%2ftls/site.pem',
      '/assets/%2e%2e/%2e%2e/main.db',
      '/assets/none.js',
      '/assets/%00',
    ]) {
      const answer = await site.ask('GET', path);
      expect([path, [400, 403, 404].includes(answer.status) || answer.text.startsWith('<script')]).toEqual([path, true]);
      expect(answer.text).not.toMatch(/PRIVATE KEY|SQLite/);
    }
  });

  it('say plainly when the pages have not been built', async () => {
    site = await openSite({ noPages: true });
    const answer = await site.ask('GET', '/');
    expect([answer.status, answer.code]).toEqual([503, 'DESK_PAGE_MISSING']);
  });

  it('have one shape for every refusal and never quote what was sent', async () => {
    site = await openSite();
    const secret = '13812345678';
    const refusals = [
      await site.ask('POST', '/api/sign-in', { body: `{"agent": ${secret}` }),
      await site.ask('POST', '/api/sign-in', { body: { agent: secret } }),
      await site.ask('POST', '/api/sign-in', { body: { agent: secret, password: 5 } }),
      await site.ask('POST', '/api/sign-in', { body: { agent: secret, password: 'x', admin: true } }),
      await site.ask('POST', '/api/sign-in', { body: `agent=${secret}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      await site.ask('POST', '/api/sign-in', { body: `{"__proto__":{"x":1},"agent":"${secret}","password":"x"}` }),
    ];
    for (const answer of refusals) {
      expect([answer.status, answer.code]).toEqual([400, 'REQUEST_INVALID']);
      expect(Object.keys(Value.Parse(ErrorReply, answer.json).error)).toEqual(['code', 'message', 'hint']);
      expect(answer.text).not.toContain(secret);
    }
    const large = await site.ask('POST', '/api/sign-in', { body: { agent: 'li', password: 'x'.repeat(70_000) } });
    expect([large.status, large.code]).toEqual([413, 'REQUEST_TOO_LARGE']);
    const nowhere = await site.ask('GET', '/api/nothing');
    expect([nowhere.status, nowhere.code]).toEqual([404, 'ROUTE_UNKNOWN']);
    expect((await site.ask('DELETE', '/api/session')).status).toBe(404);
  });

  it('hide what broke inside behind a reference that the log has', async () => {
    site = await openSite({ decision: () => Promise.reject(new Error('SQLITE: /var/secret 13812345678')) });
    const cookie = await site.signedIn('li');
    const answer = await site.ask('GET', `/api/calls/${callIdOf(1)}/decision`, { headers: { cookie } });
    expect([answer.status, answer.code]).toEqual([500, 'INTERNAL']);
    expect(answer.text).not.toContain('secret');
    const reference = /under ([\w-]+)\./.exec(answer.text)?.[1] ?? 'none';
    expect(site.logged.some((line) => line.includes(reference) && line.includes('SQLITE'))).toBe(true);
  });

  it('describe all routes for machines', async () => {
    site = await openSite();
    const cookie = await site.signedIn('li');
    const description = (await site.ask('GET', '/api/openapi.json', { headers: { cookie } })).json;
    expect(description).toMatchObject({ openapi: '3.1.0', paths: { '/api/sign-in': { post: {} }, '/api/calls': { get: {} } } });
  });
});

describe('a page of another site', () => {
  it('cannot act with the cookie of an agent: header and origin are asked for', async () => {
    site = await openSite();
    const cookie = await site.signedIn('li');
    const tries = [
      { 'x-keepline': '', origin: '' },
      { 'x-keepline': '' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: site.secureOrigin },
      { origin: `${site.origin}.evil.example` },
    ];
    for (const headers of tries) {
      const answer = await site.ask('POST', '/api/sign-out', { headers: { cookie, ...headers } });
      expect([headers, answer.status, answer.code]).toEqual([headers, 403, 'ORIGIN_REFUSED']);
    }
    const program = await site.ask('POST', '/api/sign-in', { body: { agent: 'wang', password: PASSWORD }, headers: { origin: '' } });
    expect(program.status).toBe(200);
  });
});

describe('what an agent may read', () => {
  it('is its own call with the number masked, and no call of others', async () => {
    site = await openSite();
    const mine = new FakeCall({ callId: callIdOf(1), agentId: 'li' });
    site.calls.add(callIdOf(1), mine);
    site.calls.add(callIdOf(2), new FakeCall({ callId: callIdOf(2), agentId: 'wang', callerNumber: '13999999999' }));
    const cookie = await site.signedIn('li');
    const answer = await site.ask('GET', '/api/calls', { headers: { cookie } });
    expect(answer.json).toEqual([expect.objectContaining({ callId: callIdOf(1), callerNumber: '138******78' })]);
    expect(answer.text).not.toMatch(/13812345678|139/);
  });

  it('is the decision that gave it the call; any other call is as if it were not there', async () => {
    site = await openSite({
      decision: async (callId, agentId) => (callId === callIdOf(1) && agentId === 'li' ? { because: 'longest idle' } : undefined),
    });
    const [li, wang] = [await site.signedIn('li'), await site.signedIn('wang')];
    const read = (cookie: string, callId: string) => site.ask('GET', `/api/calls/${callId}/decision`, { headers: { cookie } });
    expect((await read(li, callIdOf(1))).json).toEqual({ because: 'longest idle' });
    const others = await read(wang, callIdOf(1));
    const invented = await read(wang, callIdOf(9));
    expect(others.status).toBe(404);
    expect(others.text).toBe(invented.text);
    expect((await read(wang, 'call-x%27%20OR%201')).text).toBe(invented.text);
  });

  it('is the health of the site even without a session, and nothing personal in it', async () => {
    site = await openSite();
    expect((await site.ask('GET', '/api/health')).json).toEqual({ status: 'ok', parts: { store: 'ok', link: 'down' }, alarms: [] });
  });

  it('is figures for monitoring, on the loopback door alone', async () => {
    site = await openSite();
    const { status, headers, text } = await site.ask('GET', '/metrics');
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(text).toBe('# TYPE keepline_edge_calls gauge\nkeepline_edge_calls 0\n');
    expect((await site.ask('GET', '/metrics', { base: site.secureOrigin })).text).not.toContain('keepline_edge_calls');
  });

  it('is link and queues', async () => {
    site = await openSite();
    const cookie = await site.signedIn('li');
    expect((await site.ask('GET', '/api/link', { headers: { cookie } })).json).toMatchObject({ state: 'up', backlog: 0 });
    expect((await site.ask('GET', '/api/queues', { headers: { cookie } })).json).toEqual([
      { queue: 'service', waiting: 2, longestWaitMs: 1000, readyAgents: 1 },
    ]);
  });
});
