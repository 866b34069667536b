/**
 * One recorder thread seen from the main thread: commands go out, reports come in, and its end is told once. Everything it had open settles
 * then with what its files show, so nobody waits for a thread that is gone.
 */
import { type MessagePort, Worker } from 'node:worker_threads';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { RecordingId } from '@keepline/contracts/ids';
import { newBeat, Pulse } from '../media/heartbeat.ts';
import { RecorderUnwell, RecordingNotOpened } from './errors.ts';
import { whatIsLeft } from './left-behind.ts';
import type { RecorderCommand, RecorderHealth, RecorderReport, RecorderSettings, RecordingResult } from './recorder-messages.ts';

/** A recording that a thread has been asked for. */
export interface Pending {
  readonly opened: PromiseWithResolvers<void>;
  /** Never rejects; settles only after `opened` has resolved. */
  readonly finished: PromiseWithResolvers<RecordingResult>;
  readonly lost: PromiseWithResolvers<void>;
}

export interface ThreadParts {
  readonly settings: Pick<RecorderSettings, 'dir' | 'recipient'>;
  readonly clock: Clock;
  readonly entry: URL;
  onFault(fault: KeeplineError): void;
}

export class RecorderThread {
  readonly number: number;
  readonly pulse: Pulse;
  readonly #parts: ThreadParts;
  readonly #worker: Worker;
  readonly #pending = new Map<RecordingId, Pending>();
  readonly #started = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<string>();
  #why = '';
  #isOver = false;
  #health: RecorderHealth | undefined;
  #healthAtMs = 0;

  constructor(number: number, parts: ThreadParts) {
    this.number = number;
    this.#parts = parts;
    const beat = newBeat();
    this.pulse = new Pulse(beat);
    const workerData: RecorderSettings = { ...parts.settings, beat };
    this.#worker = new Worker(parts.entry, { workerData, name: `recorder-${number}` });
    this.#worker.on('message', (report: RecorderReport) => this.#hear(report));
    this.#worker.on('error', (thrown) => (this.#why ||= messageOf(thrown)));
    this.#worker.on('exit', (code) => this.#end(`exit code ${code}`));
  }

  /** Resolves after the encryption self-test. Rejects with RecorderUnwell. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Why it ended, once it has. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  /** What it told last, and when on the monotonic clock, ms. */
  get health(): { readonly of: RecorderHealth; readonly atMs: number } | undefined {
    return this.#health && { of: this.#health, atMs: this.#healthAtMs };
  }

  open(recordingId: RecordingId, port: MessagePort, pending: Pending, recipient: string): void {
    if (this.#isOver) return pending.opened.reject(new RecorderUnwell(this.#why));
    this.#pending.set(recordingId, pending);
    this.#worker.postMessage({ do: 'open', recordingId, port, recipient } satisfies RecorderCommand, [port]);
  }

  tell(command: Exclude<RecorderCommand, { do: 'open' }>): void {
    if (!this.#isOver) this.#worker.postMessage(command);
  }

  /** For a thread that is busy for ever: it counts as ended at once, whether or not the system can end it. @param why stands in the ledger */
  abandon(why: string): void {
    this.#end(why);
    void this.#worker.terminate();
  }

  #hear(report: RecorderReport): void {
    if (this.#isOver) return;
    switch (report.told) {
      case 'health':
        this.#health = report.health;
        this.#healthAtMs = this.#parts.clock.monotonicMs();
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
        return this.#parts.onFault(new KeeplineError(report.code, report.message, report));
    }
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#why ||= why;
    const fault = new RecorderUnwell(this.#why);
    this.#started.reject(fault);
    for (const [recordingId, { opened, finished, lost }] of this.#pending) {
      opened.reject(fault);
      lost.resolve();
      void whatIsLeft(this.#parts.settings.dir, recordingId, `the recorder thread ended during the call: ${this.#why}`)
        .catch((thrown: unknown) => nothingOf(`${this.#why}; ${messageOf(thrown)}`))
        .then((left) => finished.resolve(left));
    }
    this.#pending.clear();
    this.#ended.resolve(this.#why);
  }
}

const nothingOf = (why: string): RecordingResult => ({
  ...{ outcome: 'interrupted', file: '', samples: 0, durationMs: 0, bytes: 0, sha256: '' },
  why,
});
