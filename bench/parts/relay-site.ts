/** What `bench relay` measures: an outbox in this process, the real `cloud-sync` in another, a real nats-server with a file store. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Outbox } from '@keepline/cloud-sync/outbox';
import { Anonymiser } from '@keepline/compliance/anonymise';
import type { Anonymised } from '@keepline/contracts/anonymised';
import { systemClock as clock } from '@keepline/contracts/clock';
import type { CloudEvent, EventType } from '@keepline/contracts/events';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { provision } from '../../cloud-sync/src/cloud/provision.ts';
import type { Counts } from '../../cloud-sync/src/outbox/counts.ts';
import { madeEvent, SAMPLES } from '../../cloud-sync/src/testing/made-event.ts';
import { cloudSide, type RunningSync, runSync } from '../../cloud-sync/src/testing/running-sync.ts';
import { EventLog } from '../../gateway/src/events/event-log.ts';
import { EXPORT_BATCH, ExportToCloud } from '../../gateway/src/events/export-to-cloud.ts';
import { Store } from '../../gateway/src/store/store.ts';
import { eventTables } from '../../gateway/src/store/tables/events.ts';
import { columnsOfTest } from '../../gateway/src/store/testing/columns.ts';

/** Every type in turn, as many of each. */
const TYPES = Object.keys(SAMPLES).filter((name): name is EventType => name in SAMPLES);
const typeOf = (i: number): EventType => TYPES[i % TYPES.length] ?? 'call.held';
/** As the gateway's exporter appends. */
const BATCH = EXPORT_BATCH;
const LOOK_MS = 10;

export function makeEvents(count: number, from: number): Anonymised<CloudEvent>[] {
  return Array.from({ length: count }, (_, i) => madeEvent(from + i, typeOf(i)));
}

export class RelaySite {
  readonly hub: Hub;
  readonly outbox: Outbox;
  readonly #folder: string;
  readonly #profile: string | undefined;
  #sync: RunningSync | undefined;
  #cursor = 0;

  private constructor(hub: Hub, outbox: Outbox, folder: string, profile: string | undefined) {
    this.hub = hub;
    this.outbox = outbox;
    this.#folder = folder;
    this.#profile = profile;
  }

  /** @param profile folder for a CPU profile of `cloud-sync`; none is taken when absent */
  static async start(folder: string, profile?: string): Promise<RelaySite> {
    const hub = await startHub({ site: 'demo' });
    const cloud = await cloudSide(hub);
    await provision(cloud, 'demo');
    cloud.drop();
    return new RelaySite(hub, await Outbox.open(join(folder, 'outbox.db'), { maxEvents: 10_000_000 }), folder, profile);
  }

  get pid(): number | undefined {
    return this.#sync?.process.pid;
  }

  /** With the defaults of a site. */
  async startSync(): Promise<void> {
    if (this.#profile !== undefined) process.env['NODE_OPTIONS'] = `--cpu-prof --cpu-prof-dir=${this.#profile}`;
    this.#sync = await runSync({ folder: this.#folder, hub: this.hub, cloud: '  heartbeatMs: 1000\n' });
    delete process.env['NODE_OPTIONS'];
  }

  /** Makes and appends in slices, so that a million events need no more memory here than a few thousand. */
  async append(count: number): Promise<void> {
    for (let from = 0; from < count; from += 10_000) await this.appendAll(makeEvents(Math.min(10_000, count - from), from));
  }

  async appendAll(events: readonly Anonymised<CloudEvent>[]): Promise<void> {
    for (let i = 0; i < events.length; i += BATCH) {
      const batch = events.slice(i, i + BATCH);
      this.#cursor += batch.length;
      await this.outbox.append(batch, this.#cursor);
    }
  }

  /** Resolves when that many events have been acknowledged since the beginning. */
  async delivered(count: number): Promise<void> {
    while ((await this.outbox.backlog()).delivered < count) await setTimeout(LOOK_MS);
  }

  async reconcile(): Promise<{ verdict: string; counts: Counts; stream: number | null }> {
    return await this.#running().get('/reconcile');
  }

  /** Resident memory of `cloud-sync`, MB. */
  rssMegabytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
  }

  async close(): Promise<void> {
    this.#sync?.process.kill('SIGTERM');
    await this.#sync?.exited;
    await this.outbox.close();
    await this.hub.close();
  }

  #running(): RunningSync {
    if (!this.#sync) throw new Error('cloud-sync has not been started');
    return this.#sync;
  }
}

/**
 * The whole way: raw events lie in the event log, the real exporter reads, anonymises and appends them, `cloud-sync` delivers.
 * @param before events delivered until now
 * @param measure runs what is measured, once
 */
export async function exportFromLog(
  site: RelaySite,
  folder: string,
  count: number,
  before: number,
  measure: <T>(work: () => Promise<T>) => Promise<void>,
): Promise<void> {
  const store = await Store.open(join(folder, 'main.db'), [eventTables], { columns: await columnsOfTest() });
  const events = new EventLog({ store, clock });
  const anonymiser = new Anonymiser({ key: new Uint8Array(32).fill(7), site: 'demo' });
  // The log goes on behind what the outbox has had: its cursor is a number of the log.
  await store.write((tx) => tx.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('event_log', ?)", before));
  for (let i = 0; i < count; i += BATCH) {
    await store.write(async (tx) => {
      for (let n = i; n < Math.min(i + BATCH, count); n++) {
        const type = typeOf(n);
        await events.append(tx, type, SAMPLES[type]);
      }
    });
  }
  const exporter = new ExportToCloud({
    store,
    events,
    outbox: site.outbox,
    anonymiser,
    clock,
    onFault: ({ code, message }) => console.error(code, message),
  });
  await measure(async () => {
    exporter.start();
    await exporter.drain();
    await site.delivered(before + count);
  });
  const { exported, refused, missing } = exporter.status();
  if (exported !== count) throw new Error(`of ${count} events ${exported} were exported, ${refused} refused, ${missing} missing`);
  await exporter.stop();
  await store.close();
}
