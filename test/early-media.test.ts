/**
 * A call out before its answer, as the agent hears it: a ringing tone of ours, then the far end's own sound where it sends some (early media),
 * and what the far end gave as its reason in the record of the call (RFC 3326).
 */
import { CUSTOMER_HZ, hears, hearsNot } from '@keepline/testkit/customer';
import { DeskClient } from '@keepline/testkit/desk-client';
import { eventually } from '@keepline/testkit/eventually';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { eventsOf, query } from '@keepline/testkit/site-database';
import { type RingingCall, Softphone } from '@keepline/testkit/softphone';
import { staffedSite, type StaffedSite } from '@keepline/testkit/staffed-site';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const AGENT_HZ = 620;
const ANNOUNCEMENT_HZ = 530;
/** Of the ringing tone in China. */
const RINGBACK_HZ = 450;

describe('a call out that is not answered yet', () => {
  let house: StaffedSite;
  let agent: Softphone;
  let customer: Softphone;
  let desk: DeskClient;
  let ringing: RingingCall | undefined;
  let talk: PhoneCall | undefined;

  beforeAll(async () => {
    agent = await Softphone.open();
    customer = await Softphone.open();
    house = await staffedSite(
      0,
      {
        queues: [{ name: 'service' }],
        sip: { trunks: [{ name: 'carrier', target: `sip:127.0.0.1:${customer.port}`, healthSeconds: 0 }] },
        dialling: { allowed: ['1'] },
      },
      { others: [{ id: 'first', name: 'First', queues: ['service'], phone: `sip:first@127.0.0.1:${agent.port}` }] },
    );
    agent.onRinging = (call) => void call.answer([AGENT_HZ]).then((answered) => (talk = answered));
    customer.onRinging = (call) => (ringing = call);
    desk = await DeskClient.signIn(house.site, 'first');
  }, 120_000);
  afterAll(async () => {
    desk?.close();
    await customer?.close();
    await agent?.close();
    await house?.close();
  }, 120_000);

  /** The agent calls, is rung first, and the customer's phone rings. */
  async function dial(): Promise<{ readonly talk: PhoneCall; readonly ringing: RingingCall }> {
    talk = ringing = undefined;
    await eventually('the agent may call', async () => (await desk.ask({ ask: 'call.dial', number: '13800138000' })) === 'ok');
    return await eventually("the customer's phone rings", () => talk && ringing && { talk, ringing });
  }

  it('is heard ringing, then the announcement of the far end, which hears nothing yet, then the customer', async () => {
    const call = await dial();
    await hears(call.talk, RINGBACK_HZ);
    const early = call.ringing.speakEarly([ANNOUNCEMENT_HZ]);
    await hears(call.talk, ANNOUNCEMENT_HZ);
    await hearsNot(early, AGENT_HZ);
    const answered = await call.ringing.answer([CUSTOMER_HZ]);
    await hears(call.talk, CUSTOMER_HZ);
    await hears(answered, AGENT_HZ);
    await answered.hangup();
    expect(await call.talk.ended).toBe('remote');
  }, 120_000);

  it('is heard ringing by an agent who consults it, and by a caller who is passed on to it without being asked', async () => {
    const { data } = house.site.place;
    const first = await dial();
    const other = await first.ringing.answer([CUSTOMER_HZ]);
    await hears(first.talk, CUSTOMER_HZ);
    const callId = await desk.callId('connected');
    ringing = undefined;
    expect(await desk.ask({ ask: 'call.consult', callId, to: { kind: 'outside', number: '13900139000' } })).toBe('ok');
    await hears(first.talk, RINGBACK_HZ); // while the customer has music
    const consulted = await eventually('the consulted phone rings', () => ringing);
    consulted.speakEarly([ANNOUNCEMENT_HZ]);
    await hears(first.talk, ANNOUNCEMENT_HZ);
    await hearsNot(other, ANNOUNCEMENT_HZ);
    consulted.reject(486);
    await hearsNot(first.talk, ANNOUNCEMENT_HZ);
    expect(await desk.ask({ ask: 'call.resume', callId })).toBe('ok');
    await hears(first.talk, CUSTOMER_HZ);

    ringing = undefined;
    expect(await desk.ask({ ask: 'call.transfer', callId, to: { kind: 'outside', number: '13900139000' } })).toBe('ok');
    await hears(other, RINGBACK_HZ);
    const passed = await eventually('the number the caller is passed on to rings', () => ringing);
    passed.speakEarly([ANNOUNCEMENT_HZ]);
    await hears(other, ANNOUNCEMENT_HZ);
    const there = await passed.answer([AGENT_HZ]);
    await hears(other, AGENT_HZ);
    await there.hangup();
    expect(await other.ended).toBe('remote');
    await expect
      .poll(async () => (await eventsOf(data)).flatMap(({ type, data: told }) => (type === 'call.consulted' ? [told['outcome']] : [])), {
        timeout: 30_000,
      })
      .toEqual(['busy']);
  }, 120_000);

  it('and refused leaves the cause that the far end gave in its record and in its event', async () => {
    const call = await dial();
    call.ringing.reject(486, 17);
    expect(await call.talk.ended).toBe('remote');
    const { data } = house.site.place;
    const ended = await eventually('the end is told', async () => (await eventsOf(data)).filter(({ type }) => type === 'call.ended')[2]);
    expect(ended.data).toMatchObject({ verdict: 'failed', by: 'network', cause: 17 });
    const causes = async () =>
      (await query<{ cause: number }>(data, 'SELECT cause FROM calls ORDER BY started_at_ms')).map(({ cause }) => cause);
    await expect.poll(causes).toEqual([0, 0, 17]);
  }, 120_000);
});
