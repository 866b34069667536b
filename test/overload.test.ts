/**
 * Overload on a whole site: who talks is heard and recorded to the end, who calls is told 503 and when to try again, health and metrics say so,
 * and it passes by itself (issue 3, docs/runbook/overload.md).
 */
import { callAndChoose, CUSTOMER_HZ, hears, talksOn } from '@keepline/testkit/customer';
import { DeskClient } from '@keepline/testkit/desk-client';
import { eventually } from '@keepline/testkit/eventually';
import { exportRecording, listRecordings, tonesOnTape } from '@keepline/testkit/recordings';
import { eventsOf } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, type StaffedSite, staffedSite } from '@keepline/testkit/staffed-site';
import { afterEach, describe, expect, it } from 'vitest';

const CAPACITY = 3;

const open: StaffedSite[] = [];
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

async function siteWith(agents: number, overload: object): Promise<StaffedSite> {
  const house = await staffedSite(agents, { overload });
  open.push(house);
  return house;
}

const partsOf = async ({ site }: StaffedSite): Promise<unknown> => (await site.health())['parts'];

async function figure({ site }: StaffedSite, name: string): Promise<number> {
  const text = await (await fetch(`${site.place.http}/metrics`)).text();
  const line = text.split('\n').find((row) => row.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

/** Calls once: the final status, and what a refusal says of when to try again. An answered call is hung up. */
async function offer(phone: Softphone, { site }: StaffedSite): Promise<{ status: number; retryAfter: number }> {
  const call = await phone.place(site.place.sip, '95000');
  await call.answered.then(() => call.hangup()).catch(() => {});
  return { status: call.status, retryAfter: call.retryAfter };
}

describe('a site at its limit', () => {
  it('answers twice as many calls as it takes with 503 and Retry-After, and those who talk notice nothing', {
    timeout: 120_000,
  }, async () => {
    const house = await siteWith(CAPACITY, { maxCalls: CAPACITY });
    const phone = await Softphone.open();
    try {
      expect(await partsOf(house)).toMatchObject({ calls: 'ok' });
      const talks = await Promise.all(
        Array.from({ length: CAPACITY }, (_, i) => callAndChoose(phone, house.site, { number: `1380013800${i}` })),
      );
      await eventually('every call has its agent', () => house.answered.length === CAPACITY);
      await Promise.all([...talks.map((talk) => hears(talk, PHONE_AGENT_HZ)), ...house.answered.map((talk) => hears(talk, CUSTOMER_HZ))]);

      const refused = await Promise.all(Array.from({ length: CAPACITY }, () => offer(phone, house)));
      expect(refused).toEqual(refused.map(() => ({ status: 503, retryAfter: 5 })));
      expect(await partsOf(house)).toMatchObject({ calls: 'degraded', recorder: 'ok' });
      expect(await figure(house, 'keepline_taking_calls')).toBe(0);
      expect(await figure(house, 'keepline_calls_in_progress')).toBe(CAPACITY);
      expect(await figure(house, 'keepline_calls_shed_total{why="too_many_calls"}')).toBe(CAPACITY);
      const told = async (): Promise<number> =>
        (await eventsOf(house.site.place.data))
          .filter(({ type, data }) => type === 'call.refused' && data['trunk'] === 'local' && data['why'] === 'too_many_calls')
          .reduce((sum, { data }) => sum + Number(data['calls']), 0);
      await expect.poll(told, { timeout: 30_000 }).toBe(CAPACITY);
      const desk = await DeskClient.signIn(house.site, 'phone1');
      expect(await desk.ask({ ask: 'call.dial', number: '13800138000' })).toBe('CALL_NOT_NOW');
      desk.close();

      for (const talk of [...talks, ...house.answered]) talk.line.forget();
      await Promise.all([...talks.map((talk) => talksOn(talk, 1000)), ...talks.map((talk) => hears(talk, PHONE_AGENT_HZ))]);
      await Promise.all(house.answered.map((talk) => hears(talk, CUSTOMER_HZ)));
      await talks[0]?.hangup();
      await eventually('a place is free again', async () => (await offer(phone, house)).status === 200);
      await Promise.all(talks.slice(1).map((talk) => talk.hangup()));

      const { data } = house.site.place;
      const recordings = await eventually('every conversation is on tape', async () => {
        const rows = (await listRecordings(data)).filter(({ state }) => state === 'complete');
        return rows.length === CAPACITY && rows;
      });
      for (const { id } of recordings) {
        const tape = tonesOnTape(await exportRecording(data, id, data), CUSTOMER_HZ, PHONE_AGENT_HZ);
        expect(tape.caller).toBeGreaterThan(0.5);
        expect(tape.agent).toBeGreaterThan(0.5);
      }
    } finally {
      await phone.close();
    }
  });

  it('refuses while its threads cannot keep up, though no limit of calls is reached, and recovers by itself', {
    timeout: 120_000,
  }, async () => {
    const house = await siteWith(1, { loopDelayMs: 100, edgeLateMs: 100 });
    const phone = await Softphone.open();
    const gateway = (await house.site.pids()).get('gateway') ?? 0;
    let stops = true;
    // The whole process stands still for a while again and again, as on a machine that has too much to do.
    const stutter = (async () => {
      for (; stops; await wait(40)) {
        process.kill(gateway, 'SIGSTOP');
        await wait(250);
        process.kill(gateway, 'SIGCONT');
      }
    })();
    try {
      await eventually('the site says it is overloaded', async () => (await figure(house, 'keepline_taking_calls')) === 0);
      await eventually('a call is told to come later', async () => {
        const { status, retryAfter } = await offer(phone, house);
        return status === 503 && retryAfter === 5;
      });
      expect(await figure(house, 'keepline_calls_shed_total{why="overloaded"}')).toBeGreaterThan(0);
      expect(await figure(house, 'keepline_calls_shed_total{why="too_many_calls"}')).toBe(0);
      expect(await partsOf(house)).toMatchObject({ calls: 'degraded' });
    } finally {
      stops = false;
      await stutter;
    }
    try {
      // Taken again: it reaches an agent like any other. A machine that is busy itself only makes this later.
      await eventually('calls are taken again', async () => (await offer(phone, house)).status === 200, 40_000, 500);
    } finally {
      await phone.close();
    }
  });
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
