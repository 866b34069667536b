/**
 * A whole site under calls while its cloud is cut, frozen, killed, swallowed and thinned out in an order that a seed decides. What is found is counted
 * from the event log of the site and from both ends of the way to the cloud, not believed.
 */
import { cpSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { LinkChange } from '@keepline/contracts/link';
import { callAndChoose, hears } from './customer.ts';
import { eventually } from './eventually.ts';
import { PortFilter } from './port-filter.ts';
import { quantiles } from './quantiles.ts';
import { eventsOf, query } from './site-database.ts';
import { Softphone } from './softphone.ts';
import { PHONE_AGENT_HZ, type StaffedSite, staffedSite } from './staffed-site.ts';

const KINDS = ['server stopped', 'server frozen', 'server killed', 'cloud-sync killed', 'black hole', 'loss 30 %', 'slow'] as const;
export type OutageKind = (typeof KINDS)[number];

export interface CutPlan {
  /** How long calls and cuts go on, ms. */
  readonly lastsMs: number;
  readonly seed: number;
  /** Callers at once, each with one call after the other. */
  readonly callers: number;
  /** Shortest and longest outage, and pause between two, ms. */
  readonly outageMs: readonly [number, number];
  readonly pauseMs: readonly [number, number];
  readonly heartbeatMs: number;
  readonly say?: (line: string) => void;
  /** A folder that gets a copy of the site's data when a run fails, and does not exist yet; without it nothing is kept. */
  readonly keepAt?: string;
}

/** Time decisions were held back for advice, ms. */
export interface AddedDelay {
  readonly outages: number;
  readonly decisions: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly max: number | null;
}

export interface CutFigures {
  readonly seed: number;
  readonly seconds: number;
  readonly calls: { readonly placed: number; readonly ended: number; readonly completed: number; readonly unrouted: number };
  readonly addedDelayMs: Readonly<Record<OutageKind | 'calm', AddedDelay>>;
  /** Times the link went down by silence, and the longest silence it needed for that, ms. */
  readonly silences: number;
  readonly longestSilenceMs: number;
  readonly reconciliation: {
    readonly verdict: string;
    readonly stream: number | null;
    readonly counts: Awaited<ReturnType<StaffedSite['site']['counts']>>;
  };
  /** produced = delivered + expired + quarantined, the stream holds as many, every event of the log is among them, every call was routed and ended well. */
  readonly exact: boolean;
}

interface Outage {
  readonly kind: OutageKind;
  readonly fromMs: number;
  readonly toMs: number;
}

/** @throws when the site does not start, a call cannot be placed, or the link does not come back after the last cut */
export async function randomCuts(plan: CutPlan): Promise<CutFigures> {
  const say = plan.say ?? ((): void => undefined);
  const house = await staffedSite(plan.callers + 2, { cloud: { heartbeatMs: plan.heartbeatMs, stableSeconds: 2 } });
  const phone = await Softphone.open();
  const filter = new PortFilter(Number(new URL(house.site.place.cloudServer).port));
  try {
    await eventually('the link is up', () => isUp(house), 60_000);
    const beganMs = Date.now();
    const open = { untilMs: beganMs + plan.lastsMs };
    const traffic = Promise.all(Array.from({ length: plan.callers }, (_, i) => callOnAndOn(house, phone, i, open)));
    const timeline = new Timeline(house);
    const cuts = cutUntil(plan, house, filter, open, say);
    // Whatever fails first ends the other, before the site is taken away from under it.
    await Promise.all([traffic, cuts]).catch(async (fault: unknown) => {
      open.untilMs = 0;
      await Promise.allSettled([traffic, cuts, timeline.end()]);
      throw fault;
    });
    const outages = await cuts;
    const placed = (await traffic).reduce((sum, calls) => sum + calls, 0);
    say(`${placed} calls over; waiting for everything to arrive`);
    await eventually('the link is up', () => isUp(house), 120_000, 200);
    const settled = await eventually(
      'nothing waits',
      async () => {
        const found = await house.site.reconcile();
        return found.verdict === 'balanced' && found.counts.waiting === 0 && found;
      },
      180_000,
      500,
    );
    const counts = await house.site.counts();
    return await figuresOf(plan, house, {
      beganMs,
      placed,
      outages,
      changes: await timeline.end(),
      reconciliation: { ...settled, counts },
    });
  } catch (fault) {
    // An hour of traffic is not repeated easily: whoever looks for the cause needs the databases and logs of this one.
    if (plan.keepAt !== undefined)
      cpSync(house.site.place.data, plan.keepAt, { recursive: true, filter: (path) => !path.endsWith('.sock') });
    throw fault;
  } finally {
    filter.open();
    await phone.close();
    await house.close();
  }
}

async function cutUntil(
  plan: CutPlan,
  house: StaffedSite,
  filter: PortFilter,
  open: { untilMs: number },
  say: (line: string) => void,
): Promise<Outage[]> {
  const random = seeded(plan.seed);
  const between = ([least, most]: readonly [number, number]): number => Math.round(least + random() * (most - least));
  const outages: Outage[] = [];
  // Every kind once in a shuffled round, so that a short run meets them all as far as its time goes.
  let round: OutageKind[] = [];
  while (Date.now() < open.untilMs) {
    await pause(between(plan.pauseMs));
    if (round.length === 0)
      round = [...KINDS]
        .map((kind) => ({ kind, at: random() }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ kind }) => kind);
    const kind = round.pop() ?? 'black hole';
    const lastsMs = between(plan.outageMs);
    const fromMs = Date.now();
    say(`${kind} for ${lastsMs} ms`);
    await strike(kind, lastsMs, house, filter);
    outages.push({ kind, fromMs, toMs: Date.now() });
  }
  return outages;
}

async function strike(kind: OutageKind, lastsMs: number, { site }: StaffedSite, filter: PortFilter): Promise<void> {
  switch (kind) {
    case 'server stopped':
      await site.cloud('stop');
      await pause(lastsMs);
      return await site.cloud('start');
    case 'server frozen':
      await site.cloud('freeze');
      await pause(lastsMs);
      return await site.cloud('thaw');
    case 'server killed':
    case 'cloud-sync killed': {
      const name = kind === 'server killed' ? 'cloud-hub' : 'cloud-sync';
      // Its supervisor starts it again; killing what is just being started again is no further outage.
      await site.kill(name).catch(() => undefined);
      return await pause(lastsMs);
    }
    case 'black hole':
      filter.drop(100);
      await pause(lastsMs);
      return filter.open();
    case 'loss 30 %':
      filter.drop(30);
      await pause(lastsMs);
      return filter.open();
    case 'slow':
      // A server that works a tenth of the time: every answer takes up to a second, none is lost.
      for (const endMs = Date.now() + lastsMs; Date.now() < endMs; await pause(100)) {
        await site.cloud('freeze');
        await pause(900);
        await site.cloud('thaw');
      }
  }
}

/** One call after the other; @returns how many were placed. A call that is not answered or does not end is thrown. */
async function callOnAndOn(house: StaffedSite, phone: Softphone, caller: number, open: { untilMs: number }): Promise<number> {
  let placed = 0;
  for (; Date.now() < open.untilMs; placed++) {
    const call = await callAndChoose(phone, house.site, { key: placed % 2 === 0 ? '1' : '2', number: `1380013800${caller % 10}` });
    const ended = call.ended.then(() => 'ended by the site');
    const early = await Promise.race([ended, hears(call, PHONE_AGENT_HZ, 60_000)]);
    if (early === 'ended by the site') throw new Error(`call ${placed} of caller ${caller} was dropped`);
    await pause(1500);
    await call.hangup();
    await pause(500);
  }
  return placed;
}

interface Seen {
  readonly beganMs: number;
  readonly placed: number;
  readonly outages: readonly Outage[];
  readonly changes: readonly LinkChange[];
  readonly reconciliation: CutFigures['reconciliation'];
}

async function figuresOf(plan: CutPlan, house: StaffedSite, seen: Seen): Promise<CutFigures> {
  const { data } = house.site.place;
  const events = await eventsOf(data);
  const ended = events.filter(({ type }) => type === 'call.ended');
  const completed = ended.filter(({ data: { verdict } }) => verdict === 'completed').length;
  const routed = new Set(events.flatMap(({ type, data: { callId } }) => (type === 'routing.decided' ? [callId] : [])));
  const unrouted = ended.filter(({ data: { callId } }) => !routed.has(callId)).length;
  const decided = (
    await query<{ time_ms: number; data: string }>(data, `SELECT time_ms, data FROM event_log WHERE type = 'routing.decided'`)
  ).map((row) => ({ atMs: row.time_ms, delayMs: Number(JSON.parse(row.data).delayMs) }));
  const kindAt = (atMs: number): OutageKind | 'calm' =>
    seen.outages.find(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs)?.kind ?? 'calm';
  const delayOf = (kind: OutageKind | 'calm'): AddedDelay => {
    const delays = decided.flatMap(({ atMs, delayMs }) => (kindAt(atMs) === kind ? [delayMs] : []));
    const { p50, p95 } = quantiles(delays);
    const outages = seen.outages.filter((outage) => outage.kind === kind).length;
    return delays.length === 0
      ? { outages, decisions: 0, p50: null, p95: null, max: null }
      : { outages, decisions: delays.length, p50, p95, max: Math.max(...delays) };
  };
  const silences = seen.changes.filter(({ to, why }) => to === 'down' && why === 'heartbeats_missed').map(({ silentMs }) => silentMs);
  const { counts, stream } = seen.reconciliation;
  const sums =
    counts.produced === counts.delivered + counts.expired + counts.quarantined && counts.waiting === 0 && stream === counts.delivered;
  const isWhole = counts.expired === 0 && counts.quarantined === 0;
  const calls = { placed: seen.placed, ended: ended.length, completed, unrouted };
  return {
    seed: plan.seed,
    seconds: Math.round((Date.now() - seen.beganMs) / 1000),
    calls,
    addedDelayMs: Object.fromEntries((['calm', ...KINDS] as const).map((kind) => [kind, delayOf(kind)])) as CutFigures['addedDelayMs'], // one entry each
    silences: silences.length,
    longestSilenceMs: Math.max(0, ...silences),
    reconciliation: seen.reconciliation,
    exact: sums && isWhole && calls.placed === calls.completed && calls.ended === calls.placed && unrouted === 0,
  };
}

/** Collects the changes of the link over restarts of `cloud-sync`, which keeps them in memory only. */
class Timeline {
  readonly #seen = new Map<string, LinkChange>();
  readonly #house: StaffedSite;
  readonly #timer: NodeJS.Timeout;

  constructor(house: StaffedSite) {
    this.#house = house;
    this.#timer = setInterval(() => void this.#look(), 1000);
  }

  async end(): Promise<LinkChange[]> {
    clearInterval(this.#timer);
    await this.#look();
    return [...this.#seen.values()];
  }

  async #look(): Promise<void> {
    // While `cloud-sync` is away there is nothing to read; what it had not told by then is lost with it.
    const changes = await askSync<LinkChange[]>(this.#house, '/link/timeline').catch(() => []);
    for (const change of changes) this.#seen.set(`${change.atMs} ${change.to}`, change);
  }
}

async function isUp(house: StaffedSite): Promise<boolean> {
  return (await askSync<{ state: string }>(house, '/link')).state === 'up';
}

function askSync<T>(house: StaffedSite, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: join(house.site.place.data, 'run/cloud-sync.sock'), path, agent: false }, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString()));
      response.on('error', reject);
      response.on('end', () => resolve(JSON.parse(text)));
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Lehmer's generator: the same numbers from 0 to 1 for the same seed. */
function seeded(seed: number): () => number {
  let state = (Math.abs(Math.trunc(seed)) % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
