/**
 * Ctrl-C: who talks may finish, who calls is sent elsewhere, and everything is closed and counted in the end (docs/teardown.md).
 */
import { callAndChoose, hears } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { listRecordings } from '@keepline/testkit/recordings';
import { eventsOf } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, staffedSite } from '@keepline/testkit/staffed-site';
import { describe, expect, it } from 'vitest';

describe('stopping a site', () => {
  it('lets a call end, refuses new ones with 503 and leaves nothing open', { timeout: 120_000 }, async () => {
    const house = await staffedSite(1);
    const phone = await Softphone.open();
    const { data, sip } = house.site.place;
    try {
      const call = await callAndChoose(phone, house.site);
      await hears(call, PHONE_AGENT_HZ);
      const stopped = house.site.close();
      await eventually('new calls are refused', async () => {
        const late = await phone.place(sip, '95000');
        await late.answered.then(() => late.hangup()).catch(() => {}); // the first may slip in before the signal arrives
        return late.status === 503;
      });
      call.line.forget();
      await hears(call, PHONE_AGENT_HZ);
      await call.hangup();
      expect(await stopped).toBe(0);

      expect((await listRecordings(data)).map(({ state }) => state)).toEqual(['complete']);
      const ends = (await eventsOf(data)).filter(({ type }) => type === 'call.ended');
      expect(ends.map(({ data: { verdict } }) => verdict)).toContain('completed');
      expect(ends).toHaveLength((await eventsOf(data)).filter(({ type }) => type === 'call.offered').length);
    } finally {
      await phone.close();
      await house.close();
    }
  });
});
