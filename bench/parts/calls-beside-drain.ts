/**
 * Calls of a whole site before, while and after a backlog drains, for `bench relay --calls`: the real gateway carries and records them, the site's
 * own `cloud-sync` drains the site's own outbox. The stand-in cloud works on the same cores, so what shows here is more than a site would see.
 *
 * Calls that go on through everything show what happens to sound; between two looks at them, others are placed, routed with advice and ended, for
 * what happens to setting up. Never at the same time: packets that meet a call which has just ended would count as lost.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Outbox } from '@keepline/cloud-sync/outbox';
import { eventually } from '@keepline/testkit/eventually';
import { type Quantiles, quantiles } from '@keepline/testkit/quantiles';
import type { OwnSite } from '@keepline/testkit/site';
import { eventsOf } from '@keepline/testkit/site-database';
import { tempDir } from '@keepline/testkit/temp-dir';
import { OutboxCursorWentBack } from '../../cloud-sync/src/outbox/errors.ts';
import { type LoadCall, LoadPhones } from './load-phones.ts';
import { openLoadSite } from './load-site.ts';
import { LoadVoices } from './load-voices.ts';
import { closedRecordings, TapeCheck } from './recorded-sound.ts';
import { DrainWatch, type DrainFigures } from './drain-watch.ts';
import { makeEvents } from './relay-site.ts';
import type { LoadFigures } from './rtp-load.ts';

/** Callers who call one after the other between two looks at the sound. */
const CALLERS = 6;
const TALK_MS = 1000;
/** One look at the sound of the calls that go on, and what is waited for then, ms. */
const [SOUND_MS, GRACE_MS] = [4000, 500];
/** Looks of a quiet phase. */
const QUIET_LOOKS = 5;
/** New calls a second. */
const SETUPS_PER_SECOND = 20;
const FILL_BATCH = 1000;
/** How far log and ledger may be behind the calls. */
const LAG_MS = 120_000;

export interface CallFigures {
  /** Calls that were placed and ended in this phase, beside those that went on through it. */
  readonly placed: number;
  readonly inviteTo200Ms: Quantiles;
  /** How long decisions were held back for advice. */
  readonly routingDelayMs: Quantiles;
  readonly queueToAgentMs: Quantiles;
  /** Of the calls that went on: packets, and their way from socket to socket through the site. */
  readonly packets: number;
  readonly lostPackets: number;
  readonly delayMs: LoadFigures['delayMs'];
  /** What the generator itself was late by: no fault of the site. */
  readonly sendLateMs: LoadFigures['sendLateMs'];
}

export interface CallsBesideDrain {
  readonly calls: number;
  readonly backlog: number;
  readonly drainPerSecond: number;
  /** p99 of the delay of a packet beside the drain, less that of the quiet phase before it. */
  readonly addedDelayMsP99: number;
  readonly before: CallFigures;
  readonly draining: CallFigures;
  readonly after: CallFigures;
  /** Every conversation of the run against its recording; off by length or by sound that is missing. */
  readonly recordings: { readonly conversations: number; readonly offMoreThan100Ms: number; readonly worstOffMs: number };
  readonly drain: DrainFigures;
  readonly verdict: string;
}

/** @param calls at once, through the whole run */
export async function callsBesideDrain(calls: number, backlog: number, tell: (line: string) => void): Promise<CallsBesideDrain> {
  const folder = tempDir();
  const voices = new LoadVoices();
  const phones = await LoadPhones.open(voices);
  const site = await openLoadSite(folder.path, phones, calls + 2 * CALLERS, CALLERS * 40);
  const house: House = { site, phones, voices };
  try {
    await eventually('the link is up', () => isUp(site), LAG_MS, 500);
    const inProgress: LoadCall[] = [];
    for (let i = 0; i < calls; i++) {
      inProgress.push(await phones.call(site.place.sip));
      await setTimeout(1000 / SETUPS_PER_SECOND);
    }
    await eventually('every call has its agent', () => phones.talking === calls, LAG_MS);
    await phase(house, rounds(1)); // what is loaded at the first call is not what is measured
    tell(`${calls} calls, nothing drains`);
    const before = await phase(house, rounds(QUIET_LOOKS));
    await site.cloud('stop');
    tell(`a backlog of ${backlog} events`);
    await fill(site, backlog);
    const watch = await DrainWatch.start(site);
    await site.cloud('start');
    await eventually('the backlog drains', () => watch.moves, LAG_MS);
    tell('calls while it drains');
    const draining = await phase(house, () => watch.done);
    const drain = await watch.end();
    await eventually('the link is up', () => isUp(site), LAG_MS, 500);
    tell(`${drain.drainPerSecond} events/s drained; ${calls} calls, nothing drains`);
    const after = await phase(house, rounds(QUIET_LOOKS));
    tell('the calls end, their recordings are opened');
    await Promise.all(inProgress.map((call) => call.hangup()));
    const recordings = await recordingsOf(house, folder.path);
    await eventually('nothing waits', async () => (await site.counts()).waiting === 0, LAG_MS, 500);
    const { verdict } = await site.reconcile();
    const addedDelayMsP99 = Math.round((draining.delayMs.p99 - before.delayMs.p99) * 10) / 10;
    const { drainPerSecond } = drain;
    return { calls, backlog, drainPerSecond, addedDelayMsP99, before, draining, after, recordings, drain, verdict };
  } finally {
    phones.close();
    await site.close();
    await voices.close();
    folder.remove();
  }
}

interface House {
  readonly site: OwnSite;
  readonly phones: LoadPhones;
  readonly voices: LoadVoices;
}

const isUp = async (site: OwnSite): Promise<boolean> =>
  (await eventsOf(site.place.data)).findLast(({ type }) => type === 'link.changed')?.data['to'] === 'up';

const rounds =
  (wanted: number) =>
  (done: number): boolean =>
    done >= wanted;

/** Looks at the sound and places calls, in turns, until `over`; at least once. */
async function phase({ site, phones, voices }: House, over: (rounds: number) => boolean): Promise<CallFigures> {
  const { data } = site.place;
  const from = (await eventsOf(data)).at(-1)?.number ?? 0;
  const answerMs: number[] = [];
  const goingOn = phones.talking;
  const caller = async (): Promise<void> => {
    const begunMs = performance.now();
    const call = await phones.call(site.place.sip);
    answerMs.push(performance.now() - begunMs);
    await setTimeout(TALK_MS);
    await call.hangup();
  };
  let sound: LoadFigures | undefined;
  for (let round = 0; round === 0 || !over(round); round++) {
    sound = await voices.measure(SOUND_MS, GRACE_MS, round === 0);
    await Promise.all(Array.from({ length: CALLERS }, caller));
    await eventually('the calls of this round are over', () => phones.talking === goingOn, LAG_MS);
  }
  // A call talks before its event is on the disk, and the disk is what the drain keeps busy.
  const all = await eventually(
    `each of ${answerMs.length} calls stands in the event log as connected`,
    async () => {
      const events = await eventsOf(data, from);
      return events.filter(({ type }) => type === 'call.connected').length >= answerMs.length && events;
    },
    LAG_MS,
    500,
  );
  const of = (type: string, field: string): number[] => all.flatMap((event) => (event.type === type ? [Number(event.data[field])] : []));
  const { sent = 0, heard = 0, delayMs = NONE, sendLateMs = NONE } = sound ?? {};
  return {
    placed: answerMs.length,
    inviteTo200Ms: quantiles(answerMs),
    routingDelayMs: quantiles(of('routing.decided', 'delayMs')),
    queueToAgentMs: quantiles(of('call.connected', 'waitMs')),
    ...{ packets: sent, lostPackets: Math.max(0, sent - heard), delayMs, sendLateMs },
  };
}

const NONE: LoadFigures['delayMs'] = { p50: Number.NaN, p99: Number.NaN, max: Number.NaN };

async function recordingsOf({ phones }: House, data: string): Promise<CallsBesideDrain['recordings']> {
  await eventually('no call is left', () => phones.talking === 0, LAG_MS);
  const talks = phones.talks.splice(0);
  await eventually('the recordings are closed', async () => (await closedRecordings(data)) >= talks.length, LAG_MS, 500);
  const found = await (await TapeCheck.open(data)).measure(talks);
  return {
    conversations: talks.length,
    offMoreThan100Ms: found.filter(({ offMs }) => offMs > 100).length,
    worstOffMs: Math.max(0, ...found.map(({ offMs }) => offMs)),
  };
}

/** Appends beside the gateway, which hardly writes while no call begins or ends; the cursor stays where the gateway left it. */
async function fill(site: OwnSite, count: number): Promise<void> {
  const outbox = await Outbox.open(join(site.place.data, 'outbox.db'), { maxEvents: 10_000_000 });
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
