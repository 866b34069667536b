/**
 * An agent's desk phone asks a colleague on its second line and joins caller and colleague with its transfer key (REFER with Replaces,
 * RFC 3891, RFC 5589 §7). The house carries both lines, so nobody learns anybody's address.
 */
import { callAndChoose, CUSTOMER_HZ, hears, hearsMusic } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { listRecordings } from '@keepline/testkit/recordings';
import { eventsOf } from '@keepline/testkit/site-database';
import { type RingingCall, Softphone } from '@keepline/testkit/softphone';
import { staffedSite, type StaffedSite } from '@keepline/testkit/staffed-site';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const AGENT_HZ = 620;
const EXPERT_HZ = 870;
const PATIENT = { timeout: 30_000 };

describe('a desk phone with two lines', () => {
  let house: StaffedSite;
  let customer: Softphone;
  let agent: Softphone;
  let expert: Softphone;
  let talks: PhoneCall[];
  let expertTalks: PhoneCall[];
  let onExpert: (ringing: RingingCall) => void;

  beforeAll(async () => {
    [customer, agent, expert] = [await Softphone.open(), await Softphone.open(), await Softphone.open()];
    house = await staffedSite(
      0,
      {
        queues: [{ name: 'service' }, { name: 'experts' }],
        sip: {
          trunks: [
            { name: 'local', sources: ['127.0.0.1/32'], replaces: true },
            { name: 'other', sources: ['127.0.0.3/32'], replaces: true },
          ],
        },
      },
      {
        others: [
          { id: 'first', name: 'First', queues: ['service'], phone: `sip:first@127.0.0.1:${agent.port}` },
          { id: 'expert', name: 'Expert', queues: ['experts'], phone: `sip:expert@127.0.0.1:${expert.port}` },
        ],
      },
    );
    agent.onRinging = (ringing) => void ringing.answer([AGENT_HZ]).then((talk) => talks.push(talk));
    expert.onRinging = (ringing) => onExpert(ringing);
  }, 120_000);
  afterAll(async () => {
    for (const phone of [customer, agent, expert]) await phone?.close();
    await house?.close();
  }, 120_000);
  beforeEach(() => {
    talks = [];
    expertTalks = [];
    onExpert = (ringing) => void ringing.answer([EXPERT_HZ]).then((talk) => expertTalks.push(talk));
  });

  const place = () => house.site.place.sip;
  const expertUri = (): string => `sip:expert@${place().address}:${place().port}`;
  /** The caller talks with the first agent, whose phone has put it on hold. */
  const held = async (): Promise<{ call: PhoneCall; talk: PhoneCall }> => {
    const call = await callAndChoose(customer, house.site);
    await hears(call, AGENT_HZ);
    const talk = await eventually('the agent answered', () => talks[0]);
    await talk.reinvite('sendonly');
    await hearsMusic(call, AGENT_HZ);
    return { call, talk };
  };
  const isFree = async (agentId: string): Promise<void> =>
    await expect
      .poll(async () => {
        const states = (await eventsOf(house.site.place.data)).filter(
          ({ type, data }) => type === 'agent.state_changed' && data['agentId'] === agentId,
        );
        return states.at(-1)?.data['to'];
      }, PATIENT)
      .toBe('ready');

  it('joins the caller with the colleague it asked: both hear each other, the phone is free, and each talk is on tape', async () => {
    const { call, talk } = await held();
    const line = await agent.call(place(), 'expert', { says: [AGENT_HZ] });
    const expertTalk = await eventually('the colleague answered', () => expertTalks[0]);
    await hears(line, EXPERT_HZ);
    await hears(expertTalk, AGENT_HZ);
    await hearsMusic(call, AGENT_HZ); // the caller hears neither of them

    expect(await talk.transferTo(line, expertUri())).toBe(202);
    await expect.poll(() => talk.reports, PATIENT).toEqual([100, 200]);
    await hears(call, EXPERT_HZ);
    await hears(expertTalk, CUSTOMER_HZ);
    expect(await talk.ended).toBe('remote'); // neither line was hung up by the phone, so the house did
    expect(await line.ended).toBe('remote');
    await isFree('first');
    await call.hangup();
    expect(await expertTalk.ended).toBe('remote');

    await expect
      .poll(async () => (await listRecordings(house.site.place.data)).map(({ state }) => state), PATIENT)
      .toEqual(['complete', 'complete']);
    const told = async () =>
      (await eventsOf(house.site.place.data)).flatMap(({ type, data }) =>
        type === 'call.consulted' || type === 'call.transferred'
          ? [`${type} ${String(data['agentId'])} ${String(data['outcome'] ?? data['how'])}`]
          : [],
      );
    await expect.poll(told, PATIENT).toEqual(['call.consulted first answered', 'call.transferred first attended']);
  }, 120_000);

  it('may press the key on the second line as well', async () => {
    const { call, talk } = await held();
    const line = await agent.call(place(), 'expert', { says: [AGENT_HZ] });
    await hears(line, EXPERT_HZ);
    expect(await line.transferTo(talk, `sip:anybody@${place().address}`)).toBe(202);
    await hears(call, EXPERT_HZ);
    await call.hangup();
    await isFree('expert');
  }, 120_000);

  it('is refused what is not its own to join, and the call goes on', async () => {
    const { call, talk } = await held();
    expect(await talk.transferTo(talk, expertUri())).toBe(603);
    const stranger = await customer.call(place(), '95000');
    expect(await talk.transferTo(stranger, expertUri())).toBe(603);
    await stranger.hangup();
    await talk.reinvite('sendrecv');
    await hears(call, AGENT_HZ);
    await call.hangup();
    await isFree('first');
  }, 120_000);

  it('comes back to the caller when the colleague does not want to, or is let go', async () => {
    const { call, talk } = await held();
    const line = await agent.call(place(), 'expert', { says: [AGENT_HZ] });
    await hears(line, EXPERT_HZ);
    await line.hangup();
    expect(await expertTalks[0]?.ended).toBe('remote');
    await talk.reinvite('sendrecv');
    await hears(call, AGENT_HZ);
    await hears(talk, CUSTOMER_HZ);
    await isFree('expert');
    onExpert = (ringing) => ringing.reject(603);
    await talk.reinvite('sendonly');
    const refused = await agent.place(place(), 'expert');
    expect(await refused.ended).toBe('refused');
    expect(refused.status).toBe(480); // what a phone that does not answer is told of, whatever its reason
    await talk.reinvite('sendrecv');
    await hears(call, AGENT_HZ);
    await call.hangup();
    await isFree('first');
  }, 120_000);

  it('talks on with whom the far end of its trunk puts in its place (RFC 3891), on one tape; nobody else takes the call over', async () => {
    const before = (await listRecordings(house.site.place.data)).length;
    const call = await callAndChoose(customer, house.site);
    await hears(call, AGENT_HZ);
    const talk = await eventually('the agent answered', () => talks[0]);
    const [colleague, stranger] = await Promise.all([Softphone.open(), Softphone.open('127.0.0.3')]);
    try {
      const refused = await stranger.place(place(), '95000', { replaces: call });
      expect([await refused.ended, refused.status]).toEqual(['refused', 603]);
      await hears(call, AGENT_HZ);
      const other = await colleague.call(place(), '95000', { replaces: call, says: [EXPERT_HZ] });
      expect(await call.ended).toBe('remote');
      await hears(talk, EXPERT_HZ);
      await hears(other, AGENT_HZ);
      expect(await other.reinvite('sendonly')).toContain('a=recvonly'); // it has a dialog of its own
      await other.reinvite('sendrecv');
      const late = await customer.place(place(), '95000', { replaces: call });
      expect([await late.ended, late.status]).toEqual(['refused', 603]); // over
      await talk.hangup();
      expect(await other.ended).toBe('remote');
    } finally {
      await Promise.all([colleague.close(), stranger.close()]);
    }
    await isFree('first');
    await expect
      .poll(async () => (await listRecordings(house.site.place.data)).map(({ state }) => state), PATIENT)
      .toEqual(Array.from({ length: before + 1 }, () => 'complete'));
  }, 120_000);

  it('makes no call of its own while nobody talks on it', async () => {
    const call = await agent.place(place(), 'expert');
    expect(await call.ended).toBe('refused');
    expect(call.status).toBe(403);
  }, 120_000);
});
