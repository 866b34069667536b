/**
 * The door of recording: starts the recorder thread, says whether a call may be taken, hands out one port per recording.
 * A port goes to the RTP edge; from then on this thread only hears how it ended.
 */
import { mkdir } from 'node:fs/promises';
import { type MessagePort, Worker } from 'node:worker_threads';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { RecordingId } from '@keepline/contracts/ids';
import { RecorderUnwell, RecordingDiskLow, RecordingFilesLow, RecordingNotOpened } from './errors.ts';
import { partName } from './file-names.ts';
import type { RecorderCommand, RecorderHealth, RecorderReport, RecorderSettings, RecordingResult } from './recorder-messages.ts';

export type { RecordingMessage, RecordingResult } from './recorder-messages.ts';

/** Without news from the recorder for this long it counts as stalled, ms. */
export const HEALTH_STALE_MS = 5000;
/** File descriptors that must stay free: 2 for the next recording, the rest for sockets and the database. */
export const FILES_RESERVE = 64;

export interface RecorderOptions {
  /** Made when missing, 0700. */
  readonly dir: string;
  /** `age1…` */
  readonly recipient: string;
  readonly minFreeBytes: number;
  readonly clock: Clock;
  /** Something an operator must see; may come often while a disk fails, at most once per kind and recording. */
  onFault(fault: KeeplineError): void;
}

export interface OpenRecording {
  /** Never rejects. */
  readonly finished: Promise<RecordingResult>;
  /** Nothing from this position on is kept; samples of 125 µs since the start. */
  silence(sample: number): void;
  /** What comes after this position is kept again. */
  sound(sample: number): void;
}

interface Pending {
  readonly opened: PromiseWithResolvers<void>;
  readonly finished: PromiseWithResolvers<RecordingResult>;
}

export class Recorder {
  readonly #worker: Worker;
  readonly #options: RecorderOptions;
  readonly #pending = new Map<RecordingId, Pending>();
  readonly #exited = Promise.withResolvers<void>();
  readonly #started = Promise.withResolvers<void>();
  #health: RecorderHealth | undefined;
  #healthAtMs = 0;
  #goneWhy = '';
  #closing = false;

  private constructor(options: RecorderOptions) {
    this.#options = options;
    const workerData: RecorderSettings = { dir: options.dir, recipient: options.recipient };
    this.#worker = new Worker(new URL('./recorder-worker.ts', import.meta.url), { workerData, name: 'recorder' });
    this.#worker.on('message', (report: RecorderReport) => this.#hear(report));
    this.#worker.on('error', (thrown) => (this.#goneWhy = messageOf(thrown)));
    this.#worker.on('exit', () => this.#gone());
  }

  /** Resolves after the encryption self-test. @throws RecorderUnwell */
  static async start(options: RecorderOptions): Promise<Recorder> {
    await mkdir(options.dir, { recursive: true, mode: 0o700 });
    const recorder = new Recorder(options);
    await recorder.#started.promise;
    return recorder;
  }

  /** Whether a call that must be recorded may be taken now; asked before each answer, so it only looks at what it was told. */
  accepting(): { readonly ok: true } | { readonly ok: false; readonly why: KeeplineError } {
    const { minFreeBytes, clock } = this.#options;
    const refuse = (why: KeeplineError) => ({ ok: false, why }) as const;
    if (this.#closing) return refuse(new RecorderUnwell('it is closing'));
    if (this.#goneWhy || !this.#health) return refuse(new RecorderUnwell(this.#goneWhy || 'it has not started'));
    const silentMs = clock.monotonicMs() - this.#healthAtMs;
    if (silentMs > HEALTH_STALE_MS) return refuse(new RecorderUnwell(`the disk has not answered for ${Math.round(silentMs)} ms`));
    const { freeBytes, openFiles, maxFiles } = this.#health;
    if (freeBytes < minFreeBytes) return refuse(new RecordingDiskLow(freeBytes, minFreeBytes));
    if (maxFiles - openFiles < FILES_RESERVE) return refuse(new RecordingFilesLow(openFiles, maxFiles));
    return { ok: true };
  }

  /** How full the fullest queue before the disk was a second ago, percent; 0 before the first news. */
  get fullestQueuePercent(): number {
    return this.#health?.fullestQueuePercent ?? 0;
  }

  /**
   * Makes the files of a recording. The ledger row must be there before: what has a file has a row.
   * @param port carries `RecordingMessage`s from the edge and is moved to the recorder thread; audio sent before waits in it
   * @throws RecordingNotOpened, RecorderUnwell
   */
  async open(recordingId: RecordingId, port: MessagePort): Promise<OpenRecording> {
    if (this.#closing || this.#goneWhy) throw new RecorderUnwell(this.#goneWhy || 'it is closing');
    const pending: Pending = { opened: Promise.withResolvers(), finished: Promise.withResolvers() };
    this.#pending.set(recordingId, pending);
    this.#command({ do: 'open', recordingId, port }, [port]);
    await pending.opened.promise;
    return {
      finished: pending.finished.promise,
      silence: (sample) => this.#command({ do: 'silence', recordingId, sample }),
      sound: (sample) => this.#command({ do: 'sound', recordingId, sample }),
    };
  }

  /** Finishes what is open (as `failed`, with the reason) and ends the thread. Calling it again waits for the same end. */
  async close(): Promise<void> {
    if (!this.#closing && !this.#goneWhy) this.#command({ do: 'close' });
    this.#closing = true;
    await this.#exited.promise;
  }

  #command(command: RecorderCommand, transfer: MessagePort[] = []): void {
    this.#worker.postMessage(command, transfer);
  }

  #hear(report: RecorderReport): void {
    switch (report.told) {
      case 'health':
        this.#health = report.health;
        this.#healthAtMs = this.#options.clock.monotonicMs();
        return this.#started.resolve();
      case 'opened':
        return this.#pending.get(report.recordingId)?.opened.resolve();
      case 'notOpened':
        this.#pending.get(report.recordingId)?.opened.reject(new RecordingNotOpened(report.recordingId, report.why));
        this.#pending.delete(report.recordingId);
        return;
      case 'finished':
        this.#pending.get(report.recordingId)?.finished.resolve(report.result);
        this.#pending.delete(report.recordingId);
        return;
      case 'fault':
        return this.#options.onFault(new KeeplineError(report.code, report.message, report));
    }
  }

  /** The thread is over: nobody may wait for it any longer. Its files stay for the next start to close. */
  #gone(): void {
    this.#goneWhy ||= this.#closing ? 'it is closed' : 'its thread ended';
    const fault = new RecorderUnwell(this.#goneWhy);
    this.#started.reject(fault);
    if (!this.#closing) this.#options.onFault(fault);
    for (const [recordingId, { opened, finished }] of this.#pending) {
      opened.reject(fault);
      finished.resolve({
        outcome: 'failed',
        file: partName(recordingId),
        samples: 0,
        durationMs: 0,
        bytes: 0,
        sha256: '',
        why: this.#goneWhy,
      });
    }
    this.#pending.clear();
    this.#exited.resolve();
  }
}
