/** Agents take calls that were not offered to them, and park callers: at the desk and by the transfer key of a phone, with real phones. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { callAndChoose, CUSTOMER_HZ, hears, hearsMusic, talksOn } from '@keepline/testkit/customer';
import { DeskClient } from '@keepline/testkit/desk-client';
import { eventually } from '@keepline/testkit/eventually';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { listRecordings } from '@keepline/testkit/recordings';
import { eventsOf, query } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, type StaffedSite, staffedSite } from '@keepline/testkit/staffed-site';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './source-files.ts';

const COLLEAGUE_HZ = 870;
const PATIENT = { timeout: 30_000 };
let house: StaffedSite;
let colleague: Softphone;
let customer: Softphone;
let second: Softphone;
let desk: DeskClient;
let colleagueDesk: DeskClient;
/** Calls the phone of the colleague answered. */
const met: PhoneCall[] = [];

beforeAll(async () => {
  [colleague, customer, second] = await Promise.all([Softphone.open(), Softphone.open(), Softphone.open()]);
  colleague.onRinging = (ringing) => void ringing.answer([COLLEAGUE_HZ]).then((call) => met.push(call));
  house = await staffedSite(
    1,
    {
      queues: [{ name: 'service' }, { name: 'loans' }],
      parking: { firstSlot: 801, slots: 1, timeoutSeconds: 10 },
    },
    { others: [{ id: 'colleague', name: 'Colleague', queues: ['service'], phone: `sip:colleague@127.0.0.1:${colleague.port}` }] },
  );
  desk = await DeskClient.signIn(house.site, 'phone1');
  colleagueDesk = await DeskClient.signIn(house.site, 'colleague');
}, 180_000);
afterAll(async () => {
  desk?.close();
  colleagueDesk?.close();
  await Promise.all([colleague, customer, second].map((phone) => phone?.close()));
  await house?.close();
}, 120_000);

const states = async (callId: string): Promise<string[]> =>
  (await listRecordings(house.site.place.data)).flatMap((listed) => (listed.callId === callId ? [listed.state] : []));
const typesOf = async (callId: string): Promise<string[]> =>
  (await eventsOf(house.site.place.data)).flatMap(({ type, data }) => (data['callId'] === callId ? [type] : []));
const lastOf = async (wanted: string) => (await eventsOf(house.site.place.data)).findLast(({ type }) => type === wanted)?.data;
/** Entries of the audit log that name this act and this object. */
const audited = (act: string, object: string): number => {
  const args = [join(ROOT, 'compliance/src/audit-cli.ts'), 'list', '--data', house.site.place.data];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes(act) && line.includes(object)).length;
};
const ready = (who: DeskClient): Promise<true> => eventually('the agent is ready', () => who.view?.agent.state === 'ready');
const notReady = async (who: DeskClient): Promise<void> => {
  await ready(who);
  expect(await who.ask({ ask: 'agent.not_ready', reason: 'break' })).toBe('ok');
};
const isGone = async (call: PhoneCall): Promise<void> => {
  await call.hangup();
  await call.ended;
};

describe('a call that was not offered', () => {
  afterEach(async () => {
    for (const who of [desk, colleagueDesk]) await who.ask({ ask: 'agent.ready' });
    await ready(desk);
    await ready(colleagueDesk);
  });

  it('is taken out of the queue by an agent who is on a break, with the decision explained', { timeout: 180_000 }, async () => {
    await notReady(desk);
    await notReady(colleagueDesk);
    const call = await callAndChoose(customer, house.site);
    await expect.poll(() => colleagueDesk.view?.pickable, PATIENT).toMatchObject([{ state: 'waiting', queue: 'service', agentName: '' }]);
    const [{ callId, callerNumber } = { callId: '', callerNumber: '' }] = colleagueDesk.view?.pickable ?? [];
    expect(callerNumber).toContain('*');
    expect(await colleagueDesk.ask({ ask: 'call.pickup', callId: 'call-nobody' })).toBe('CALL_NOT_FOUND');
    expect(await colleagueDesk.ask({ ask: 'call.pickup', callId })).toBe('ok');
    expect(await desk.ask({ ask: 'call.pickup', callId })).not.toBe('ok');
    await hears(call, COLLEAGUE_HZ);
    await expect.poll(() => colleagueDesk.view?.call?.routedBecause, PATIENT).toMatchObject({ how: 'picked_up' });
    await talksOn(call, 1000);
    await isGone(call);
    await expect.poll(() => states(callId), PATIENT).toEqual(['complete']);
    await expect
      .poll(() => typesOf(callId), PATIENT)
      .toEqual(expect.arrayContaining(['routing.decided', 'call.picked_up', 'call.connected']));
    const [trace] = await query<{ trace: string }>(house.site.place.data, 'SELECT trace FROM decisions WHERE call_id = ?', callId);
    expect(JSON.parse(trace?.trace ?? '{}')).toMatchObject({ agentId: 'colleague', because: { how: 'picked_up' } });
    await expect.poll(() => colleagueDesk.view?.agent, PATIENT).toMatchObject({ state: 'not_ready', reason: 'break' }); // where it came from
  });

  it('is taken from the bell of a colleague, who is free at once', { timeout: 180_000 }, async () => {
    const answering = house.onRinging;
    house.onRinging = () => {}; // rings on and on
    await notReady(colleagueDesk);
    const call = await callAndChoose(customer, house.site);
    await expect.poll(() => colleagueDesk.view?.pickable, PATIENT).toMatchObject([{ state: 'ringing', agentName: 'Phone 1' }]);
    const callId = colleagueDesk.view?.pickable[0]?.callId ?? '';
    expect(await desk.ask({ ask: 'call.pickup', callId })).toBe('CALL_NOT_FOUND'); // it rings there already
    expect(await colleagueDesk.ask({ ask: 'call.pickup', callId })).toBe('ok');
    await hears(call, COLLEAGUE_HZ);
    await ready(desk);
    house.onRinging = answering;
    await isGone(call);
    await expect.poll(() => states(callId), PATIENT).toEqual(['complete']);
    await expect.poll(() => lastOf('call.picked_up'), PATIENT).toMatchObject({ callId, agentId: 'colleague', from: 'agent' });
  });
});

describe('the code of pickup', () => {
  it('puts the call that rings at a colleague on the line that dialled it', { timeout: 180_000 }, async () => {
    const answering = house.onRinging;
    house.onRinging = () => {};
    await notReady(colleagueDesk);
    const { sip } = house.site.place;
    await expect(colleague.call(sip, '*8', { says: [COLLEAGUE_HZ], number: 'colleague' })).rejects.toThrow('404');
    const call = await callAndChoose(customer, house.site);
    await expect.poll(() => colleagueDesk.view?.pickable, PATIENT).toMatchObject([{ state: 'ringing' }]);
    const callId = colleagueDesk.view?.pickable[0]?.callId ?? '';
    const there = await colleague.call(sip, '*8', { says: [COLLEAGUE_HZ], number: 'colleague' });
    await hears(call, COLLEAGUE_HZ);
    await hears(there, CUSTOMER_HZ);
    await ready(desk);
    house.onRinging = answering;
    await there.hangup();
    await call.ended;
    await expect.poll(() => states(callId), PATIENT).toEqual(['complete']);
    expect(audited('call.pickup', callId)).toBeGreaterThan(0);
    await colleagueDesk.ask({ ask: 'agent.ready' });
    await ready(colleagueDesk);
  });
});

describe('a caller who is parked', () => {
  const talkTo = async (phone: Softphone): Promise<{ call: PhoneCall; callId: string }> => {
    await ready(desk);
    await notReady(colleagueDesk);
    const call = await callAndChoose(phone, house.site);
    await hears(call, PHONE_AGENT_HZ);
    return { call, callId: await desk.callId('connected') };
  };
  afterEach(async () => {
    await colleagueDesk.ask({ ask: 'agent.ready' });
    await ready(colleagueDesk);
  });

  it('hears music, is taken up by number, and both talks are on tape; there is no second place', { timeout: 120_000 }, async () => {
    const { call, callId } = await talkTo(customer);
    expect(await desk.ask({ ask: 'call.park', callId })).toBe('ok');
    await hearsMusic(call, PHONE_AGENT_HZ);
    await ready(desk); // the agent owes nothing more
    await expect.poll(() => colleagueDesk.view?.parked, PATIENT).toMatchObject([{ slot: 801, parkedBy: 'Phone 1', queue: 'service' }]);

    const other = await callAndChoose(second, house.site);
    await hears(other, PHONE_AGENT_HZ);
    const otherId = await desk.callId('connected');
    expect(await desk.ask({ ask: 'call.park', callId: otherId })).toBe('PARKING_FULL');
    await hears(other, PHONE_AGENT_HZ); // a refused parking changes nothing

    expect(await colleagueDesk.ask({ ask: 'call.retrieve', slot: 802 })).toBe('PARKING_SLOT_EMPTY');
    expect(await colleagueDesk.ask({ ask: 'call.retrieve', slot: 801 })).toBe('ok');
    await hears(call, COLLEAGUE_HZ);
    const there = met.at(-1);
    if (there) await hears(there, CUSTOMER_HZ);
    await expect.poll(() => colleagueDesk.view?.parked, PATIENT).toEqual([]);
    await expect.poll(() => colleagueDesk.view?.call?.routedBecause, PATIENT).toMatchObject({ how: 'retrieved' });
    await isGone(call);
    await isGone(other);
    await expect.poll(() => states(callId), PATIENT).toEqual(['complete', 'complete']);
    await expect
      .poll(async () => (await typesOf(callId)).filter((type) => /parked|connected|ended/.test(type)), PATIENT)
      .toEqual(['call.connected', 'call.parked', 'call.unparked', 'call.connected', 'call.ended']);
    for (const act of ['call.park', 'call.retrieve']) expect(audited(act, callId)).toBeGreaterThan(0);
  });

  it('is parked by the transfer key of a phone, and rings back at who parked it when nobody comes', { timeout: 120_000 }, async () => {
    const { call, callId } = await talkTo(customer);
    const { sip } = house.site.place;
    const before = house.answered.length;
    expect(await house.answered.at(-1)?.transfer(`sip:*70@${sip.address}:${sip.port}`)).toBe(202);
    await expect.poll(() => desk.view?.parked, PATIENT).toMatchObject([{ slot: 801 }]);
    await hearsMusic(call, PHONE_AGENT_HZ);
    await expect.poll(() => house.answered.length).toBe(before + 1);
    await hears(call, PHONE_AGENT_HZ);
    await expect.poll(() => desk.view?.call?.routedBecause, PATIENT).toMatchObject({ how: 'parked_back' });
    await isGone(call);
    await expect.poll(() => lastOf('call.unparked'), PATIENT).toMatchObject({ callId, slot: 801, how: 'timed_out' });
    expect(audited('call.park', callId)).toBeGreaterThan(0);
  });

  it('is taken up by dialling the number of the place on the phone, which is then on the line', { timeout: 120_000 }, async () => {
    const { call, callId } = await talkTo(customer);
    const { sip } = house.site.place;
    await expect(colleague.call(sip, '*801', { says: [COLLEAGUE_HZ], number: 'colleague' })).rejects.toThrow('404');
    expect(await desk.ask({ ask: 'call.park', callId })).toBe('ok');
    await expect.poll(() => desk.view?.parked.length, PATIENT).toBe(1);
    const rung = met.length;
    const there = await colleague.call(sip, '*801', { says: [COLLEAGUE_HZ], number: 'colleague' });
    await hears(call, COLLEAGUE_HZ);
    await hears(there, CUSTOMER_HZ);
    expect(met).toHaveLength(rung); // it was not rung: it is in the agent's hand
    await expect.poll(() => colleagueDesk.view?.call?.routedBecause, PATIENT).toMatchObject({ how: 'retrieved' });
    await isGone(call);
    expect(await there.ended).toBe('remote');
    await expect.poll(() => states(callId), PATIENT).toEqual(['complete', 'complete']);
    expect(audited('call.retrieve', callId)).toBeGreaterThan(0);
  });

  it('may have had enough: the place is free again and nothing is left', { timeout: 180_000 }, async () => {
    const { call, callId } = await talkTo(customer);
    expect(await desk.ask({ ask: 'call.park', callId })).toBe('ok');
    await expect.poll(() => desk.view?.parked.length, PATIENT).toBe(1);
    await isGone(call);
    await expect.poll(() => desk.view?.parked, PATIENT).toEqual([]);
    expect(await colleagueDesk.ask({ ask: 'call.retrieve', slot: 801 })).toBe('PARKING_SLOT_EMPTY');
    await expect.poll(() => typesOf(callId), PATIENT).toContain('call.ended');
    const ended = (await eventsOf(house.site.place.data)).find(({ type, data }) => type === 'call.ended' && data['callId'] === callId);
    expect(ended?.data).toMatchObject({ verdict: 'completed', by: 'caller' });
  });
});
