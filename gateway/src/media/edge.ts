/**
 * The RTP edge as the rest of the gateway sees it, on the main thread: calls, their legs and what is done with their sound. The work is
 * done in worker threads (`edge-worker.ts`); nearly everything here is one message.
 */
import { type Clock, systemClock } from '@keepline/contracts/clock';
import type { CallId } from '@keepline/contracts/ids';
import type { CallMedia, EdgeOptions } from './call-media.ts';
import { CallOnEdge, type EdgeParts } from './call-on-edge.ts';
import type { EdgeCounters } from './edge-messages.ts';
import { edgeMetrics } from './edge-metrics.ts';
import { PortPool } from './port-pool.ts';
import { PromptStore } from './prompt-store.ts';
import { QualityBoard } from './quality-board.ts';
import { WATCH_MS, WorkerPool } from './worker-pool.ts';

export type { CallMedia, EdgeOptions, LegOptions, MediaLeg } from './call-media.ts';

const NO_COUNTS = {
  calls: 0,
  legs: 0,
  received: 0,
  sent: 0,
  foreign: 0,
  malformed: 0,
  unexpectedType: 0,
  unauthentic: 0,
  replayed: 0,
  sendFailed: 0,
} satisfies EdgeCounters;
const COUNTERS = Object.keys(NO_COUNTS) as (keyof EdgeCounters)[]; // the record has exactly these keys

export class MediaEdge {
  readonly #parts: EdgeParts;
  readonly #pool: WorkerPool;

  private constructor(parts: EdgeParts, pool: WorkerPool) {
    this.#parts = parts;
    this.#pool = pool;
  }

  /** Reads the prompts and starts the threads. @throws PromptUnreadable */
  static async start(options: EdgeOptions, clock: Clock = systemClock): Promise<MediaEdge> {
    const store = await PromptStore.load(options.promptDir, options.language);
    const { rtpTimeoutMs, reorderMs, workers } = options;
    const settings = { prompts: store.prompts, rtpTimeoutMs, reorderMs };
    const pool = new WorkerPool({ workers, settings, clock, onFault: (fault) => options.onFault(fault) });
    const ports = new PortPool(options.rtpPortMin, options.rtpPortMax);
    const board = new QualityBoard({ mosAlarm: options.mosAlarm ?? 0, onAlarm: (alarm) => options.onFault(alarm) });
    return new MediaEdge({ options, ports, store, clock, board }, pool);
  }

  /** @throws EdgeUnavailable */
  openCall(callId: CallId): CallMedia {
    return new CallOnEdge(this.#parts, callId, this.#pool.leastLoaded());
  }

  /** Counts over all threads that live. */
  async counters(): Promise<EdgeCounters> {
    const each = await Promise.allSettled(this.#pool.threads.map((thread) => thread.ask<'counters'>({ do: 'counters' })));
    const sum = { ...NO_COUNTS };
    for (const one of each) {
      if (one.status === 'rejected') continue;
      for (const name of COUNTERS) sum[name] += one.value[name];
    }
    return sum;
  }

  /** The latest turn of any thread in the last second, ms; one that stands still counts its seconds. */
  get worstLateMs(): number {
    return Math.max(0, ...this.#pool.threads.map(({ pulse }) => Math.max(pulse.lateMs, pulse.missed * WATCH_MS)));
  }

  /** All figures as text for Prometheus. */
  async metrics(): Promise<string> {
    const latenessMs = this.#pool.threads.map(({ pulse }) => pulse.lateMs);
    return edgeMetrics({ counters: await this.counters(), quality: this.#parts.board.figures(), latenessMs });
  }

  /** Ends all threads at once; close the calls before. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
