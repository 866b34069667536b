/** The worker thread of `rtp-load.ts` seen from the bench. */
import { Worker } from 'node:worker_threads';
import type { LoadCommand, LoadFigures, LoadReply } from './rtp-load.ts';

type Asking<C> = C extends LoadCommand ? Omit<C, 'ask'> : never;

export class LoadVoices {
  readonly #worker = new Worker(new URL('./rtp-load.ts', import.meta.url), { name: 'rtp-load' });
  readonly #asked = new Map<number, (reply: never) => void>();
  #asks = 0;
  #legs = 0;

  constructor() {
    this.#worker.on('message', ({ ask, reply }: LoadReply) => {
      this.#asked.get(ask)?.(reply as never); // `open` is answered with a port, `figures` with figures
      this.#asked.delete(ask);
    });
  }

  /** A leg of its own with a port of 127.0.0.1. */
  async open(): Promise<{ readonly port: number; talk(to: number): Promise<void>; stop(): Promise<void> }> {
    const leg = this.#legs++;
    const port = await this.#ask<number>({ do: 'open', leg });
    return {
      port,
      talk: (to) => this.#ask({ do: 'talk', leg, to }),
      stop: () => this.#ask({ do: 'stop', leg }),
    };
  }

  /** Measures for so long, and waits for what is still on the way. @param fresh false adds to the figures of the windows before */
  async measure(ms: number, graceMs: number, fresh = true): Promise<LoadFigures> {
    await this.#ask({ do: 'window', fresh });
    await new Promise((resolve) => setTimeout(resolve, ms));
    await this.#ask({ do: 'endWindow' });
    await new Promise((resolve) => setTimeout(resolve, graceMs));
    return this.#ask({ do: 'figures' });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask<T = void>(command: Asking<LoadCommand>): Promise<T> {
    const ask = ++this.#asks;
    return new Promise((resolve) => {
      this.#asked.set(ask, resolve);
      this.#worker.postMessage({ ...command, ask });
    });
  }
}
