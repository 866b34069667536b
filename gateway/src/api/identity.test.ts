import { FakeClock } from '@keepline/testkit/fake-clock';
import { afterEach, describe, expect, it } from 'vitest';
import { cookieOf } from './testing/ask.ts';
import { openSite, PASSWORD, type TestSite } from './testing/open-site.ts';
import { enrolled, headersOf, OPERATOR } from './testing/people.ts';

let site: TestSite;
let clock: FakeClock;
afterEach(() => site.close());
const open = async (o: Parameters<typeof openSite>[0] = {}): Promise<void> => {
  clock = new FakeClock();
  site = await openSite({ clock, ...o });
};
const signIn = (agent: string, password: string) => site.ask('POST', '/api/sign-in', { body: { agent, password } });
const codes = (answers: readonly { code: string; status: number }[]) => answers.map(({ status, code }) => `${status} ${code}`);

describe('the first administrators', () => {
  it('are three, come in by a code that works once, and can do nothing before password and second factor', async () => {
    await open();
    const made = await site.identity.accounts.init(OPERATOR, ['sys', 'sec', 'aud']);
    expect(made.map(({ user }) => user)).toEqual(['sys', 'sec', 'aud']);
    const [, sec] = made;
    const first = await signIn('sec', sec?.code ?? '');
    expect(first.json).toMatchObject({ roles: ['security_admin'], stage: 'password_change' });
    expect(codes([await signIn('sec', sec?.code ?? '')])).toEqual(['401 SIGN_IN_REFUSED']);
    const cookie = cookieOf(first);
    expect((await site.ask('GET', '/api/users', { headers: { cookie } })).code).toBe('PASSWORD_CHANGE_NEEDED');
    const changed = await site.ask('POST', '/api/session/password', { headers: { cookie }, body: { next: 'Kettle-on-the-stove-1' } });
    expect(changed.json).toMatchObject({ stage: 'factor_enrolment' });
    expect((await site.ask('GET', '/api/users', { headers: { cookie } })).code).toBe('SECOND_FACTOR_UNENROLLED');
    await expect(site.identity.accounts.init(OPERATOR, ['a', 'b', 'c'])).rejects.toMatchObject({ code: 'ADMINISTRATORS_EXIST' });
  });

  it('find their codes worthless after their time', async () => {
    await open();
    const [sys] = await site.identity.accounts.init(OPERATOR, ['sys', 'sec', 'aud']);
    clock.jumpWall(72 * 3_600_000);
    expect((await signIn('sys', sys?.code ?? '')).code).toBe('SIGN_IN_REFUSED');
  });

  it('share the power: one makes the account, another gives it rights, nobody gives themselves any', async () => {
    await open();
    const sys = await enrolled(site, 'sys', ['system_admin']);
    const sec = await enrolled(site, 'sec', ['security_admin']);
    const post = (who: typeof sys, path: string, body: unknown, method = 'POST') => site.ask(method, path, { ...headersOf(who), body });
    const made = await post(sys, '/api/users', { id: 'zhao', name: '赵敏' });
    expect([made.status, made.json]).toEqual([201, { user: 'zhao', code: expect.stringMatching(/^\w{4}(-\w{4}){3}$/) }]);
    expect((await post(sys, '/api/users/zhao/roles', { roles: ['supervisor'] }, 'PUT')).code).toBe('PERMISSION_REFUSED');
    expect((await post(sec, '/api/users/zhao/roles', { roles: ['system_admin', 'audit_admin'] }, 'PUT')).code).toBe('ROLES_CONFLICT');
    expect((await post(sec, '/api/users/zhao/roles', { roles: ['agent'] }, 'PUT')).code).toBe('ROLE_FIXED');
    expect((await post(sec, '/api/users/sec/roles', { roles: [] }, 'PUT')).code).toBe('OWN_ACCOUNT_REFUSED');
    expect((await post(sec, '/api/users/zhao/roles', { roles: ['supervisor'] }, 'PUT')).status).toBe(204);
    expect(site.acts.at(-1)).toMatchObject({ act: 'user.roles', who: 'sec', object: 'zhao', purpose: 'supervisor', outcome: 'done' });
  });
});

describe('a first password of an agent', () => {
  it('leads to nothing but setting one’s own; then its entry in the file is told to go', async () => {
    await open();
    const code = await site.credentials.issueEnrolmentCode('li', 3_600_000);
    const cookie = cookieOf(await signIn('li', code));
    expect((await site.ask('GET', '/api/calls', { headers: { cookie } })).code).toBe('PASSWORD_CHANGE_NEEDED');
    const weak = await site.ask('POST', '/api/session/password', { headers: { cookie }, body: { next: 'aaaaaaaaaaaaaa' } });
    expect([weak.status, weak.code]).toEqual([409, 'PASSWORD_REFUSED']);
    expect(site.changed).toEqual([]);
    const own = await site.ask('POST', '/api/session/password', { headers: { cookie }, body: { next: 'Own-kettle-2026' } });
    expect(own.json).toMatchObject({ stage: 'open' });
    expect(site.changed).toEqual(['li']);
    expect((await site.ask('GET', '/api/calls', { headers: { cookie } })).status).toBe(200);
    expect(JSON.stringify(site.acts)).not.toContain('Own-kettle');
  });

  it('once changed can be changed again only with the current one', async () => {
    await open();
    const cookie = await site.signedIn('li');
    const change = (body: object) => site.ask('POST', '/api/session/password', { headers: { cookie }, body });
    expect(codes([await change({ next: 'Own-kettle-2026' }), await change({ current: 'wrong', next: 'Own-kettle-2026' })])).toEqual([
      '401 CURRENT_PASSWORD_WRONG',
      '401 CURRENT_PASSWORD_WRONG',
    ]);
    expect((await change({ current: PASSWORD, next: 'Own-kettle-2026' })).status).toBe(200);
    expect((await signIn('li', PASSWORD)).status).toBe(401);
  });

  it('of a privileged role must change after ninety days', async () => {
    await open();
    const aud = await enrolled(site, 'aud', ['audit_admin']);
    clock.jumpWall(90 * 86_400_000);
    const answer = await signIn('aud', aud.password);
    const proven = await site.ask('POST', '/api/session/second-factor', {
      headers: { cookie: cookieOf(answer) },
      body: { totp: aud.code(clock.now()) },
    });
    expect([answer.json, proven.json]).toMatchObject([{ stage: 'second_factor' }, { stage: 'password_change' }]);
  });
});

describe('a second factor', () => {
  it('is taken once per step, and recovery codes once at all; wrong ones lock the account', async () => {
    await open();
    const sec = await enrolled(site, 'sec', ['security_admin']);
    clock.advance(60_000);
    const prove = async (body: object) =>
      site.ask('POST', '/api/session/second-factor', { headers: { cookie: cookieOf(await signIn('sec', sec.password)) }, body });
    const now = sec.code(clock.now());
    expect((await prove({ totp: now })).json).toMatchObject({ stage: 'open' });
    expect((await prove({ totp: now })).code).toBe('SECOND_FACTOR_REFUSED');
    const [recovery = ''] = sec.recoveryCodes;
    expect((await prove({ recoveryCode: recovery.toUpperCase() })).json).toMatchObject({ stage: 'open' });
    expect((await prove({ recoveryCode: recovery })).code).toBe('SECOND_FACTOR_REFUSED');
    const cookie = cookieOf(await signIn('sec', sec.password));
    const wrong = [];
    for (let i = 0; i < 6; i++)
      wrong.push(await site.ask('POST', '/api/session/second-factor', { headers: { cookie }, body: { totp: '000000' } }));
    expect(wrong.at(-1)?.code).toBe('SIGN_IN_LOCKED');
    expect(site.acts.some(({ act, object }) => act === 'user.lock' && object === 'sec')).toBe(true);
  });

  it('keeps its secret sealed in the database, and tells how far the phone is off', async () => {
    await open();
    const sec = await enrolled(site, 'sec', ['security_admin']);
    clock.advance(90_000);
    const early = await site.ask('POST', '/api/session/second-factor', {
      ...headersOf(sec),
      body: { totp: sec.code(clock.now() + 30_000) },
    });
    expect(early.status).toBe(200);
    expect((await site.ask('GET', '/api/factors', headersOf(sec))).json).toMatchObject({
      factors: [{ kind: 'totp', driftSeconds: 30 }],
      recoveryCodesLeft: 10,
    });
  });

  it('cannot be added by whoever took over an open session without a fresh proof, nor the last one removed', async () => {
    await open();
    const sec = await enrolled(site, 'sec', ['security_admin']);
    const { factors } = await site.identity.own.factors(site.sessions.of('sec')[0] ?? expect.fail('no session'));
    expect((await site.ask('DELETE', `/api/factors/${factors[0]?.id}`, headersOf(sec))).code).toBe('FACTOR_UNKNOWN');
    clock.advance(600_000);
    expect((await site.ask('POST', '/api/factors/totp', headersOf(sec))).code).toBe('STEP_UP_NEEDED');
    expect((await site.ask('DELETE', `/api/factors/${factors[0]?.id}`, headersOf(sec))).code).toBe('STEP_UP_NEEDED');
  });
});

describe('a lock', () => {
  it('outlives a restart, and the security administrator ends it', async () => {
    await open();
    const sec = await enrolled(site, 'sec', ['security_admin']);
    for (let i = 0; i < 5; i++) await signIn('li', `wrong-password-${i}`);
    expect((await signIn('li', PASSWORD)).code).toBe('SIGN_IN_LOCKED');
    expect(await site.store.read.all('SELECT user_id, failures FROM sign_in_tallies')).toEqual([{ user_id: 'li', failures: 5 }]);
    const again = await site.reopen();
    await expect(again.signIn.signIn('li', PASSWORD, '10.0.0.9')).rejects.toMatchObject({ code: 'SIGN_IN_LOCKED' });
    await again.close();
    expect((await site.ask('POST', '/api/users/li/unlock', headersOf(sec))).status).toBe(204);
    expect((await signIn('li', PASSWORD)).status).toBe(200);
  });
});

describe('sessions', () => {
  it('of others can be seen and ended by the security administrator, by nobody else', async () => {
    await open();
    const sec = await enrolled(site, 'sec', ['security_admin']);
    const [li, wang] = [await site.signedIn('li'), await site.signedIn('wang')];
    const idOf = (user: string): string => site.sessions.of(user)[0]?.id ?? '';
    const strange = await site.ask('DELETE', `/api/sessions/${idOf('wang')}`, { headers: { cookie: li } });
    const invented = await site.ask('DELETE', '/api/sessions/ses-nothing', { headers: { cookie: li } });
    expect([strange.status, strange.text]).toEqual([404, invented.text]);
    expect((await site.ask('GET', '/api/session/all', { headers: { cookie: li } })).json).toEqual([
      expect.objectContaining({ user: 'li', isThis: true }),
    ]);
    expect((await site.ask('DELETE', `/api/sessions/${idOf('wang')}`, headersOf(sec))).status).toBe(204);
    expect((await site.ask('GET', '/api/session', { headers: { cookie: wang } })).status).toBe(401);
    expect((await site.ask('DELETE', '/api/users/li/sessions', headersOf(sec))).json).toEqual({ ended: 1 });
    expect((await site.ask('GET', '/api/session', { headers: { cookie: li } })).status).toBe(401);
  });

  it('end when the account is disabled, and it does not come in again', async () => {
    await open();
    const sys = await enrolled(site, 'sys', ['system_admin']);
    const li = await site.signedIn('li');
    expect((await site.ask('POST', '/api/users/li/disable', headersOf(sys))).status).toBe(204);
    expect((await site.ask('GET', '/api/session', { headers: { cookie: li } })).status).toBe(401);
    expect((await signIn('li', PASSWORD)).code).toBe('SIGN_IN_REFUSED');
    expect((await site.ask('POST', '/api/users/li/enable', headersOf(sys))).status).toBe(204);
    expect((await signIn('li', PASSWORD)).status).toBe(200);
  });

  it('are opened only from the networks of the role, which is told only after the right password', async () => {
    await open({ settings: { sources: [{ role: 'agent', networks: ['10.0.0.0/8'] }] } });
    expect(codes([await signIn('li', PASSWORD), await signIn('li', 'wrong-password')])).toEqual([
      '403 SIGN_IN_SOURCE_REFUSED',
      '401 SIGN_IN_REFUSED',
    ]);
  });
});

describe('a token of a machine', () => {
  it('opens what it was given, until it is revoked or its days are over, and is in the database only as a digest', async () => {
    await open();
    const sec = await enrolled(site, 'sec', ['security_admin']);
    const make = (body: object) => site.ask('POST', '/api/tokens', { ...headersOf(sec), body });
    const made = await make({ name: 'monitor', permissions: ['site.read'], days: 30 });
    expect(made.status).toBe(201);
    const token = /klt_[\w-]{43}/.exec(made.text)?.[0] ?? '';
    const id = /tok-[\w-]+/.exec(made.text)?.[0] ?? '';
    const ask = (path: string) => site.ask('GET', path, { headers: { authorization: `Bearer ${token}` } });
    expect((await ask('/api/link')).status).toBe(200);
    expect(codes([await ask('/api/users'), await ask('/api/session')])).toEqual(['403 PERMISSION_REFUSED', '403 PERMISSION_REFUSED']);
    expect(JSON.stringify(await site.store.read.all('SELECT * FROM api_tokens'))).not.toContain(token.slice(4));
    expect(JSON.stringify([site.acts, site.logged])).not.toContain(token);
    clock.jumpWall(30 * 86_400_000);
    expect((await ask('/api/link')).status).toBe(401);
    const again = await enrolled(site, 'sec2', ['security_admin']);
    expect((await site.ask('DELETE', `/api/tokens/${id}`, headersOf(again))).status).toBe(204);
    expect((await site.ask('DELETE', '/api/tokens/tok-none', headersOf(again))).code).toBe('TOKEN_UNKNOWN');
  });

  it('is never issued for what needs a second factor, nor for more than a year', async () => {
    await open();
    const sec = await enrolled(site, 'sec', ['security_admin']);
    const make = (body: object) => site.ask('POST', '/api/tokens', { ...headersOf(sec), body });
    for (const permission of ['users.secure', 'recording.export', 'session.own', 'desk.work', 'nonsense'])
      expect((await make({ name: 'x', permissions: [permission], days: 1 })).code).toBe('TOKEN_REFUSED');
    expect((await make({ name: 'x', permissions: ['site.read'], days: 400 })).code).toBe('REQUEST_INVALID');
  });
});
