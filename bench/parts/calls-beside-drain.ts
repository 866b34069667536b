/**
 * Calls of a whole site before, while and after a backlog drains, for `bench relay --calls`: the real gateway takes the calls, the site's own
 * `cloud-sync` drains the site's own outbox. The stand-in cloud works on the same cores, so what shows here is more than a site would see.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Outbox } from '@keepline/cloud-sync/outbox';
import { callAndChoose, hears } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { type Quantiles, quantiles } from '@keepline/testkit/quantiles';
import { eventsOf } from '@keepline/testkit/site-database';
import { Softphone } from '@keepline/testkit/softphone';
import { PHONE_AGENT_HZ, type StaffedSite, staffedSite } from '@keepline/testkit/staffed-site';
import { OutboxCursorWentBack } from '../../cloud-sync/src/outbox/errors.ts';
import { makeEvents } from './relay-site.ts';

/** Callers at once, each with one call after the other: two to three offers a second. */
const CALLERS = 6;
const TALK_MS = 1500;
const LOOK_MS = 100;
const FILL_BATCH = 1000;
/** How far the event log may be behind the calls. */
const LOG_LAG_MS = 60_000;

export interface CallFigures {
  readonly calls: number;
  readonly inviteTo180Ms: Quantiles;
  /** How long decisions were held back for advice. */
  readonly routingDelayMs: Quantiles;
  /** From the queue to the agent, ringing and answering of its telephone within. */
  readonly queueToAgentMs: Quantiles;
}

export interface CallsBesideDrain {
  readonly backlog: number;
  readonly drainPerSecond: number;
  readonly before: CallFigures;
  readonly draining: CallFigures;
  readonly after: CallFigures;
  readonly verdict: string;
}

/** @param calls in each of the quiet phases; while the backlog drains calls go on for as long as it takes */
export async function callsBesideDrain(calls: number, backlog: number, tell: (line: string) => void): Promise<CallsBesideDrain> {
  const house = await staffedSite(CALLERS + 2, { sip: { trunks: [{ name: 'bench', maxCalls: 5000, maxCallsPerSecond: 1000 }] } });
  const phone = await Softphone.open();
  const isUp = async (): Promise<boolean> =>
    (await eventsOf(house.site.place.data)).findLast(({ type }) => type === 'link.changed')?.data['to'] === 'up';
  try {
    await eventually('the link is up', isUp, 60_000);
    await callsWhile(house, phone, atLeast(CALLERS * 2)); // what is loaded at the first call is not what is measured
    tell(`${calls} calls, nothing drains`);
    const before = await callsWhile(house, phone, atLeast(calls));
    await house.site.cloud('stop');
    tell(`a backlog of ${backlog} events`);
    await fill(house, backlog);
    await house.site.cloud('start');
    const delivered = (await house.site.counts()).delivered;
    await eventually('the backlog drains', async () => (await house.site.counts()).delivered > delivered, 120_000);
    tell('calls while it drains');
    const begunMs = performance.now();
    const begunWith = (await house.site.counts()).waiting;
    let drained = false;
    const drain = (async (): Promise<number> => {
      while ((await house.site.counts()).waiting > FILL_BATCH) await setTimeout(LOOK_MS);
      drained = true;
      return Math.round(((begunWith - FILL_BATCH) / (performance.now() - begunMs)) * 1000);
    })();
    const [drainPerSecond, draining] = await Promise.all([drain, callsWhile(house, phone, () => drained)]);
    await eventually('the link is up', isUp, 120_000, 500);
    tell(`${calls} calls, nothing drains`);
    const after = await callsWhile(house, phone, atLeast(calls));
    await eventually('nothing waits', async () => (await house.site.counts()).waiting === 0, 60_000, 500);
    const { verdict } = await house.site.reconcile();
    return { backlog, drainPerSecond, before, draining, after, verdict };
  } finally {
    await phone.close();
    await house.close();
  }
}

const atLeast =
  (calls: number) =>
  (made: number): boolean =>
    made >= calls;

/** Callers who call one after the other until `over`; every call is routed, talks and ends. */
async function callsWhile(house: StaffedSite, phone: Softphone, over: (made: number) => boolean): Promise<CallFigures> {
  const from = (await eventsOf(house.site.place.data)).at(-1)?.number ?? 0;
  const ringMs: number[] = [];
  const caller = async (_: unknown, i: number): Promise<void> => {
    for (let n = 0; !over(ringMs.length); n++) {
      // Half of the agents have the skill of each key.
      const call = await callAndChoose(phone, house.site, {
        key: n % 2 === i % 2 ? '1' : '2',
        number: `138${String(i * 100_000 + n).padStart(8, '0')}`,
      });
      ringMs.push(call.ringMs);
      await hears(call, PHONE_AGENT_HZ, 60_000);
      await setTimeout(TALK_MS);
      await call.hangup();
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const ofAll = async (type: string, field: string): Promise<number[]> =>
    (await eventsOf(house.site.place.data, from)).flatMap((event) => (event.type === type ? [Number(event.data[field])] : []));
  // A call talks before its event is on the disk, and the disk is what the drain keeps busy.
  const queueToAgentMs = await eventually(
    `each of ${ringMs.length} calls stands in the event log as connected`,
    async () => {
      const waits = await ofAll('call.connected', 'waitMs');
      return waits.length >= ringMs.length && waits;
    },
    LOG_LAG_MS,
    LOOK_MS,
  );
  return {
    calls: ringMs.length,
    inviteTo180Ms: quantiles(ringMs),
    routingDelayMs: quantiles(await ofAll('routing.decided', 'delayMs')),
    queueToAgentMs: quantiles(queueToAgentMs),
  };
}

/** Appends beside the gateway, which hardly writes while no call runs; the cursor stays where the gateway left it. */
async function fill(house: StaffedSite, count: number): Promise<void> {
  const outbox = await Outbox.open(join(house.site.place.data, 'outbox.db'), { maxEvents: 10_000_000 });
  try {
    for (let from = 0; from < count; from += FILL_BATCH) {
      const events = makeEvents(Math.min(FILL_BATCH, count - from), from);
      // The gateway may move the cursor between the two; an append that was refused has changed nothing.
      for (let done = false; !done; ) {
        done = await outbox.append(events, await outbox.cursor()).then(
          () => true,
          (fault: unknown) => (fault instanceof OutboxCursorWentBack ? false : Promise.reject(fault)),
        );
      }
    }
  } finally {
    await outbox.close();
  }
}
