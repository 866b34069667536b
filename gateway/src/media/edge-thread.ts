/**
 * One RTP worker thread seen from the main thread: commands go out, replies and reports come in, and its end is told once.
 */
import { Worker } from 'node:worker_threads';
import { type KeeplineError, messageOf } from '@keepline/contracts/errors';
import { newBeat, Pulse } from './heartbeat.ts';
import type { Command, Replies, Report, WorkerSettings } from './edge-messages.ts';

/** A command that is answered, without the number that `ask` gives it. */
type Asking<K extends keyof Replies> = Omit<Extract<Command, { readonly do: K }>, 'ask'>;
export type LegReport = Exclude<Report, { readonly re: number }>;
type Listener = (report: LegReport) => void;

interface Asked {
  readonly resolve: (reply: never) => void;
  readonly reject: (cause: unknown) => void;
}

export class EdgeThread {
  readonly number: number;
  /** Calls it carries. */
  load = 0;
  readonly pulse: Pulse;
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  readonly #legs = new Map<string, Listener>();
  readonly #onEnd = new Set<() => void>();
  #asks = 0;
  #why = '';
  #fault: KeeplineError | undefined;

  /** @param faultOf makes the error that everything pending is rejected with when the thread ends */
  constructor(number: number, entry: URL, settings: WorkerSettings, faultOf: (why: string) => KeeplineError) {
    this.number = number;
    const shared = newBeat();
    this.pulse = new Pulse(shared);
    this.#worker = new Worker(entry, {
      workerData: { ...settings, beat: shared } satisfies WorkerSettings,
      execArgv: [],
      name: `rtp-edge-${number}`,
    });
    this.#worker.on('message', (report: Report) => this.#take(report));
    this.#worker.on('error', (cause) => {
      this.#why = messageOf(cause);
    });
    this.#worker.on('exit', (code) => this.#end(faultOf(this.#why || `exit code ${code}`)));
  }

  /** Why it ended; undefined while it lives. */
  get fault(): KeeplineError | undefined {
    return this.#fault;
  }

  tell(command: Command): void {
    if (this.#fault) {
      // The thread that would have written to this port is gone: whoever reads it learns that nothing comes.
      if (command.do === 'startRecording') command.port.close();
      return;
    }
    this.#worker.postMessage(command, command.do === 'startRecording' ? [command.port] : []);
  }

  /** Rejects with the fault when the thread has ended or ends before it replies. */
  ask<K extends keyof Replies>(command: Asking<K>): Promise<Replies[K]> {
    if (this.#fault) return Promise.reject(this.#fault);
    const ask = ++this.#asks;
    return new Promise((resolve, reject) => {
      this.#asked.set(ask, { resolve, reject });
      this.#worker.postMessage({ ...command, ask });
    });
  }

  /** Reports of this leg go to `listener` until the result is called. */
  listen(legId: string, listener: Listener): () => void {
    this.#legs.set(legId, listener);
    return () => this.#legs.delete(legId);
  }

  /** Calls back once when the thread ends, for whatever reason. */
  onEnd(listener: () => void): () => void {
    this.#onEnd.add(listener);
    return () => this.#onEnd.delete(listener);
  }

  /** Also ends a thread that is busy for ever. @param why stands in its fault */
  async terminate(why = ''): Promise<void> {
    this.#why ||= why;
    await this.#worker.terminate();
  }

  #take(report: Report): void {
    if ('re' in report) {
      const asked = this.#asked.get(report.re);
      this.#asked.delete(report.re);
      asked?.resolve(report.reply as never); // `Replies` pairs command and reply; the number carries the pairing over the thread's border
    } else {
      this.#legs.get(report.legId)?.(report);
    }
  }

  #end(fault: KeeplineError): void {
    this.#fault = fault;
    for (const { reject } of this.#asked.values()) reject(fault);
    this.#asked.clear();
    for (const listener of [...this.#onEnd]) listener();
    this.#onEnd.clear();
    this.#legs.clear();
  }
}
