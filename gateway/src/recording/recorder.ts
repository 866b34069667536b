/**
 * The door of recording: keeps a recorder thread running, says whether a call may be taken, hands out one port per recording.
 * A port goes to the RTP edge; from then on this thread only hears how it ended. A recorder thread that ends or hangs is replaced.
 */
import { mkdir } from 'node:fs/promises';
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import type { RecordingId } from '@keepline/contracts/ids';
import { RecorderDied, RecorderUnwell, RecordingDiskLow, RecordingFilesLow } from './errors.ts';
import type { Mark, RecordingResult } from './recorder-messages.ts';
import { type Pending, RecorderThread } from './recorder-thread.ts';

export type { RecordingMessage, RecordingResult } from './recorder-messages.ts';

/** Without news from the recorder for this long it counts as stalled, ms. */
export const HEALTH_STALE_MS = 5000;
/** File descriptors that must stay free: 2 for the next recording, the rest for sockets and the database. */
export const FILES_RESERVE = 64;
/** The thread is looked at this often, ms, and turns ten times meanwhile; standing still for so many looks it is replaced, as an RTP thread is. */
const WATCH_MS = 1000;
const MISSED_MAX = 4;
/** A thread that has not passed its self-test by then is replaced, ms. */
const START_MAX_MS = 20_000;
/** A thread that ends is replaced at once; while they keep ending, after 1 s, 2 s, 4 s … up to this, ms, for ever: without it no call is taken. */
const RESTART_MAX_MS = 30_000;
/** A thread that lived this long did not end because of how it began, ms. */
const LIVED_MS = 60_000;
/** How long a recording waits for a thread that is being replaced, ms; its audio waits in its port, 16 kB a second. */
export const OPEN_WAIT_MS = 10_000;

export interface RecorderOptions {
  /** Made when missing, 0700. */
  readonly dir: string;
  /** `age1…`; read for each recording, so a getter may give a new one after a rotation. */
  readonly recipient: string;
  readonly minFreeBytes: number;
  readonly clock: Clock;
  /** Something an operator must see; may come often while a disk fails, at most once per kind and recording. */
  onFault(fault: KeeplineError): void;
  /** Another entry than `recorder-worker.ts`; for tests. */
  readonly entry?: URL;
}

export interface OpenRecording {
  /** The files are made. Rejects with RecordingNotOpened or RecorderUnwell; then there is no more to come. */
  readonly opened: Promise<void>;
  /** Never rejects. `interrupted`: the recorder thread ended, and this is what it left. */
  readonly finished: Promise<RecordingResult>;
  /** Resolves at once when the recorder thread ends: what is said from then on is kept only by another recording. */
  readonly lost: Promise<void>;
  /** Nothing from this position on is kept; samples of 125 µs since the start. May be told before the files are made. */
  silence(sample: number): void;
  /** What comes after this position is kept again. */
  sound(sample: number): void;
}

export class Recorder {
  readonly #options: RecorderOptions;
  #thread: RecorderThread | undefined;
  /** The thread that takes recordings, now or once it has started. Rejects when the recorder is closed first. */
  #next: Promise<RecorderThread>;
  #starting: RecorderThread | undefined;
  #threads = 0;
  #waitMs = 0;
  #goneWhy = 'it has not started';
  readonly #closed = Promise.withResolvers<never>();
  #closing = false;
  readonly #stopWatching: () => void;

  private constructor(options: RecorderOptions) {
    this.#options = options;
    this.#closed.promise.catch(() => {});
    this.#stopWatching = options.clock.every(WATCH_MS, () => this.#watch());
    this.#next = this.#startThread();
  }

  /** Resolves after the encryption self-test. @throws RecorderUnwell */
  static async start(options: RecorderOptions): Promise<Recorder> {
    await mkdir(options.dir, { recursive: true, mode: 0o700 });
    const recorder = new Recorder(options);
    try {
      await recorder.#next;
    } catch (fault) {
      recorder.#stopWatching();
      throw fault;
    }
    return recorder;
  }

  /** Whether a call that must be recorded may be taken now; asked before each answer, so it only looks at what it was told. */
  accepting(): { readonly ok: true } | { readonly ok: false; readonly why: KeeplineError } {
    const { minFreeBytes, clock } = this.#options;
    const refuse = (why: KeeplineError) => ({ ok: false, why }) as const;
    if (this.#closing) return refuse(new RecorderUnwell('it is closing'));
    const health = this.#thread?.health;
    if (!health) return refuse(new RecorderUnwell(this.#goneWhy));
    const silentMs = clock.monotonicMs() - health.atMs;
    if (silentMs > HEALTH_STALE_MS) return refuse(new RecorderUnwell(`the disk has not answered for ${Math.round(silentMs)} ms`));
    const { freeBytes, openFiles, maxFiles } = health.of;
    if (freeBytes < minFreeBytes) return refuse(new RecordingDiskLow(freeBytes, minFreeBytes));
    if (maxFiles - openFiles < FILES_RESERVE) return refuse(new RecordingFilesLow(openFiles, maxFiles));
    return { ok: true };
  }

  /** How full the fullest queue before the disk was a second ago, percent; 0 before the first news. */
  get fullestQueuePercent(): number {
    return this.#thread?.health?.of.fullestQueuePercent ?? 0;
  }

  /** Threads that were started; 1 where none has ended. */
  get threadsStarted(): number {
    return this.#threads;
  }

  /**
   * Makes the files of a recording. The ledger row must be there before: what has a file has a row. While the thread is being replaced it waits.
   * @param port carries `RecordingMessage`s from the edge and is moved to the recorder thread; audio sent before waits in it
   */
  open(recordingId: RecordingId, port: MessagePort): OpenRecording {
    const pending: Pending = { opened: Promise.withResolvers(), finished: Promise.withResolvers(), lost: Promise.withResolvers() };
    const marks: Mark[] = [];
    let thread: RecorderThread | undefined;
    let isOver = false;
    const begin = (on: RecorderThread): void => {
      if (isOver) return;
      thread = on;
      on.open(recordingId, port, pending, this.#options.recipient);
      for (const mark of marks.splice(0)) on.tell(mark);
    };
    const fail = (fault: unknown): void => {
      isOver = true;
      pending.opened.reject(fault);
    };
    if (this.#closing) fail(new RecorderUnwell('it is closing'));
    else if (this.#thread) begin(this.#thread);
    else {
      const stop = this.#options.clock.after(OPEN_WAIT_MS, () => fail(new RecorderUnwell(this.#goneWhy)));
      this.#next.then(begin, fail).finally(stop);
    }
    const tell = (mark: Mark): void => {
      if (thread) thread.tell(mark);
      else if (!isOver) marks.push(mark);
    };
    return {
      opened: pending.opened.promise,
      finished: pending.finished.promise,
      lost: pending.lost.promise,
      silence: (sample) => tell({ do: 'silence', recordingId, sample }),
      sound: (sample) => tell({ do: 'sound', recordingId, sample }),
    };
  }

  /** Finishes what is open (as `failed`, with the reason) and ends the thread. Calling it again waits for the same end. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#closed.reject(new RecorderUnwell('it is closed'));
      this.#starting?.abandon('it is closed');
      this.#thread?.tell({ do: 'close' });
    }
    await this.#thread?.ended;
    this.#stopWatching();
  }

  #watch(): void {
    const thread = this.#thread;
    if (!thread) return;
    thread.pulse.look();
    if (thread.pulse.missed === MISSED_MAX) thread.abandon(`it hung for ${(MISSED_MAX * WATCH_MS) / 1000} s`);
  }

  async #startThread(): Promise<RecorderThread> {
    const { dir, recipient, clock, entry = new URL('./recorder-worker.ts', import.meta.url) } = this.#options;
    const onFault = (fault: KeeplineError): void => this.#options.onFault(fault);
    const thread = new RecorderThread(++this.#threads, { settings: { dir, recipient }, clock, entry, onFault });
    this.#starting = thread;
    const giveUp = clock.after(START_MAX_MS, () => thread.abandon(`it did not start within ${START_MAX_MS / 1000} s`));
    try {
      await thread.started;
    } finally {
      giveUp();
      this.#starting = undefined;
    }
    if (this.#closing) {
      thread.abandon('it is closed');
      throw new RecorderUnwell('it is closed');
    }
    this.#thread = thread;
    const sinceMs = clock.monotonicMs();
    void thread.ended.then((why) => this.#replace(thread, why, clock.monotonicMs() - sinceMs));
    return thread;
  }

  #replace(thread: RecorderThread, why: string, livedMs: number): void {
    if (this.#closing) return;
    this.#thread = undefined;
    this.#goneWhy = `its thread ended: ${why}`;
    if (livedMs >= LIVED_MS) this.#waitMs = 0;
    this.#next = this.#restart();
    this.#next.catch(() => {}); // told to whoever awaits it; it only gives up when the house closes
    this.#options.onFault(new RecorderDied(thread.number, why));
  }

  async #restart(): Promise<RecorderThread> {
    for (;;) {
      const waitMs = this.#waitMs;
      this.#waitMs = Math.min(Math.max(1000, 2 * waitMs), RESTART_MAX_MS);
      await this.#pause(waitMs);
      try {
        return await this.#startThread();
      } catch (fault) {
        if (this.#closing) throw fault;
        this.#options.onFault(new RecorderDied(this.#threads, fault instanceof Error ? fault.message : String(fault)));
      }
    }
  }

  /** @throws RecorderUnwell when the recorder is closed meanwhile */
  async #pause(ms: number): Promise<void> {
    if (ms === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.#options.clock.after(ms, resolve);
    await Promise.race([promise, this.#closed.promise]).finally(stop);
  }
}
