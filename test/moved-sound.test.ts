/** A caller who holds and comes back from another address, port and SSRC, through the whole gateway: both are heard afterwards. */
import { callAndChoose, CUSTOMER_HZ, hears, talksOn } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { eventsOf } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, staffedSite, type StaffedSite } from '@keepline/testkit/staffed-site';
import { afterAll, beforeAll, expect, it } from 'vitest';

let house: StaffedSite;
let customer: Softphone;
beforeAll(async () => {
  customer = await Softphone.open();
  house = await staffedSite(1, { queues: [{ name: 'service' }] });
}, 120_000);
afterAll(async () => {
  await customer?.close();
  await house?.close();
}, 120_000);

it.each(['sendonly', 'inactive'] as const)(
  'a caller who holds by %s resumes elsewhere, and sound goes both ways (jambonz sbc-outbound#123)',
  async (hold) => {
    house.answered.length = 0;
    const call = await callAndChoose(customer, house.site);
    const talk = await eventually('the agent answered', () => house.answered[0]);
    await hears(talk, CUSTOMER_HZ);
    await hears(call, PHONE_AGENT_HZ);
    const before = (await eventsOf(house.site.place.data)).length;
    await call.reinvite(hold);
    await eventually('the hold is known', async () =>
      (await eventsOf(house.site.place.data)).slice(before).some(({ type }) => type === 'call.held'),
    );
    const first = call.line.port;
    await call.resumeAt('127.0.0.9');
    expect(call.line.port).not.toBe(first);
    talk.line.forget();
    await hears(talk, CUSTOMER_HZ);
    await hears(call, PHONE_AGENT_HZ);
    await talksOn(call, 500);
    expect(talk.line.ssrcs.size).toBe(1); // the agent's phone sees one stream all the while
    await call.hangup();
    expect(await talk.ended).toBe('remote');
  },
  60_000,
);
