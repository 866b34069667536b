/** Alarms over the door: the list as the schema says, ending one, and the socket that pushes; on a real alarm log. */
import { AlarmView } from '@keepline/contracts/alarms';
import { eventually } from '@keepline/testkit/eventually';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { join } from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '@keepline/contracts/clock';
import { AlarmLog } from '../alarms/alarm-log.ts';
import { Store } from '../store/store.ts';
import { alarmTables } from '../store/tables/alarms.ts';
import { openSite, type TestSite } from './testing/open-site.ts';
import { enrolled, headersOf, type Person } from './testing/people.ts';

const fault = { code: 'SIEM_UNREACHABLE', object: 'bank', message: 'no answer', hint: 'look at the way there' };
let home: TempDir;
let store: Store;
let alarms: AlarmLog;
let site: TestSite;
let security: Person;
let supervisor: Person;
beforeAll(async () => {
  home = tempDir();
  store = await Store.open(join(home.path, 'main.db'), [alarmTables]);
  alarms = await AlarmLog.open({ store, clock: systemClock, append: async () => {}, onFault: () => {} });
  site = await openSite({ alarms });
  security = await enrolled(site, 'sec', ['security_admin']);
  supervisor = await enrolled(site, 'sup', ['supervisor']);
}, 60_000);
afterAll(async () => {
  await site.close();
  await alarms.close();
  await store.close();
  home.remove();
});

const listed = async (who: Person): Promise<AlarmView[]> =>
  Value.Parse(Type.Array(AlarmView), (await site.ask('GET', '/api/alarms', headersOf(who))).json);
const clear = (who: Person, number: number | string, body: object = { reason: 'mended' }) =>
  site.ask('POST', `/api/alarms/${number}/clear`, { ...headersOf(who), body });
const listen = (who: Person): { socket: WebSocket; heard: unknown[]; ended: Promise<number> } => {
  const socket = new WebSocket(`${site.origin.replace('http', 'ws')}/ws/alarms`, { headers: { cookie: who.cookie, origin: site.origin } });
  const heard: unknown[] = [];
  socket.on('message', (bytes: Buffer) => heard.push(JSON.parse(bytes.toString('utf8'))));
  socket.on('error', () => {});
  return { socket, heard, ended: new Promise((resolve) => socket.once('close', resolve)) };
};

describe('alarms at the door', () => {
  it('are pushed as they come and go, listed whole, and ended by who may, with a reason that is kept', async () => {
    const { socket, heard } = listen(supervisor);
    await eventually('the socket', () => socket.readyState === WebSocket.OPEN);
    alarms.raise(fault);
    await eventually('the push', () => heard.length === 1);
    expect(heard).toEqual([{ is: 'raised', number: 1, code: 'SIEM_UNREACHABLE', severity: 'major' }]);
    const before = await listed(supervisor);
    expect(before).toMatchObject([{ number: 1, ...fault, severity: 'major', times: 1, clearedAtMs: null, deliveredAtMs: null }]);
    expect((await clear(supervisor, 1)).code).toBe('PERMISSION_REFUSED');
    expect((await clear(security, 1, { reason: '' })).code).toBe('REQUEST_INVALID');
    expect((await clear(security, 1, { reason: 'two\nlines' })).code).toBe('REQUEST_INVALID');
    expect((await clear(security, 'x')).code).toBe('REQUEST_INVALID');
    const done = await clear(security, 1);
    expect([done.status, done.text]).toEqual([204, '']);
    await eventually('the end', () => heard.length === 2);
    expect(heard[1]).toEqual({ is: 'cleared', number: 1, code: 'SIEM_UNREACHABLE', severity: 'major' });
    expect((await listed(supervisor))[0]?.clearedAtMs).toBeGreaterThan(0);
    expect(site.acts.filter(({ act }) => act === 'alarm.clear')).toMatchObject([
      { who: 'sec', object: 'alarm:1', purpose: 'mended', outcome: 'done' },
    ]);
    const again = await clear(security, 1);
    expect([again.status, again.code]).toEqual([404, 'ALARM_UNKNOWN']);
    socket.close();
  });

  it('of a forked audit log end only with the yes of a second person, for this alarm and once, also where the site demands no four eyes', async () => {
    const officer = await enrolled(site, 'chen', ['compliance_officer']);
    alarms.raise({ code: 'AUDIT_FORKED', message: 'cut back', hint: 'look into it' });
    await eventually('the alarm', () => alarms.standing().some(({ code }) => code === 'AUDIT_FORKED'));
    const number = alarms.standing().find(({ code }) => code === 'AUDIT_FORKED')?.number ?? 0;
    const ask = async (who: Person, object: string): Promise<string> => {
      const body = { act: 'audit.accept_fork', object, params: {}, purpose: 'backup restored', hours: 1 };
      return /apr-[0-9a-f-]{36}/.exec((await site.ask('POST', '/api/approvals', { ...headersOf(who), body })).text)?.[0] ?? '';
    };
    const decide = (who: Person, id: string) =>
      site.ask('POST', `/api/approvals/${id}/approve`, { ...headersOf(who), body: { reason: '' } });
    const end = async (approval?: string): Promise<string | undefined> =>
      (await clear(security, number, { reason: 'restored', ...(approval && { approval }) })).code;
    expect(await end()).toBe('APPROVAL_NEEDED');
    expect(await ask(officer, `alarm:${number}`)).toBe(''); // who may not end alarms may not ask for it either
    const own = await ask(security, `alarm:${number}`);
    expect(await end(own)).toBe('APPROVAL_REFUSED');
    expect((await decide(security, own)).code).toBe('APPROVAL_REFUSED');
    const other = await ask(security, `alarm:${number + 1}`);
    await decide(officer, other);
    expect(await end(other)).toBe('APPROVAL_REFUSED');
    expect(alarms.standing().some(({ code }) => code === 'AUDIT_FORKED')).toBe(true);
    expect((await decide(officer, own)).status).toBe(200);
    expect((await clear(security, number, { reason: 'restored', approval: own })).status).toBe(204);
    expect(alarms.standing()).toEqual([]);
    expect(site.acts.filter(({ act, outcome }) => act === 'approval.use' && outcome === 'done')).toMatchObject([
      { who: 'sec', object: own },
    ]);
  });

  it('are pushed to nobody without the right, nor to whom says something, nor beyond the end of a session or four pages of it', async () => {
    const agent = { ...supervisor, cookie: await site.signedIn('li') };
    const refused = listen(agent);
    await refused.ended;
    expect(refused.heard).toEqual([]);
    const talker = listen(security);
    await eventually('the socket', () => talker.socket.readyState === WebSocket.OPEN);
    talker.socket.send('{}');
    expect(await talker.ended).toBe(1008);
    const pages = Array.from({ length: 5 }, () => listen(supervisor));
    await eventually('four pages', () => pages.filter(({ socket }) => socket.readyState === WebSocket.OPEN).length >= 4);
    expect(await Promise.any(pages.map(({ ended }) => ended))).toBe(1013);
    await site.ask('POST', '/api/sign-out', headersOf(supervisor));
    const codes = await Promise.all(pages.map(({ ended }) => ended));
    expect(codes.toSorted((a, b) => a - b)).toEqual([1013, 4001, 4001, 4001, 4001]);
  });
});
