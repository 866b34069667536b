/**
 * An agent's phone dies in the middle of a call, without a word: the customer hears music and is served by the next agent.
 */
import { callAndChoose, hears, hearsMusic } from '@keepline/testkit/customer';
import { listRecordings } from '@keepline/testkit/recordings';
import { eventsOf } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, staffedSite } from '@keepline/testkit/staffed-site';
import { describe, expect, it } from 'vitest';

const SECOND_AGENT_HZ = 870;

describe('a caller whose agent vanishes', () => {
  it('waits with music and talks to the next one; both talks are on tape, and nobody is stuck', { timeout: 120_000 }, async () => {
    const house = await staffedSite(2, { media: { rtpTimeoutSeconds: 5 } });
    const phone = await Softphone.open();
    const { data } = house.site.place;
    try {
      const call = await callAndChoose(phone, house.site);
      await hears(call, PHONE_AGENT_HZ);
      house.onRinging = (ringing) => void ringing.answer([SECOND_AGENT_HZ]).then((talk) => house.answered.push(talk));
      const [first] = house.answered;
      first?.line.stop();
      await hearsMusic(call, PHONE_AGENT_HZ);
      await hears(call, SECOND_AGENT_HZ);
      await first?.ended; // the site hung up on the dead phone
      await call.hangup();
      await call.ended;

      // The log is written behind the call: its end says that all before it is there.
      await expect.poll(async () => (await eventsOf(data)).some(({ type }) => type === 'call.ended'), { timeout: 30_000 }).toBe(true);
      const events = await eventsOf(data);
      expect(events.flatMap(({ type, data: { why } }) => (type === 'call.not_taken' ? [why] : []))).toEqual(['agent_lost']);
      const agents = events.flatMap(({ type, data: { agentId } }) => (type === 'call.connected' ? [agentId] : []));
      expect(new Set(agents).size).toBe(2);
      await expect
        .poll(async () => (await listRecordings(data)).map(({ state }) => state), { timeout: 30_000 })
        .toEqual(['complete', 'complete']);
    } finally {
      await phone.close();
      await house.close();
    }
  });
});
