import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Store } from '../store/store.ts';
import { identityTables } from '../store/tables/identity.ts';
import { FRESH_MS, type SessionEnd, Sessions, type SessionStart } from './sessions.ts';

const MINUTE = 60_000;
let folder: string;
let store: Store;
let clock: FakeClock;
let inCall: Set<string>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keepline-sessions-'));
  store = await Store.open(join(folder, 'main.db'), [identityTables]);
  clock = new FakeClock();
  inCall = new Set();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});
const log = { info: () => {}, warn: () => {}, error: () => {} };
const restore = (agents = ['li', 'wang']) =>
  Sessions.restore(
    { store, clock, log, idleMs: 30 * MINUTE, longestMs: 720 * MINUTE, perUser: 2, isInCall: (id) => inCall.has(id) },
    (id) => (agents.includes(id) ? ['agent'] : undefined),
  );
const of = (userId: string, more: Partial<SessionStart> = {}): SessionStart => ({
  userId,
  roles: ['agent'],
  from: '127.0.0.1',
  mustChangePassword: false,
  hasFactor: false,
  ...more,
});

describe('a session', () => {
  it('is found by its token and by nothing else', async () => {
    const sessions = await restore();
    const { token, session } = await sessions.open(of('li'));
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(sessions.find(token)).toBe(session);
    for (const other of ['', token.slice(1), `${token}A`, token.toLowerCase()]) expect(sessions.find(other)).toBeUndefined();
  });

  it('ends by rest and by age, whichever comes first', async () => {
    const sessions = await restore();
    const { token } = await sessions.open(of('li'));
    for (let i = 0; i < 24; i++) {
      clock.advance(29 * MINUTE);
      expect(sessions.find(token)).toBeDefined();
    }
    clock.advance(29 * MINUTE); // 12 h 5 min since it was opened
    expect(sessions.find(token)).toBeUndefined();
    expect(sessions.due()).toMatchObject([{ why: 'too_long' }]);
    const second = await sessions.open(of('wang'));
    clock.advance(30 * MINUTE);
    expect(sessions.find(second.token)).toBeUndefined();
    expect(sessions.due().map((due) => due.why)).toEqual(['too_long', 'idle']);
  });

  it('does not end in the middle of a call', async () => {
    const sessions = await restore();
    const { token } = await sessions.open(of('li'));
    inCall.add('li');
    clock.advance(800 * MINUTE);
    expect(sessions.due()).toEqual([]);
    expect(sessions.find(token)).toBeDefined();
    inCall.delete('li');
    expect(sessions.find(token)).toBeUndefined();
  });

  it('is not ended by a jump of the wall clock', async () => {
    const sessions = await restore();
    const { token } = await sessions.open(of('li'));
    clock.jumpWall(86_400_000);
    expect(sessions.find(token)).toBeDefined();
  });

  it('survives a restart with the rest of its time, as the last use within a minute says', async () => {
    const before = await restore();
    const { token } = await before.open(of('li'));
    clock.advance(20 * MINUTE);
    before.find(token);
    await store.write(async () => {}); // the last use is written behind; units are written in order
    clock.advance(29 * MINUTE);
    const after = await restore();
    expect(after.find(token)).toMatchObject({ userId: 'li' });
    clock.advance(30 * MINUTE);
    expect(after.find(token)).toBeUndefined();
  });

  it('of an agent taken out of the site, or over meanwhile, is not restored and not kept', async () => {
    const before = await restore();
    const { token } = await before.open(of('li'));
    expect((await restore(['wang'])).find(token)).toBeUndefined();
    await before.open(of('wang'));
    clock.advance(31 * MINUTE);
    await restore();
    expect(await store.read.all('SELECT * FROM user_sessions')).toEqual([]);
  });

  it('is one per agent, also when two are opened at once', async () => {
    const sessions = await restore();
    const ended: SessionEnd[] = [];
    sessions.onEnd((_session, why) => ended.push(why));
    const opened = await Promise.all([sessions.open(of('li')), sessions.open(of('li')), sessions.open(of('li'))]);
    expect(opened.filter(({ token }) => sessions.find(token) !== undefined)).toHaveLength(1);
    expect(ended).toEqual(['signed_in_elsewhere', 'signed_in_elsewhere']);
    expect(await store.read.all('SELECT * FROM user_sessions')).toHaveLength(1);
  });

  it('that was ended is worthless even when the database cannot be written', async () => {
    const sessions = await restore();
    const { token, session } = await sessions.open(of('li'));
    await store.close();
    await expect(sessions.end(session, 'revoked')).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    expect(sessions.find(token)).toBeUndefined();
  });

  it('of somebody who is no agent may be had twice; the third ends the oldest', async () => {
    const sessions = await restore();
    const opened = [];
    for (let i = 0; i < 3; i++) opened.push(await sessions.open(of('zhao', { roles: ['supervisor'] })));
    expect(opened.map(({ token }) => sessions.find(token) !== undefined)).toEqual([false, true, true]);
    const kept = await store.read.all<{ session_id: string }>('SELECT session_id FROM user_sessions');
    expect(new Set(kept.map((row) => row.session_id))).toEqual(new Set(opened.slice(1).map(({ session }) => session.id)));
  });

  it('is open for a privileged role only after a proof, stale after ten minutes, and stale after a restart', async () => {
    const sessions = await restore();
    const { session, token } = await sessions.open(of('li', { roles: ['security_admin'], hasFactor: true }));
    expect([sessions.stage(session), sessions.isFresh(session)]).toEqual(['second_factor', false]);
    await sessions.proven(session);
    expect([sessions.stage(session), sessions.isFresh(session)]).toEqual(['open', true]);
    clock.advance(FRESH_MS);
    expect([sessions.stage(session), sessions.isFresh(session)]).toEqual(['open', false]);
    await sessions.proven(session);
    const after = await restore();
    const restored = after.find(token);
    expect(restored && [after.stage(restored), after.isFresh(restored)]).toEqual(['open', false]);
  });

  it('taken out of the table by another process is worthless at the next look', async () => {
    const sessions = await restore();
    const ended: SessionEnd[] = [];
    sessions.onEnd((_session, why) => ended.push(why));
    const { token } = await sessions.open(of('li'));
    clock.advance(1);
    expect(await sessions.dropRevoked()).toBe(0);
    await store.write((tx) => tx.run('DELETE FROM user_sessions'));
    expect(await sessions.dropRevoked()).toBe(1);
    expect(sessions.find(token)).toBeUndefined();
    expect(ended).toEqual(['revoked']);
  });
});
