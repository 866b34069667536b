/** Signing in by a real OpenID provider over real TLS, as a browser goes there and back, and what does not hold. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@keepline/contracts/clock';
import { parseSite } from '@keepline/contracts/site-file';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openOidc } from '../identity/oidc-provider.ts';
import { CLIENT_SECRET, REDIRECT_URI, startOidc, type Visitor } from '../identity/testing/oidc-server.ts';
import { type Answer, cookieOf } from './testing/ask.ts';
import { openSite, PASSWORD, type TestSite } from './testing/open-site.ts';
import { enrolled, headersOf, OPERATOR, type Person } from './testing/people.ts';

const WU: Visitor = { name: 'wu', groups: ['quality', 'canteen'], amr: ['pwd'] };
const CHEN: Visitor = { name: 'chen', groups: ['officers'], amr: ['pwd', 'mfa'] };

let server: Awaited<ReturnType<typeof startOidc>>;
let site: TestSite;
let security: Person;
const settings = (more: object = {}) =>
  parseSite({
    identity: {
      oidc: {
        ...{ issuer: server.issuer, caFile: server.ca, clientSecretFile: 'secret', redirectUri: REDIRECT_URI, timeoutMs: 5000 },
        roles: [
          { value: 'quality', role: 'quality_reviewer' },
          { value: 'officers', role: 'compliance_officer' },
          { value: 'security', role: 'security_admin' },
          { value: 'system', role: 'system_admin' },
        ],
        ...more,
      },
    },
  }).identity.oidc;
beforeEach(async () => {
  server = await startOidc();
  writeFileSync(join(server.folder, 'secret'), `${CLIENT_SECRET}\n`, { mode: 0o600 });
  site = await openSite({ provider: openOidc(settings(), server.folder, systemClock) });
  security = await enrolled(site, 'sec', ['security_admin']);
}, 60_000);
afterEach(async () => {
  await site.close();
  await server.remove();
});

const begin = () => site.ask('POST', '/api/sign-in/oidc', { base: site.secureOrigin });
const textOf = (json: unknown, name: 'url'): string => String((json as Record<typeof name, unknown>)[name]);

/** Through the pages of the provider, with its cookies, until it sends the browser back to us. @returns path and query of the way back */
async function visit(url: string): Promise<string> {
  const jar = new Map<string, string>();
  for (let next = new URL(url), hops = 0; hops < 8; hops++) {
    if (next.origin !== server.issuer) return `${next.pathname}${next.search}`;
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await site.ask('GET', `${next.pathname}${next.search}`, { base: server.issuer, headers: { cookie } });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [name = '', value = ''] = (line.split(';', 1)[0] ?? '').split(/=(.*)/s);
      jar.set(name, value);
    }
    if (answer.headers['location'] === undefined)
      throw new Error(`the provider shows a page: ${answer.status} ${answer.text.slice(0, 200)}`);
    next = new URL(String(answer.headers['location']), next);
  }
  throw new Error('the provider sends the browser in circles');
}
const back = (path: string, cookie: string): Promise<Answer> =>
  site.ask('GET', path, { base: site.secureOrigin, headers: { cookie, 'sec-fetch-site': 'cross-site' } });
async function through(visitor: Visitor): Promise<Answer> {
  server.knobs.visitor = visitor;
  const begun = await begin();
  if (begun.status !== 200) throw new Error(begun.text);
  return back(await visit(textOf(begun.json, 'url')), cookieOf(begun));
}
const subjects = async (): Promise<Array<Record<string, unknown>>> =>
  (await site.ask('GET', '/api/oidc/subjects', headersOf(security))).json as Array<Record<string, unknown>>;
const bind = (id: unknown, user: string) =>
  site.ask('POST', `/api/oidc/subjects/${String(id)}/bind`, { ...headersOf(security), body: { user } });
/** As `through`, of somebody a security administrator has bound after they were seen for the first time. */
async function known(visitor: Visitor, user = visitor.name): Promise<Answer> {
  expect((await through(visitor)).headers['location']).toBe('/?refused=OIDC_UNBOUND');
  const waiting = (await subjects()).find(({ subject }) => subject === `sub-${visitor.name}`);
  expect((await bind(waiting?.['id'], user)).status).toBe(204);
  return through(visitor);
}
const sessionIn = (answer: Answer): string =>
  [answer.headers['set-cookie'] ?? []]
    .flat()
    .map((line) => line.split(';', 1)[0] ?? '')
    .find((pair) => pair.includes('session=')) ?? '';
const whoIs = (cookie: string) => site.ask('GET', '/api/session', { base: site.secureOrigin, headers: { cookie } });

describe('signing in by an identity provider', { timeout: 60_000 }, () => {
  it('makes the account with the roles of its claim, by code, PKCE, state and nonce, and says so in the log', async () => {
    const begun = await begin();
    const asked = new URL(textOf(begun.json, 'url')).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      max_age: '600',
      scope: 'openid profile',
    });
    for (const name of ['code_challenge', 'state', 'nonce']) expect(asked.get(name)).toMatch(/^[\w-]{43}$/);
    expect(String(begun.headers['set-cookie'])).toMatch(
      /^__Host-keepline-oidc=[^;]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );

    const answer = await known(WU);
    expect([answer.status, answer.headers['location']]).toEqual([303, '/']);
    expect((await whoIs(sessionIn(answer))).json).toMatchObject({ agent: { id: 'wu' }, roles: ['quality_reviewer'], stage: 'open' });
    expect(site.identity.directory.get('wu')).toMatchObject({ source: 'oidc' });
    const own = (name: string) => site.acts.find(({ act, who }) => act === name && who === 'wu');
    expect(own('user.create')).toMatchObject({ purpose: 'oidc: quality_reviewer' });
    expect(own('agent.sign_in')).toMatchObject({ purpose: 'sign in by oidc', outcome: 'done' });
  });

  it('opens a privileged role with two factors the provider saw just now; with fewer the second is proven here', async () => {
    const strong = sessionIn(await known(CHEN));
    expect((await whoIs(strong)).json).toMatchObject({ roles: ['compliance_officer'], stage: 'open' });
    const [session] = site.sessions.of('chen');
    expect(session && site.sessions.isFresh(session)).toBe(true);
    const weak = sessionIn(await through({ ...CHEN, amr: ['pwd'] }));
    expect((await whoIs(weak)).json).toMatchObject({ stage: 'factor_enrolment' });
    expect((await site.ask('GET', '/api/recordings', { base: site.secureOrigin, headers: { cookie: weak } })).code).toBe(
      'SECOND_FACTOR_UNENROLLED',
    );
  });

  it('knows people by issuer and subject: a name given to somebody else opens nothing, and who is renamed stays who they are', async () => {
    await known(WU);
    server.knobs.subject = 'sub-thief';
    expect((await through(WU)).headers['location']).toBe('/?refused=OIDC_UNBOUND');
    const list = await subjects();
    expect(list.map(({ subject, claimedName, user }) => [subject, claimedName, user])).toEqual([
      ['sub-thief', 'wu', ''],
      ['sub-wu', 'wu', 'wu'],
    ]);
    expect((await bind(list[0]?.['id'], 'wu')).code).toBe('OIDC_BINDING_REFUSED');
    expect((await bind(list[1]?.['id'], 'other')).code).toBe('OIDC_BINDING_REFUSED');
    expect((await bind(list[0]?.['id'], 'sec')).code).toBe('OWN_ACCOUNT_REFUSED');
    expect((await bind('f'.repeat(64), 'wang')).code).toBe('OIDC_SUBJECT_UNKNOWN');
    server.knobs.subject = 'sub-wu';
    const renamed = sessionIn(await through({ ...WU, name: 'wu.married' }));
    expect((await whoIs(renamed)).json).toMatchObject({ agent: { id: 'wu' } });
    expect((await site.ask('DELETE', `/api/oidc/subjects/${String(list[1]?.['id'])}`, headersOf(security))).status).toBe(204);
    expect((await whoIs(renamed)).code).toBe('SIGN_IN_NEEDED');
    expect((await through(WU)).headers['location']).toBe('/?refused=OIDC_UNBOUND');
    expect(site.acts.filter(({ act, outcome }) => act === 'user.bind' && outcome === 'done')).toMatchObject([{ who: 'sec', object: 'wu' }]);
    expect(site.acts.filter(({ act }) => act === 'user.unbind')).toMatchObject([{ who: 'sec', object: 'wu', outcome: 'done' }]);
    expect(JSON.stringify(site.acts)).not.toContain('sub-wu');
  });

  it('signs out at the provider too, where the session came from there, and here whatever the provider does', async () => {
    const cookie = sessionIn(await known(WU));
    const out = (which: string) => site.ask('POST', '/api/sign-out', { base: site.secureOrigin, headers: { cookie: which } });
    const answer = await out(cookie);
    const url = new URL(textOf(answer.json, 'url'));
    expect([answer.status, url.origin]).toEqual([200, server.issuer]);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: 'keepline',
      post_logout_redirect_uri: 'https://desk.bank.test:8443/',
      id_token_hint: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    });
    expect((await whoIs(cookie)).code).toBe('SIGN_IN_NEEDED');
    const asked = (more: string) => site.ask('GET', `${url.pathname}${url.search}${more}`, { base: server.issuer });
    expect((await asked('')).text).toContain('/session/end/confirm'); // the provider knows the hint and the way back
    url.searchParams.set('post_logout_redirect_uri', 'https://elsewhere.test/');
    expect((await asked('')).status).toBe(400);
    const again = sessionIn(await through(WU));
    await server.stop();
    expect([200, 204]).toContain((await out(again)).status); // its metadata may still be known
    expect((await whoIs(again)).code).toBe('SIGN_IN_NEEDED');
    expect((await site.ask('POST', '/api/sign-out', headersOf(security))).status).toBe(204);
  });

  it('lets an agent in with the rights of the site file, whatever the claim says', async () => {
    const answer = await known({ name: 'li', groups: ['security'], amr: ['mfa'] });
    expect((await whoIs(sessionIn(answer))).json).toMatchObject({ roles: ['agent'], stage: 'open' });
  });

  it('gives nothing to who has no role, two administrators, a name made here, a disabled account or no name at all', async () => {
    await site.identity.accounts.create(OPERATOR, 'root1', 'root1');
    await known(WU);
    await site.identity.accounts.setDisabled(OPERATOR, 'wu', true);
    const seen = async (visitor: Visitor): Promise<unknown> => (await through(visitor)).headers['location'];
    const seenKnown = async (visitor: Visitor): Promise<unknown> => (await known(visitor)).headers['location'];
    expect(await seenKnown({ name: 'guest', groups: ['canteen'], amr: ['mfa'] })).toBe('/?refused=SIGN_IN_REFUSED');
    expect(await seenKnown({ name: 'both', groups: ['security', 'system'], amr: ['mfa'] })).toBe('/?refused=ROLES_CONFLICT');
    expect(await seen({ name: 'root1', groups: ['system'], amr: ['mfa'] })).toBe('/?refused=OIDC_UNBOUND');
    expect((await bind((await subjects()).find(({ claimedName }) => claimedName === 'root1')?.['id'], 'root1')).code).toBe(
      'OIDC_BINDING_REFUSED',
    );
    expect(await seen(WU)).toBe('/?refused=SIGN_IN_REFUSED');
    expect(await seen({ name: 'Robert; DROP', groups: ['quality'], amr: [] })).toBe('/?refused=OIDC_REFUSED');
    expect(site.sessions.all().map(({ userId }) => userId)).toEqual(['sec']);
  });

  it('takes nothing back that this browser did not begin, that was used, or that is not what was asked', async () => {
    await known(WU);
    const failed = (): number => site.acts.filter(({ act, outcome }) => act === 'agent.sign_in' && outcome === 'failed').length;
    const before = failed();
    const begun = await begin();
    const [mine, path] = [cookieOf(begun), await visit(textOf(begun.json, 'url'))];
    const other = cookieOf(await begin());
    const refused = async (way: string, cookie: string): Promise<unknown> => {
      const answer = await back(way, cookie);
      return [answer.headers['location'], sessionIn(answer)];
    };
    const no = ['/?refused=OIDC_REFUSED', ''];
    expect(await refused(path, '')).toEqual(no);
    expect(await refused(path, other)).toEqual(no);
    expect(await refused(path, `${mine}x`)).toEqual(no);
    expect(await refused(path.replace(/state=[^&]+/, 'state=made-up'), mine)).toEqual(no);
    expect(await refused(path.replace(/code=[^&]+/, 'code=made-up'), mine)).toEqual(no);
    expect(await refused('/api/sign-in/oidc/callback?error=access_denied&state=x', mine)).toEqual(no);
    expect((await back(path, mine)).headers['location']).toBe('/');
    expect(await refused(path, mine)).toEqual(no);
    expect(failed() - before).toBe(7);
    expect(site.logged.join()).not.toContain(CLIENT_SECRET);
  });

  it('takes no ID token whose signature does not hold or whose content was changed', async () => {
    const bends: ReadonlyArray<(token: string) => string> = [
      (token) => token.replace(/[^.]+$/, (signature) => (signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`)),
      (token) => withClaims(token, { preferred_username: 'chen', groups: ['officers'] }),
      (token) => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`,
    ];
    await known(WU);
    const asked = server.knobs.tokensAsked;
    for (const bend of bends) {
      server.knobs.bend = bend;
      expect((await through(WU)).headers['location']).toBe('/?refused=OIDC_REFUSED');
    }
    expect(server.knobs.tokensAsked - asked).toBe(bends.length);
    server.knobs.bend = (token) => token;
    expect((await through(WU)).headers['location'], 'the same without a bend').toBe('/');
  });

  it('says an outage for what it is, trusts no other authority, and accounts of this site come in meanwhile', async () => {
    const stranger = openOidc(settings({ caFile: '' }), server.folder, systemClock);
    await expect(stranger.begin()).rejects.toMatchObject({ code: 'DIRECTORY_UNAVAILABLE' });
    const begun = await begin();
    server.knobs.visitor = WU;
    const path = await visit(textOf(begun.json, 'url'));
    await server.stop();
    expect((await back(path, cookieOf(begun))).headers['location']).toBe('/?refused=DIRECTORY_UNAVAILABLE');
    await expect(openOidc(settings(), server.folder, systemClock).begin()).rejects.toMatchObject({ code: 'DIRECTORY_UNAVAILABLE' });
    expect((await site.ask('POST', '/api/sign-in', { body: { agent: 'li', password: PASSWORD } })).json).toMatchObject({ stage: 'open' });
  });
});

function withClaims(token: string, more: object): string {
  const [head = '', body = '', signature = ''] = token.split('.');
  const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
  const changed = Buffer.from(JSON.stringify({ ...(claims as object), ...more })).toString('base64url');
  return [head, changed, signature].join('.');
}
