/**
 * The RTP worker threads of the gateway. A call goes to the one with the fewest calls and stays there; a thread that ends or hangs is
 * reported and replaced, unless they keep ending.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import type { WorkerSettings } from './edge-messages.ts';
import { EdgeThread } from './edge-thread.ts';
import { EdgeUnavailable, EdgeWorkerDied } from './errors.ts';

/** More ends than this within a minute, over all threads, and no more are started: something is wrong that a restart does not mend. */
const ENDS_PER_MINUTE_MAX = 5;
const MINUTE_MS = 60_000;
/** Threads are looked at this often, ms; they turn 50 times meanwhile. */
export const WATCH_MS = 1000;
/** Looks in a row that find a thread standing still before it is ended: longer than any pause of the memory manager or a busy disk. */
const MISSED_MAX = 4;

export interface PoolOptions {
  readonly workers: number;
  readonly settings: WorkerSettings;
  readonly clock: Clock;
  onFault(fault: KeeplineError): void;
  /** Another entry than `edge-worker.ts`; for tests. */
  readonly entry?: URL;
}

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #threads = new Set<EdgeThread>();
  readonly #endsMs: number[] = [];
  #started = 0;
  #closing = false;
  readonly #stopWatching: () => void;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#stopWatching = options.clock.every(WATCH_MS, () => this.#watch());
    for (let i = 0; i < options.workers; i++) this.#start();
  }

  get threads(): readonly EdgeThread[] {
    return [...this.#threads];
  }

  /** The thread with the fewest calls, among those that turn as they should if there are such. @throws EdgeUnavailable */
  leastLoaded(): EdgeThread {
    const lively = this.threads.filter(({ pulse }) => pulse.missed === 0);
    const [first, ...others] = lively.length > 0 ? lively : this.threads;
    if (!first) throw new EdgeUnavailable(this.#closing ? 'the gateway is closing' : 'they keep ending');
    return others.reduce((least, thread) => (thread.load < least.load ? thread : least), first);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#stopWatching();
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }

  /** A thread that hangs is ended like one that died: its calls are told, and another takes its place. */
  #watch(): void {
    for (const thread of this.threads) {
      thread.pulse.look();
      if (thread.pulse.missed === MISSED_MAX) void thread.terminate(`it hung for ${(MISSED_MAX * WATCH_MS) / 1000} s`);
    }
  }

  #start(): void {
    const number = ++this.#started;
    const entry = this.#options.entry ?? new URL('./edge-worker.ts', import.meta.url);
    const thread = new EdgeThread(number, entry, this.#options.settings, (why) => new EdgeWorkerDied(number, why));
    this.#threads.add(thread);
    thread.onEnd(() => this.#ended(thread));
  }

  #ended(thread: EdgeThread): void {
    this.#threads.delete(thread);
    if (this.#closing) return;
    if (thread.fault) this.#options.onFault(thread.fault);
    const nowMs = this.#options.clock.monotonicMs();
    this.#endsMs.push(nowMs);
    while ((this.#endsMs[0] ?? nowMs) < nowMs - MINUTE_MS) this.#endsMs.shift();
    if (this.#endsMs.length <= ENDS_PER_MINUTE_MAX) this.#start();
    else this.#options.onFault(new EdgeUnavailable(`${this.#endsMs.length} of them ended within a minute`));
  }
}
