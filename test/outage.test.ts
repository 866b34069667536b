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

const BREAKER_FAILURES = 2;
/** Outcomes of a decision's advice when the cloud goes in the midst of it: none of them an error, none of them waited for twice. */
const MAY_COME_OF_IT = ['answered', 'link_down', 'breaker_open', 'no_responders', 'timeout'];

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
    house = await staffedSite(8, { cloud: { heartbeatMs: 300, stableSeconds: 1 }, advice: { breakerFailures: BREAKER_FAILURES } });
    phone = await Softphone.open();
    await eventually('the link is up', async () => (await house.site.health())['parts'], 20_000);
    running.push(await talk(), await talk());
  }, 120_000);
  afterAll(async () => {
    await phone.close();
    await house.close();
  }, 120_000);

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
      const before = (await eventsOf(house.site.place.data)).length;
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
        await expect.poll(() => house.site.reconcile()).toMatchObject({ verdict: 'balanced' });
        // What an outage may cost, in questions: as many time-outs as the breaker counts, then nobody is asked. How long one lasts is a law of
        // advice-law.test.ts, on a clock of its own.
        const outcomes = (await eventsOf(house.site.place.data))
          .slice(before)
          .flatMap(({ type, data }) => (type === 'routing.decided' ? [String(data['advice'])] : []));
        expect(outcomes.length).toBeGreaterThanOrEqual(2);
        expect(outcomes.filter((outcome) => outcome === 'timeout').length).toBeLessThanOrEqual(BREAKER_FAILURES);
        for (const outcome of outcomes) expect(MAY_COME_OF_IT).toContain(outcome);
      } finally {
        await witness.close();
      }
    },
    180_000,
  );
});
