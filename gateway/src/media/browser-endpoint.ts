/**
 * The browser side of the house: mediasoup between the desks' WebRTC and the RTP edge. When its worker dies another one starts at once and
 * every desk is told to rejoin; the calls themselves, their recording and the callers' music live on the edge and go on.
 */
import { createSocket } from 'node:dgram';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import type { BrowserEndpoint } from './desk-audio.ts';
import { DeskEndpoint } from './desk-endpoint.ts';
import { BrowserMediaDied, BrowserMediaFailed } from './errors.ts';
import { MediaWorker } from './media-worker.ts';

export type { Attached, BrowserEndpoint, ConsumerOffer, TransportOffer } from './desk-audio.ts';

export interface BrowserMediaOptions {
  /** IPv4 address browsers reach. */
  readonly address: string;
  /** UDP and TCP port for all desks; 0 takes a free one and keeps it. */
  readonly port: number;
  readonly workerBin?: string;
  readonly clock: Clock;
  onFault(fault: KeeplineError): void;
}

/** Wait before the worker is started again, doubled with each failure in a row, ms. */
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 5000;

export class BrowserMedia {
  readonly port: number;
  readonly #options: BrowserMediaOptions;
  readonly #died = new Set<() => void>();
  #worker: MediaWorker;
  /** Settles with the worker that serves now, or the one being started. */
  #current: Promise<MediaWorker>;
  #closed = false;

  private constructor(options: BrowserMediaOptions, port: number, worker: MediaWorker) {
    this.#options = options;
    this.port = port;
    this.#worker = worker;
    this.#current = Promise.resolve(worker);
    this.#watch(worker);
  }

  /** @throws BrowserMediaFailed when the worker binary is missing or the port is taken */
  static async start(options: BrowserMediaOptions): Promise<BrowserMedia> {
    const port = options.port === 0 ? await freePort(options.address) : options.port;
    return new BrowserMedia(options, port, await MediaWorker.start({ ...options, port }));
  }

  /** Process id of the worker that served last; for figures, and for tests that end it. */
  get workerPid(): number {
    return this.#worker.pid;
  }

  /** RTP capabilities of the router, for `Device.load` of mediasoup-client. The same after a restart. */
  capabilities(): unknown {
    return this.#worker.capabilities;
  }

  openEndpoint(): BrowserEndpoint {
    return new DeskEndpoint(this.#current, this.#options.clock);
  }

  /** Calls back when the worker died. Endpoints made before are dead; new ones wait for the worker that is being started. */
  onWorkerDied(listener: () => void): () => void {
    this.#died.add(listener);
    return () => this.#died.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#worker.close();
  }

  #watch(worker: MediaWorker): void {
    worker.onDied((cause) => {
      if (this.#closed) return;
      this.#current = this.#restart();
      this.#current.catch(() => {}); // told to whoever awaits it; `restart` only gives up when the house closes
      this.#options.onFault(new BrowserMediaDied(cause));
      for (const listener of [...this.#died]) listener();
    });
  }

  async #restart(): Promise<MediaWorker> {
    for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(2 * waitMs, RETRY_MAX_MS)) {
      try {
        const worker = await MediaWorker.start({ ...this.#options, port: this.port });
        if (this.#closed) worker.close();
        this.#worker = worker;
        this.#watch(worker);
        return worker;
      } catch (fault) {
        if (this.#closed) throw fault;
        this.#options.onFault(fault instanceof KeeplineError ? fault : new BrowserMediaFailed('start', fault));
        await new Promise<void>((resolve) => this.#options.clock.after(waitMs, resolve));
      }
    }
  }
}

/** mediasoup would take one port for UDP and another for TCP; a desk is told one. */
function freePort(address: string): Promise<number> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => reject(new BrowserMediaFailed(`listen on ${address}`, cause)));
    socket.bind(0, address, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
