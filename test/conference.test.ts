/**
 * An agent with a telephone on the table consults a colleague, confers, completes the transfer; passes a caller on to an outside number over a
 * trunk; and calls out. Real gateway, real RTP; every voice is a tone.
 */
import { callAndChoose, CUSTOMER_HZ, hears, hearsMusic, hearsNot } from '@keepline/testkit/customer';
import { DeskClient } from '@keepline/testkit/desk-client';
import { listRecordings } from '@keepline/testkit/recordings';
import { eventsOf, query } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { PHONE_AGENT_HZ, type StaffedSite, staffedSite } from '@keepline/testkit/staffed-site';
import { toneShare } from '@keepline/testkit/tone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const COLLEAGUE_HZ = 870;
const OUTSIDE_HZ = 1330;
const PATIENT = { timeout: 30_000 };
let house: StaffedSite;
let colleague: Softphone;
let carrier: Softphone;
let customer: Softphone;
let desk: DeskClient;
/** The last call each phone answered. */
const met = new Map<'asked' | 'outside', PhoneCall>();
const asked = (): PhoneCall | undefined => met.get('asked');
const outside = (): PhoneCall | undefined => met.get('outside');

beforeAll(async () => {
  [colleague, carrier, customer] = await Promise.all([Softphone.open(), Softphone.open(), Softphone.open()]);
  house = await staffedSite(
    1,
    {
      queues: [{ name: 'service' }, { name: 'loans' }],
      dialling: { allowed: ['1'] },
      sip: { trunks: [{ name: 'local' }, { name: 'carrier', target: `sip:127.0.0.1:${carrier.port}`, healthSeconds: 0 }] },
    },
    { others: [{ id: 'colleague', name: 'Colleague', queues: ['loans'], phone: `sip:colleague@127.0.0.1:${colleague.port}` }] },
  );
  colleague.onRinging = (ringing) => void ringing.answer([COLLEAGUE_HZ]).then((call) => met.set('asked', call));
  carrier.onRinging = (ringing) => void ringing.answer([OUTSIDE_HZ]).then((call) => met.set('outside', call));
  desk = await DeskClient.signIn(house.site, 'phone1');
}, 180_000);
afterAll(async () => {
  desk?.close();
  await Promise.all([colleague, carrier, customer].map((phone) => phone.close()));
  await house?.close();
}, 120_000);

const types = async (): Promise<string[]> => (await eventsOf(house.site.place.data)).map(({ type }) => type);

describe('an agent who is not alone with a call', () => {
  it('asks a colleague while the caller hears music, brings all three together, and leaves the two alone', {
    timeout: 120_000,
  }, async () => {
    const call = await callAndChoose(customer, house.site);
    await hears(call, PHONE_AGENT_HZ);
    const callId = await desk.callId('connected');
    expect(await desk.ask({ ask: 'call.conference', callId })).toBe('CALL_STATE_REFUSED');
    expect(await desk.ask({ ask: 'call.supervise', callId, mode: 'monitor' })).toBe('PERMISSION_REFUSED');
    expect(await desk.ask({ ask: 'call.consult', callId, to: { kind: 'agent', agentId: 'nobody' } })).toBe('AGENT_UNKNOWN');
    expect(await desk.ask({ ask: 'call.consult', callId, to: { kind: 'agent', agentId: 'colleague' } })).toBe('ok');
    await expect.poll(asked, PATIENT).toBeDefined();
    await hearsMusic(call, PHONE_AGENT_HZ);
    await hears(there(asked()), PHONE_AGENT_HZ);
    await hearsNot(there(asked()), CUSTOMER_HZ);
    for (const [to, code] of [
      [{ kind: 'outside', number: '00447911123456' }, 'DIAL_NOT_ALLOWED'],
      [{ kind: 'agent', agentId: 'phone1' }, 'COLLEAGUE_BUSY'],
      [{ kind: 'queue', queue: 'nowhere' }, 'QUEUE_UNKNOWN'],
    ] as const)
      expect(await desk.ask({ ask: 'call.transfer', callId, to })).toBe(code);
    await hears(there(asked()), PHONE_AGENT_HZ); // a refused transfer leaves the consultation as it is
    expect(await desk.ask({ ask: 'call.conference', callId })).toBe('ok');
    const agent = house.answered.at(-1);
    for (const [who, tones] of [
      [call, [PHONE_AGENT_HZ, COLLEAGUE_HZ]],
      [asked(), [CUSTOMER_HZ, PHONE_AGENT_HZ]],
      [agent, [CUSTOMER_HZ, COLLEAGUE_HZ]],
    ] as const)
      for (const hz of tones) if (who) await hearsPart(who, hz);
    expect(await desk.ask({ ask: 'call.complete', callId })).toBe('ok');
    expect(await agent?.ended).toBe('remote');
    await hears(call, COLLEAGUE_HZ);
    await call.hangup();
    await expect
      .poll(async () => (await listRecordings(house.site.place.data)).map(({ state }) => state), PATIENT)
      .toEqual(['complete', 'complete']);
    await expect
      .poll(async () => (await types()).filter((type) => /consulted|conferenced|transferred|ended/.test(type)))
      .toEqual(['call.consulted', 'call.conferenced', 'call.transferred', 'call.ended']);
  });

  it('loses nobody when the colleague leaves, and everybody when the caller does', { timeout: 120_000 }, async () => {
    met.delete('asked');
    const call = await callAndChoose(customer, house.site);
    await hears(call, PHONE_AGENT_HZ);
    const callId = await desk.callId('connected');
    await expect.poll(() => desk.view?.colleagues.map(({ id }) => id), PATIENT).toEqual(['colleague']);
    expect(await desk.ask({ ask: 'call.consult', callId, to: { kind: 'agent', agentId: 'colleague' } })).toBe('ok');
    await expect.poll(asked, PATIENT).toBeDefined();
    await asked()?.hangup();
    await expect.poll(() => desk.view?.call?.parties.length, PATIENT).toBe(0);
    await hearsMusic(call, PHONE_AGENT_HZ);
    expect(await desk.ask({ ask: 'call.resume', callId })).toBe('ok');
    await hears(call, PHONE_AGENT_HZ);
    met.delete('asked');
    await expect.poll(() => desk.view?.colleagues.length, PATIENT).toBe(1);
    expect(await desk.ask({ ask: 'call.consult', callId, to: { kind: 'agent', agentId: 'colleague' } })).toBe('ok');
    await expect.poll(asked, PATIENT).toBeDefined();
    await call.hangup();
    expect(await asked()?.ended).toBe('remote');
    await expect.poll(() => desk.view?.colleagues.length, PATIENT).toBe(1);
  });

  it('passes a caller on to an allowed outside number and to no other', { timeout: 120_000 }, async () => {
    const call = await callAndChoose(customer, house.site);
    await hears(call, PHONE_AGENT_HZ);
    const callId = await desk.callId('connected');
    expect(await desk.ask({ ask: 'call.transfer', callId, to: { kind: 'outside', number: '00447911123456' } })).toBe('DIAL_NOT_ALLOWED');
    expect(await desk.ask({ ask: 'call.transfer', callId, to: { kind: 'outside', number: '13900001111' } })).toBe('ok');
    await hears(call, OUTSIDE_HZ);
    await hears(there(outside()), CUSTOMER_HZ);
    await call.hangup();
    expect(await outside()?.ended).toBe('remote');
    // The house carries the talk of the two outsiders, so the policy of the queue is for it too.
    const { data } = house.site.place;
    const states = async (): Promise<string[]> =>
      (await listRecordings(data)).flatMap((listed) => (listed.callId === callId ? [listed.state] : []));
    await expect.poll(states, PATIENT).toEqual(['complete', 'complete']);
    const talks = await query<{ kind: string }>(data, 'SELECT kind FROM talks WHERE call_id = ? ORDER BY began_at_ms', callId);
    expect(talks.map(({ kind }) => kind)).toEqual(['agent', 'outside']);
  });

  it('calls out: first the own phone, then the customer, on tape', { timeout: 120_000 }, async () => {
    met.delete('outside');
    const before = (await listRecordings(house.site.place.data)).length;
    await expect.poll(() => desk.view?.agent.state, PATIENT).toBe('ready');
    expect(await desk.ask({ ask: 'call.dial', number: '110' })).toBe('DIAL_NOT_ALLOWED');
    expect(await desk.ask({ ask: 'call.dial', number: '139 0000 1111' })).toBe('ok');
    await expect.poll(outside, PATIENT).toBeDefined();
    await hears(there(outside()), PHONE_AGENT_HZ);
    const agent = house.answered.at(-1);
    if (agent) await hears(agent, OUTSIDE_HZ);
    await expect.poll(() => desk.view?.call, PATIENT).toMatchObject({ direction: 'out', state: 'connected', callerNumber: '139******11' });
    await outside()?.hangup();
    await expect.poll(async () => (await listRecordings(house.site.place.data)).slice(before).length + before, PATIENT).toBe(before + 1);
    await expect.poll(types).toContain('call.dialled');
  });
});

function there(call: PhoneCall | undefined): PhoneCall {
  if (!call) throw new Error('nobody answered');
  return call;
}

/** In a sum of two a voice has less than half. */
async function hearsPart(call: PhoneCall, hz: number): Promise<void> {
  await expect.poll(() => toneShare(call.line.heard(400), hz), PATIENT).toBeGreaterThan(0.3);
}
