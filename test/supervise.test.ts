/** A supervisor with a telephone listens to, whispers into and joins the call of an agent: who hears what, what is on tape, what the audit log says. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { callAndChoose, CUSTOMER_HZ, hears, hearsNot } from '@keepline/testkit/customer';
import { DeskClient } from '@keepline/testkit/desk-client';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { eventsOf } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, type StaffedSite, staffedSite } from '@keepline/testkit/staffed-site';
import { toneShare } from '@keepline/testkit/tone';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './source-files.ts';

const BOSS_HZ = 870;
const PATIENT = { timeout: 30_000 };
let house: StaffedSite;
let boss: Softphone;
let customer: Softphone;
let desk: DeskClient;
let bossDesk: DeskClient;
const bossCalls: PhoneCall[] = [];

beforeAll(async () => {
  [boss, customer] = await Promise.all([Softphone.open(), Softphone.open()]);
  boss.onRinging = (ringing) => void ringing.answer([BOSS_HZ]).then((call) => bossCalls.push(call));
  const others = [{ id: 'boss', name: 'Boss', queues: ['team'], phone: `sip:boss@127.0.0.1:${boss.port}` }];
  house = await staffedSite(1, { queues: [{ name: 'service' }, { name: 'team' }] }, { others });
  await makeSupervisor('boss');
  desk = await DeskClient.signIn(house.site, 'phone1');
  bossDesk = await DeskClient.signIn(house.site, 'boss');
}, 180_000);
afterAll(async () => {
  desk?.close();
  bossDesk?.close();
  await Promise.all([boss, customer].map((phone) => phone.close()));
  await house?.close();
}, 120_000);

/** As the ceremony of a new site goes: the console makes the administrators, the security administrator gives the role. */
async function makeSupervisor(user: string): Promise<void> {
  const { data, http } = house.site.place;
  const args = [join(ROOT, 'gateway/src/users-cli.ts'), 'init', '--names', 'sys,sec,aud', '--json', '--data', data];
  const [, enrolment = ''] = /"sec","code":"([\w-]+)"/.exec(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout) ?? [];
  let cookie = '';
  const ask = async (method: string, path: string, body?: object): Promise<string> => {
    const headers = { 'x-keepline': 'desk', ...(body && { 'content-type': 'application/json' }), ...(cookie && { cookie }) };
    const answer = await fetch(`${http}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${text}`);
    return text;
  };
  await ask('POST', '/api/sign-in', { agent: 'sec', password: enrolment });
  await ask('POST', '/api/session/password', { next: 'Kettle-on-the-stove-1' });
  const [, secret = ''] = /"secret":"(\w+)"/.exec(await ask('POST', '/api/factors/totp')) ?? [];
  await ask('POST', '/api/factors/totp/confirm', { code: new TOTP({ secret: Secret.fromBase32(secret) }).generate(), label: 'app' });
  await ask('PUT', `/api/users/${user}/roles`, { roles: ['supervisor'] });
}

const part = (call: PhoneCall, hz: number): number => toneShare(call.line.heard(400), hz);

describe('a supervisor', () => {
  it('hears both unheard, then the agent alone hears her, then all do; each step is in the audit log', { timeout: 120_000 }, async () => {
    const call = await callAndChoose(customer, house.site);
    await hears(call, PHONE_AGENT_HZ);
    const callId = await desk.callId('connected');
    await expect.poll(() => bossDesk.view?.team?.map((one) => one.callId), PATIENT).toEqual([callId]);
    expect(await desk.ask({ ask: 'call.supervise', callId, mode: 'monitor' })).toBe('PERMISSION_REFUSED');
    expect(await bossDesk.ask({ ask: 'call.supervise', callId, mode: 'monitor' })).toBe('ok');
    await expect.poll(() => bossCalls.length, PATIENT).toBe(1);
    const [listening] = bossCalls;
    const [talking] = house.answered;
    if (!listening || !talking) throw new Error('nobody answered');
    await expect.poll(() => part(listening, CUSTOMER_HZ) > 0.3 && part(listening, PHONE_AGENT_HZ) > 0.3, PATIENT).toBe(true);
    await hears(talking, CUSTOMER_HZ);
    expect([part(talking, BOSS_HZ) < 0.05, part(call, BOSS_HZ) < 0.05]).toEqual([true, true]);
    await expect
      .poll(() => desk.view?.call?.parties, PATIENT)
      .toEqual([{ role: 'supervisor', name: 'Boss', state: 'talking', mode: 'monitor' }]);

    expect(await bossDesk.ask({ ask: 'call.supervise', callId, mode: 'whisper' })).toBe('ok');
    await expect.poll(() => part(talking, BOSS_HZ) > 0.3 && part(talking, CUSTOMER_HZ) > 0.3, PATIENT).toBe(true);
    await hears(call, PHONE_AGENT_HZ);
    expect(part(call, BOSS_HZ)).toBeLessThan(0.05);

    expect(await bossDesk.ask({ ask: 'call.supervise', callId, mode: 'barge' })).toBe('ok');
    await expect.poll(() => part(call, BOSS_HZ) > 0.3 && part(call, PHONE_AGENT_HZ) > 0.3, PATIENT).toBe(true);

    expect(await bossDesk.ask({ ask: 'call.hangup', callId })).toBe('ok');
    expect(await listening.ended).toBe('remote');
    await hearsNot(call, BOSS_HZ);
    await hears(call, PHONE_AGENT_HZ);
    await call.hangup();
    const modes = ['monitor', 'whisper', 'barge'];
    await expect
      .poll(async () =>
        (await eventsOf(house.site.place.data)).flatMap(({ type, data: { mode } }) => (type === 'call.supervised' ? [mode] : [])),
      )
      .toEqual(modes);
    const { stdout } = spawnSync(process.execPath, [join(ROOT, 'compliance/src/audit-cli.ts'), 'list', '--data', house.site.place.data], {
      encoding: 'utf8',
    });
    for (const mode of modes) expect(stdout).toContain(`call.${mode}`);
    for (const kind of ['audit-signer', 'recording-identity', 'column']) expect(stdout).toMatch(new RegExp(`key\\.create.*${kind}`));
  });
});
