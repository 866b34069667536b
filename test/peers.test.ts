/**
 * Callers and phones that are not ours: SIPp and baresip, and a crowd of soft phones each with a voice of its own, so that no call can
 * hide behind another. Refusals as carriers must see them (RFC 3261 §21).
 */
import { join } from 'node:path';
import { Baresip } from '@keepline/testkit/baresip';
import { callAndChoose, CUSTOMER_HZ, hears, hearsMusic, talksOn } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { freeUdpPort } from '@keepline/testkit/free-port';
import type { PhoneCall } from '@keepline/testkit/phone-call';
import { tonesOnTape } from '@keepline/testkit/recordings';
import { writeRtpPcap } from '@keepline/testkit/rtp-pcap';
import { Sipp } from '@keepline/testkit/sipp';
import { eventsOf, query } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, staffedSite, type StaffedSite } from '@keepline/testkit/staffed-site';
import { decryptWithAge } from '@keepline/testkit/stock-tools';
import { tempDir } from '@keepline/testkit/temp-dir';
import { bestToneShare, toneShare } from '@keepline/testkit/tone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openedData } from './opened-data.ts';

const CROWD = 20;
const scenario = (name: string): string => join(import.meta.dirname, 'fixtures/sipp', name);

describe('independent peers', () => {
  const scratch = tempDir();
  let house: StaffedSite;
  let deskPhonePort: number;

  beforeAll(async () => {
    deskPhonePort = await freeUdpPort();
    house = await staffedSite(
      CROWD,
      {
        queues: [{ name: 'service' }, { name: 'desks' }],
        sip: {
          trunks: [
            { name: 'carrier', sources: ['127.0.0.1/32'] },
            { name: 'narrow', sources: ['127.0.0.3/32'], maxCalls: 1 },
          ],
        },
      },
      {
        others: [{ id: 'desk', name: 'Desk phone', queues: ['desks'], phone: `sip:desk@127.0.0.1:${deskPhonePort}` }],
        queueByKey: { '3': 'desks' },
      },
    );
  }, 120_000);
  afterAll(async () => {
    await house?.close();
    scratch.remove();
  }, 120_000);

  /** The recordings that are not in `before`, once they are all complete; by the number that called. */
  const tapesSince = async (before: ReadonlySet<string>, count: number): Promise<Map<string, string>> => {
    const { data } = house.site.place;
    const rows = await eventually('the recordings are complete', async () => {
      const list = await query<{ id: string; state: string; callId: string }>(data, 'SELECT id, state, call_id AS callId FROM recordings');
      const fresh = list.filter(({ id }) => !before.has(id));
      return fresh.length === count && fresh.every(({ state }) => state === 'complete') && fresh;
    });
    const { calls } = await openedData(data);
    return new Map(rows.map(({ id, callId }) => [calls.find((call) => call.id === callId)?.callerNumber ?? '', id]));
  };
  const tapes = async (): Promise<Set<string>> => {
    const rows = await query<{ id: string }>(house.site.place.data, 'SELECT id FROM recordings');
    return new Set(rows.map(({ id }) => id));
  };
  /** Both voices on tape, each on its side. */
  const expectOnTape = async (recordingId: string, callerHz: number, agentHz: number): Promise<void> => {
    const heard = tonesOnTape(await decryptWithAge(house.site.place.data, recordingId, scratch.path), callerHz, agentHz);
    expect(Math.min(heard.caller, heard.agent)).toBeGreaterThan(0.5);
  };

  it(`${CROWD} callers at once each hear their own agent and are heard by it alone, and each recording has just these two`, async () => {
    const before = await tapes();
    const callerHz = (i: number): number => 300 + 25 * i;
    const agentHz = (i: number): number => 1000 + 25 * i;
    const talks: PhoneCall[] = [];
    let rung = 0;
    const usual = house.onRinging;
    house.onRinging = (ringing) => {
      const i = rung++;
      void ringing.answer([agentHz(i)]).then((talk) => (talks[i] = talk));
    };
    const phone = await Softphone.open();
    try {
      const number = (i: number): string => `138000000${String(i).padStart(2, '0')}`;
      const calls = await Promise.all(
        Array.from({ length: CROWD }, (_, i) => callAndChoose(phone, house.site, { number: number(i), says: [callerHz(i)] })),
      );
      const agentOf = await Promise.all(
        calls.map((call, i) =>
          eventually(`caller ${i} hears an agent`, () => {
            const heard = call.line.heard(400);
            const found = Array.from({ length: CROWD }, (_, j) => j).filter((j) => toneShare(heard, agentHz(j)) > 0.5);
            return found.length === 1 && { agent: found[0] ?? -1 };
          }),
        ),
      );
      expect(new Set(agentOf.map(({ agent }) => agent)).size).toBe(CROWD);
      for (const [i, { agent }] of agentOf.entries()) {
        const talk = talks[agent];
        if (!talk) throw new Error(`agent ${agent} has no call`);
        await hears(talk, callerHz(i));
      }
      await Promise.all(calls.map((call) => talksOn(call, 1500)));
      await Promise.all(calls.map((call) => call.hangup()));
      expect(calls.map((call) => call.line.ssrcs.size)).toEqual(calls.map(() => 1));
      const recorded = await tapesSince(before, CROWD);
      for (const [i, { agent }] of agentOf.entries()) await expectOnTape(recorded.get(number(i)) ?? '', callerHz(i), agentHz(agent));
    } finally {
      house.onRinging = usual;
      await phone.close();
    }
  }, 180_000);

  it(`SIPp calls ${CROWD} times with sound and keys from a capture file: all answered, heard and recorded`, async () => {
    const before = await tapes();
    const answeredBefore = house.answered.length;
    writeRtpPcap(join(scratch.path, 'caller.pcap'), { hz: CUSTOMER_HZ, ms: 8000, keys: [{ key: '1', atMs: 1000 }] });
    const { sip } = house.site.place;
    const sipp = await Sipp.start({
      scenario: scenario('caller-speaks.xml'),
      folder: scratch.path,
      remote: sip,
      calls: CROWD,
      options: ['-d', '8000'],
    });
    try {
      await eventually('all are answered', () => house.answered.length === answeredBefore + CROWD);
      await Promise.all(house.answered.slice(answeredBefore).map((talk) => hears(talk, CUSTOMER_HZ)));
      await sipp.done();
    } finally {
      await sipp.close();
    }
    const recorded = await tapesSince(before, CROWD);
    expect(recorded.size).toBe(CROWD);
    for (const id of recorded.values()) await expectOnTape(id, CUSTOMER_HZ, PHONE_AGENT_HZ);
  }, 180_000);

  it("SIPp is an agent's desk phone at a static address: it rings, answers, and the caller hears what it says", async () => {
    const desk = await Sipp.start({
      scenario: scenario('phone-answers.xml'),
      folder: scratch.path,
      port: deskPhonePort,
      options: ['-rtp_echo'],
    });
    const phone = await Softphone.open();
    try {
      const call = await callAndChoose(phone, house.site, { key: '3' });
      await hears(call, CUSTOMER_HZ); // its own voice: there and back again
      await call.hangup();
      await expect(desk.done()).resolves.toBeUndefined();
    } finally {
      await phone.close();
      await desk.close();
    }
  }, 120_000);

  it("an agent's phone holds by re-INVITE (RFC 3264 §8.4): the caller hears music meanwhile, and the agent again afterwards", async () => {
    const phone = await Softphone.open();
    try {
      const answeredBefore = house.answered.length;
      const call = await callAndChoose(phone, house.site);
      const agent = await eventually('an agent answered', () => house.answered[answeredBefore]);
      await hears(call, PHONE_AGENT_HZ);
      expect(await agent.reinvite('sendonly')).toContain('a=recvonly');
      await hearsMusic(call, PHONE_AGENT_HZ);
      expect(await agent.reinvite('sendrecv')).toContain('a=sendrecv');
      await hears(call, PHONE_AGENT_HZ);
      await hears(agent, CUSTOMER_HZ);
      const holds = async () =>
        (await eventsOf(house.site.place.data)).flatMap(({ type, data }) =>
          type === 'call.held' || type === 'call.resumed' ? [`${type} ${String(data['by'])}`] : [],
        );
      await expect.poll(holds).toEqual(['call.held agent', 'call.resumed agent']);
      await agent.hangup();
      expect(await call.ended).toBe('remote');
    } finally {
      await phone.close();
    }
  }, 120_000);

  it.each([
    ['udp', 'PCMA'],
    ['udp', 'PCMU'],
    ['tcp', 'PCMA'],
  ] as const)(
    'baresip calls over %s with %s, presses its key by RFC 4733, hears the agent, is heard and recorded',
    async (transport, codec) => {
      const folder = tempDir();
      const before = await tapes();
      const baresip = await Baresip.start({ folder: folder.path, transport, codec, hz: CUSTOMER_HZ, number: '13700000001' });
      try {
        const answeredBefore = house.answered.length;
        await baresip.call(house.site.place.sip, '95000');
        baresip.press('1');
        const talk = await eventually('an agent answered', () => house.answered[answeredBefore]);
        await hears(talk, CUSTOMER_HZ);
        await talksOn(talk, 1500);
        await baresip.hangup();
        expect(await talk.ended).toBe('remote');
        await eventually('baresip heard the agent', () => bestToneShare(baresip.heard(), PHONE_AGENT_HZ) > 0.5);
        for (const id of (await tapesSince(before, 1)).values()) await expectOnTape(id, CUSTOMER_HZ, PHONE_AGENT_HZ);
      } finally {
        await baresip.close();
        folder.remove();
      }
    },
    60_000,
  );

  it('an address that is no trunk is refused with 403', async () => {
    const stranger = await Softphone.open('127.0.0.2');
    try {
      const call = await stranger.place(house.site.place.sip, '95000');
      expect(await call.ended).toBe('refused');
      expect(call.status).toBe(403);
    } finally {
      await stranger.close();
    }
  }, 120_000);

  it('a call over the limit of its trunk is refused with 503 and Retry-After, and the next is taken once one has ended', async () => {
    const narrow = await Softphone.open('127.0.0.3');
    try {
      const first = await narrow.call(house.site.place.sip, '95000');
      const second = await narrow.place(house.site.place.sip, '95000');
      expect(await second.ended).toBe('refused');
      expect({ status: second.status, retryAfter: second.retryAfter }).toEqual({ status: 503, retryAfter: 5 });
      await first.hangup();
      await eventually('the place is free again', () => narrow.call(house.site.place.sip, '95000'));
    } finally {
      await narrow.close();
    }
  }, 120_000);

  it('an offer without G.711 is refused with 488', async () => {
    const sipp = await Sipp.start({
      scenario: scenario('caller-without-g711.xml'),
      folder: scratch.path,
      remote: house.site.place.sip,
    });
    try {
      await expect(sipp.done()).resolves.toBeUndefined();
    } finally {
      await sipp.close();
    }
  }, 120_000);
});
