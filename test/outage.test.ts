/**
 * The cloud may vanish at any moment and nobody on the phone notices: stopped, black-holed and killed while calls run. Counted against the
 * event log, not believed.
 */
import { callAndChoose, hears } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { eventsOf } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { PHONE_AGENT_HZ, staffedSite, type StaffedSite } from '@keepline/testkit/staffed-site';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Setting `advice.deadlineMs`. */
const DEADLINE_MS = 150;

describe('an outage of the cloud', () => {
  let house: StaffedSite;
  let phone: Softphone;
  const running: PhoneCall[] = [];
  const ended: string[] = [];

  const talk = async (): Promise<PhoneCall> => {
    const before = house.answered.length;
    const call = await callAndChoose(phone, house.site);
    await eventually('an agent answered', () => house.answered.length > before);
    await hears(call, PHONE_AGENT_HZ);
    void call.ended.then((by) => ended.push(by));
    return call;
  };

  beforeAll(async () => {
    house = await staffedSite(8, { cloud: { heartbeatMs: 300, stableSeconds: 1 }, advice: { deadlineMs: DEADLINE_MS } });
    phone = await Softphone.open();
    await eventually('the link is up', async () => (await house.site.health())['parts'], 20_000);
    running.push(await talk(), await talk());
  }, 120_000);
  afterAll(async () => {
    await phone.close();
    await house.close();
  }, 60_000);

  it.each([
    ['stopped', () => house.site.cloud('stop'), () => house.site.cloud('start')],
    ['black-holed', () => house.site.cloud('freeze'), () => house.site.cloud('thaw')],
    [
      'killed in mid-flow',
      () => house.site.kill('cloud-hub'),
      async () => {}, // its supervisor starts it again
    ],
  ])(
    '%s: calls go on, new ones are answered within the deadline, and every event arrives once and in order',
    async (_, cut, heal) => {
      await cut();
      const during = [await talk(), await talk()];
      for (const call of running) await hears(call, PHONE_AGENT_HZ); // the calls from before still talk
      expect(ended).toEqual([]);
      await Promise.all(during.map((call) => call.hangup()));
      ended.length = 0;
      await heal();

      const witness = await house.site.witness();
      try {
        await eventually('everything has arrived', async () => (await house.site.counts()).waiting === 0, 60_000, 200);
        const written = (await eventsOf(house.site.place.data)).map(({ id }) => id);
        const arrived = await eventually(
          'the stream is complete',
          async () => {
            const events = await witness.events();
            return events.length >= written.length && events;
          },
          30_000,
          200,
        );
        // The log goes on while we look; what was written before must be there: same ids, same order, no gap, none twice.
        const ids = arrived.map(({ id }) => id);
        expect(ids.slice(0, written.length)).toEqual(written);
        expect(new Set(ids).size).toBe(ids.length);
        expect(await house.site.reconcile()).toMatchObject({ verdict: 'balanced' });
        const delays = (await eventsOf(house.site.place.data)).flatMap(({ type, data }) =>
          type === 'routing.decided' ? [Number(data['delayMs'])] : [],
        );
        // Timers of a machine that is busy with other tests fire late; the demo prints what it measured.
        expect(Math.max(...delays)).toBeLessThanOrEqual(DEADLINE_MS + 50);
      } finally {
        await witness.close();
      }
    },
    180_000,
  );
});
