import { FakeClock } from '@keepline/testkit/fake-clock';
import { afterEach, describe, expect, it } from 'vitest';
import { cookieOf } from './testing/ask.ts';
import { openSite, PASSWORD, type TestSite } from './testing/open-site.ts';

let site: TestSite;
afterEach(() => site.close());
const signIn = (agent: string, password: string) => site.ask('POST', '/api/sign-in', { body: { agent, password } });

describe('signing in', () => {
  it('opens a session carried by a cookie scripts cannot read, and tells the page who it is', async () => {
    site = await openSite();
    const answer = await signIn('li', PASSWORD);
    expect(answer.json).toEqual({ agent: { id: 'li', name: '李静' }, site: 'test', language: 'zh', roles: ['agent'], stage: 'open' });
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(/^keepline-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/),
    ]);
    const session = await site.ask('GET', '/api/session', { headers: { cookie: cookieOf(answer) } });
    expect(session.json).toEqual({ agent: { id: 'li', name: '李静' }, site: 'test', language: 'zh', roles: ['agent'], stage: 'open' });
  });

  it('over HTTPS binds the cookie to this host and to HTTPS (RFC 6265bis __Host-)', async () => {
    site = await openSite();
    const answer = await site.ask('POST', '/api/sign-in', { base: site.secureOrigin, body: { agent: 'li', password: PASSWORD } });
    expect(answer.headers['set-cookie']).toEqual([expect.stringMatching(/^__Host-keepline-session=.*; Secure; SameSite=Strict$/)]);
  });

  it('answers a wrong password, an unknown name and no name of ours alike', async () => {
    site = await openSite();
    const wrong = await signIn('li', 'wrong-password-1');
    const unknown = await signIn('nobody', PASSWORD);
    expect(wrong.status).toBe(401);
    expect(unknown.status).toBe(401);
    expect(unknown.text).toBe(wrong.text);
  });

  it('is an audited act with its outcome; what is no agent is not written down, it may be a password', async () => {
    site = await openSite();
    await signIn('li', PASSWORD);
    await signIn('my-secret-typed-in-the-wrong-field', 'x');
    expect(site.acts.map(({ act, who, object, from, outcome }) => ({ act, who, object, from, outcome }))).toEqual([
      { act: 'agent.sign_in', who: 'li', object: 'li', from: '127.0.0.1', outcome: 'done' },
      { act: 'agent.sign_in', who: 'unknown', object: 'unknown', from: '127.0.0.1', outcome: 'failed' },
    ]);
    expect(JSON.stringify([site.acts, site.logged])).not.toContain('my-secret');
  });

  it('does not let anybody in when the audit log cannot be written', async () => {
    site = await openSite();
    site.audit.isBroken = true;
    const answer = await signIn('li', PASSWORD);
    expect(answer.status).toBe(500);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.text).not.toContain('hunter2');
    expect(await site.store.read.all('SELECT * FROM user_sessions')).toEqual([]);
  });

  it('never takes over a token the browser brought along (session fixation)', async () => {
    site = await openSite();
    const planted = `keepline-session=${'A'.repeat(43)}`;
    const answer = await site.ask('POST', '/api/sign-in', { body: { agent: 'li', password: PASSWORD }, headers: { cookie: planted } });
    expect(cookieOf(answer)).not.toBe(planted);
    expect((await site.ask('GET', '/api/session', { headers: { cookie: planted } })).status).toBe(401);
  });

  it('keeps no token in the database, only its digest', async () => {
    site = await openSite();
    const token = (await site.signedIn('li')).split('=')[1];
    const rows = await site.store.read.all('SELECT * FROM user_sessions');
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('elsewhere ends the former session', async () => {
    site = await openSite();
    const first = await site.signedIn('li');
    const second = await site.signedIn('li');
    expect((await site.ask('GET', '/api/session', { headers: { cookie: first } })).status).toBe(401);
    expect((await site.ask('GET', '/api/session', { headers: { cookie: second } })).status).toBe(200);
  });

  it('ends by signing out, audited, and the cookie is worthless afterwards', async () => {
    site = await openSite();
    const cookie = await site.signedIn('li');
    const out = await site.ask('POST', '/api/sign-out', { headers: { cookie } });
    expect(out.status).toBe(204);
    expect(site.acts.at(-1)).toMatchObject({ act: 'agent.sign_out', who: 'li', outcome: 'done' });
    expect((await site.ask('GET', '/api/session', { headers: { cookie } })).status).toBe(401);
  });

  it('stays signed in when routing refuses to let go in the middle of a call', async () => {
    site = await openSite();
    const cookie = await site.signedIn('li');
    site.duty.refuseSignOut = true;
    const out = await site.ask('POST', '/api/sign-out', { headers: { cookie } });
    expect([out.status, out.code]).toEqual([409, 'AGENT_STATE_REFUSED']);
    expect(site.acts.at(-1)).toMatchObject({ act: 'agent.sign_out', outcome: 'failed' });
    expect((await site.ask('GET', '/api/session', { headers: { cookie } })).status).toBe(200);
  });
});

describe('guessing passwords', () => {
  it('locks the name after five failures, the right password too, and opens again after the wait', async () => {
    const clock = new FakeClock();
    site = await openSite({ clock });
    for (let i = 0; i < 5; i++) expect((await signIn('li', `wrong-password-${i}`)).status).toBe(401);
    const locked = await signIn('li', PASSWORD);
    expect([locked.status, locked.code, locked.headers['retry-after']]).toEqual([429, 'SIGN_IN_LOCKED', '900']);
    expect((await signIn('wang', PASSWORD)).status).toBe(200);
    clock.advance(900_000);
    expect((await signIn('li', PASSWORD)).status).toBe(200);
  });

  it('cannot get more than five tries by sending them side by side', async () => {
    site = await openSite({ clock: new FakeClock() });
    const statuses = await Promise.all(Array.from({ length: 12 }, async (_, i) => (await signIn('li', `wrong-password-${i}`)).status));
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(7);
  });

  it('writes no audit entry for attempts the lock refuses: a flood cannot fill the log', async () => {
    site = await openSite({ clock: new FakeClock() });
    for (let i = 0; i < 9; i++) await signIn('li', 'wrong-password-1');
    expect(site.acts.map(({ act }) => act)).toEqual([...Array(5).fill('agent.sign_in'), 'user.lock']);
  });

  it('is limited per address and minute before a password is looked at', async () => {
    site = await openSite({ limits: { signInsPerMinute: 3 } });
    for (let i = 0; i < 3; i++) await signIn('li', PASSWORD);
    const refused = await signIn('wang', PASSWORD);
    expect([refused.status, refused.code]).toEqual([429, 'TOO_MANY_REQUESTS']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('a session', () => {
  it('ends after its idle time, audited, unless the agent is in a call', async () => {
    const clock = new FakeClock();
    site = await openSite({ clock, idleMs: 60_000 });
    const cookie = await site.signedIn('li');
    clock.advance(59_000);
    expect((await site.ask('GET', '/api/session', { headers: { cookie } })).status).toBe(200);
    clock.advance(60_000);
    expect((await site.ask('GET', '/api/session', { headers: { cookie } })).status).toBe(401);
    await site.signIn.endDue();
    expect(site.acts.at(-1)).toMatchObject({ act: 'agent.sign_out', purpose: 'idle', outcome: 'done' });
    expect(await site.store.read.all('SELECT * FROM user_sessions')).toEqual([]);
  });
});
