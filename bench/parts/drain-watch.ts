/**
 * A drain looked at from beside, once a second: how far it is, how the relay works, and the memory of those who take part. It asks only for figures
 * the relay has at hand: counting a million rows ten times a second would be the load that it measures.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { OwnSite } from '@keepline/testkit/site';
import { askCloudSync } from '../../gateway/src/cloud-link/ask-cloud-sync.ts';
import { rssKiBOf } from './process-cpu.ts';

const LOOK_MS = 1000;
const REPLY_MAX_BYTES = 65_536;
/** Fewer waiting events are those of the calls themselves. */
const NEARLY_NONE = 1000;

export interface MegaBytes {
  readonly before: number;
  readonly highest: number;
  readonly after: number;
}

export interface DrainFigures {
  /** From the first event that went to the look that found nearly none waiting. */
  readonly drainPerSecond: number;
  readonly seconds: number;
  /** Events that could be in flight at once: in the smallest, middle and largest of the looks. */
  readonly windowLimit: { readonly least: number; readonly middle: number; readonly most: number };
  /** Transactions that settle and claim. */
  readonly turns: { readonly count: number; readonly meanMs: number; readonly longestMs: number; readonly eventsEach: number };
  /** Resident memory. */
  readonly megabytes: Readonly<Record<'gateway' | 'cloudSync', MegaBytes>>;
}

/** What is taken of `GET /health` of `cloud-sync`. */
interface Health {
  readonly link: { readonly backlog: number };
  readonly relay: {
    readonly windowLimit: number;
    readonly turns: number;
    readonly turnsMs: number;
    readonly settled: number;
    readonly longestTurnMs: number;
  };
}

export class DrainWatch {
  readonly #site: OwnSite;
  readonly #limits: number[] = [];
  readonly #memory: Array<Readonly<Record<'gateway' | 'cloudSync', number>>> = [];
  readonly #first: Health;
  #startedMs: number | undefined;
  /** The look that found it done. */
  #done: { readonly health: Health; readonly atMs: number } | undefined;
  #over = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(site: OwnSite, first: Health) {
    this.#site = site;
    this.#first = first;
  }

  /** Begins while nothing drains yet. */
  static async start(site: OwnSite): Promise<DrainWatch> {
    const watch = new DrainWatch(site, await healthOf(site));
    await watch.#weigh();
    watch.#running = watch.#look();
    return watch;
  }

  /** Something of the backlog has gone. */
  get moves(): boolean {
    return this.#startedMs !== undefined;
  }

  get done(): boolean {
    return this.#done !== undefined;
  }

  async end(): Promise<DrainFigures> {
    this.#over = true;
    await this.#running;
    await this.#weigh();
    const { health, atMs } = this.#done ?? { health: this.#first, atMs: 0 };
    const seconds = (atMs - (this.#startedMs ?? atMs)) / 1000;
    const [from, to] = [this.#first.relay, health.relay];
    const [turns, settled] = [to.turns - from.turns, to.settled - from.settled];
    const limits = this.#limits.toSorted((a, b) => a - b);
    const megabytes = (name: 'gateway' | 'cloudSync'): MegaBytes => {
      const all = this.#memory.map((one) => one[name]);
      return { before: all[0] ?? 0, highest: Math.max(...all), after: all.at(-1) ?? 0 };
    };
    return {
      drainPerSecond: Math.round(settled / seconds),
      seconds: Math.round(seconds),
      windowLimit: { least: limits[0] ?? 0, middle: limits[limits.length >> 1] ?? 0, most: limits.at(-1) ?? 0 },
      turns: {
        count: turns,
        meanMs: Math.round((10 * (to.turnsMs - from.turnsMs)) / turns) / 10,
        longestMs: Math.round(to.longestTurnMs),
        eventsEach: Math.round(settled / turns),
      },
      megabytes: { gateway: megabytes('gateway'), cloudSync: megabytes('cloudSync') },
    };
  }

  async #look(): Promise<void> {
    while (!this.#over) {
      await setTimeout(LOOK_MS);
      const health = await healthOf(this.#site);
      const nowMs = performance.now();
      // What the first look that sees a difference has missed counts as begun with the look before.
      if (health.relay.settled > this.#first.relay.settled) this.#startedMs ??= nowMs - LOOK_MS;
      if (this.moves && health.link.backlog <= NEARLY_NONE) this.#done ??= { health, atMs: nowMs };
      if (health.relay.windowLimit > 0) this.#limits.push(health.relay.windowLimit);
      await this.#weigh();
    }
  }

  async #weigh(): Promise<void> {
    const pids = await this.#site.pids();
    const of = (name: string): number => Math.round(rssKiBOf(pids.get(name) ?? 0) / 1024);
    this.#memory.push({ gateway: of('gateway'), cloudSync: of('cloud-sync') });
  }
}

async function healthOf(site: OwnSite): Promise<Health> {
  const { text } = await askCloudSync(join(site.place.data, 'run/cloud-sync.sock'), '/health', REPLY_MAX_BYTES);
  return JSON.parse(text);
}
