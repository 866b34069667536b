/**
 * Requests sent over the socket that wait for their reply: at most `MAX_PENDING`, each for at most `REPLY_WAIT_MS`. Every promise
 * given out settles: by its reply, by time, or by the end of the connection.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { DeskReply } from '@keepline/contracts/agent-protocol';
import { GatewayRefused, SocketBusy, SocketClosed, SocketTimeout } from './errors.ts';

export const MAX_PENDING = 64;
export const REPLY_WAIT_MS = 10_000;

interface Pending {
  readonly ask: string;
  readonly disarm: () => void;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class PendingRequests {
  readonly #clock: Clock;
  readonly #onTimeout: (sentAtMs: number) => void;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  /** @param onTimeout told after a request timed out, with the monotonic time it was sent at */
  constructor(clock: Clock, onTimeout: (sentAtMs: number) => void) {
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  get size(): number {
    return this.#pending.size;
  }

  /**
   * Registers a request and hands its id to `send`.
   * @throws SocketBusy at once when too many wait; the promise rejects with SocketTimeout, SocketClosed or GatewayRefused
   */
  open(ask: string, send: (id: number) => void): Promise<unknown> {
    if (this.#pending.size >= MAX_PENDING) throw new SocketBusy(ask, MAX_PENDING);
    const id = ++this.#lastId;
    const sentAtMs = this.#clock.monotonicMs();
    const promise = new Promise<unknown>((resolve, reject) => {
      const disarm = this.#clock.after(REPLY_WAIT_MS, () => {
        this.#pending.delete(id);
        reject(new SocketTimeout(ask, REPLY_WAIT_MS));
        this.#onTimeout(sentAtMs);
      });
      this.#pending.set(id, { ask, disarm, resolve, reject });
    });
    send(id);
    return promise;
  }

  /** Settles the request the reply belongs to; a reply to nothing (late, or never asked) is ignored. */
  settle(reply: DeskReply): void {
    const pending = this.#take(reply.re);
    if (!pending) return;
    if (reply.ok) pending.resolve(reply.result);
    else pending.reject(new GatewayRefused(reply.error.code, reply.error.message, reply.error.hint));
  }

  closeAll(): void {
    for (const id of [...this.#pending.keys()]) {
      const pending = this.#take(id);
      pending?.reject(new SocketClosed(pending.ask));
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.disarm();
    return pending;
  }
}
