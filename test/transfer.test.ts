/** An agent's desk phone passes its caller on with its own transfer key: the target is a queue of the house, and nobody else. */
import { callAndChoose, hears } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { listRecordings } from '@keepline/testkit/recordings';
import { eventsOf } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, staffedSite } from '@keepline/testkit/staffed-site';
import { describe, expect, it } from 'vitest';

const SECOND_HZ = 870;
const PATIENT = { timeout: 30_000 };

describe('a desk phone that transfers', () => {
  it('gives the caller to another queue, whose agent is heard; both talks are on tape and the first agent is free', {
    timeout: 120_000,
  }, async () => {
    const second = await Softphone.open();
    const phone = await Softphone.open();
    const house = await staffedSite(
      1,
      { queues: [{ name: 'service' }, { name: 'desks' }] },
      { others: [{ id: 'desk', name: 'Desk', queues: ['desks'], phone: `sip:desk@127.0.0.1:${second.port}` }] },
    );
    const { data, sip } = house.site.place;
    second.onRinging = (ringing) => void ringing.answer([SECOND_HZ]);
    try {
      const call = await callAndChoose(phone, house.site);
      await hears(call, PHONE_AGENT_HZ);
      const [first] = house.answered;
      expect(await first?.transfer(`sip:nobody@${sip.address}:${sip.port}`)).toBe(404);
      await hears(call, PHONE_AGENT_HZ); // a refused transfer changes nothing
      expect(await first?.transfer(`sip:desks@${sip.address}:${sip.port}`)).toBe(202);
      await expect.poll(() => first?.reports, PATIENT).toEqual([100, 200]);
      await hears(call, SECOND_HZ);
      expect(await first?.ended).toBe('remote'); // it did not hang up, so the house did
      await call.hangup();
      await call.ended;

      await expect.poll(async () => (await listRecordings(data)).map(({ state }) => state), PATIENT).toEqual(['complete', 'complete']);
      const events = await eventually('the end is told', async () => {
        const all = await eventsOf(data);
        return all.some(({ type }) => type === 'call.ended') && all;
      });
      expect(events.flatMap(({ type, data: { queue } }) => (type === 'call.queued' ? [queue] : []))).toEqual(['service', 'desks']);
      const agents = events.flatMap(({ type, data: { agentId } }) => (type === 'call.connected' ? [agentId] : []));
      expect(agents).toHaveLength(2);
      const left = events.flatMap(({ type, data: { agentId, to } }) =>
        type === 'agent.state_changed' && agentId === agents[0] ? [to] : [],
      );
      expect(left.at(-1)).toBe('ready');
    } finally {
      await phone.close();
      await house.close();
      await second.close();
    }
  });
});
