/** An independent stack on both ends of a trunk: Linphone calls in, keys, holds and resumes, and is called out to. Both directions by ear. */
import { join } from 'node:path';
import { callAndChoose, CUSTOMER_HZ, hears, hearsMusic, talksOn } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { Linphone } from '@keepline/testkit/linphone';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { eventsOf } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { staffedSite, type StaffedSite } from '@keepline/testkit/staffed-site';
import { tempDir } from '@keepline/testkit/temp-dir';
import { bestToneShare } from '@keepline/testkit/tone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const AGENT_HZ = 620;
const LINPHONE_HZ = 530;

describe('Linphone on a trunk', () => {
  const scratch = tempDir();
  let house: StaffedSite;
  let agent: Softphone;
  let called: Linphone;
  const talks: PhoneCall[] = [];

  beforeAll(async () => {
    agent = await Softphone.open();
    called = await Linphone.start({ folder: join(scratch.path, 'called'), hz: LINPHONE_HZ, answers: true });
    house = await staffedSite(
      0,
      {
        queues: [{ name: 'service' }],
        sip: { trunks: [{ name: 'local' }, { name: 'carrier', target: `sip:127.0.0.1:${called.port}`, healthSeconds: 0 }] },
        dialling: { allowed: ['1'] },
      },
      { others: [{ id: 'first', name: 'First', queues: ['service'], phone: `sip:first@127.0.0.1:${agent.port}` }] },
    );
    agent.onRinging = (ringing) => void ringing.answer([AGENT_HZ]).then((talk) => talks.push(talk));
  }, 120_000);
  afterAll(async () => {
    await called?.close();
    await agent?.close();
    await house?.close();
    scratch.remove();
  }, 120_000);

  const holds = async (): Promise<string[]> =>
    (await eventsOf(house.site.place.data)).flatMap(({ type, data }) =>
      type === 'call.held' || type === 'call.resumed' ? [`${type} ${String(data['by'])}`] : [],
    );

  it('calls in, chooses by RFC 4733, is heard and hears; its hold is known, and after resuming both go on', async () => {
    const caller = await Linphone.start({ folder: join(scratch.path, 'caller'), hz: LINPHONE_HZ });
    try {
      await caller.call(house.site.place.sip, '95000');
      caller.press('1');
      const talk = await eventually('the agent answered', () => talks[0]);
      await hears(talk, LINPHONE_HZ);
      caller.hold(); // it plays its own file meanwhile, as a PBX plays its music
      await eventually('the hold is known', async () => (await holds()).length === 1);
      caller.resume();
      await eventually('the call is taken back', async () => (await holds()).length === 2);
      talk.line.forget();
      await hears(talk, LINPHONE_HZ);
      caller.hangup();
      expect(await talk.ended).toBe('remote');
      await eventually('Linphone heard the agent', () => bestToneShare(caller.heard(), AGENT_HZ) > 0.5);
      expect(await holds()).toEqual(['call.held caller', 'call.resumed caller']);
    } finally {
      await caller.close();
    }
  }, 120_000);

  it('is called out to over the trunk by an agent who consults an outside number, and both are heard', async () => {
    const customer = await Softphone.open();
    try {
      talks.length = 0;
      const call = await callAndChoose(customer, house.site);
      const talk = await eventually('the agent answered', () => talks[0]);
      await hears(talk, CUSTOMER_HZ);
      await talk.reinvite('sendonly');
      const line = await agent.call(house.site.place.sip, '13800138000', { says: [AGENT_HZ] });
      await hears(line, LINPHONE_HZ);
      await talksOn(line, 1000);
      await hearsMusic(call, AGENT_HZ);
      expect(await talk.transferTo(line, 'sip:anybody@127.0.0.1')).toBe(202);
      await hears(call, LINPHONE_HZ);
      await talksOn(call, 1000);
      await call.hangup();
      await called.says(' ended');
      // Its file is whole when its call is over.
      await eventually('Linphone heard the agent', () => bestToneShare(called.heard(), AGENT_HZ) > 0.5);
      expect(bestToneShare(called.heard(), CUSTOMER_HZ)).toBeGreaterThan(0.5);
    } finally {
      await customer.close();
    }
  }, 120_000);
});
