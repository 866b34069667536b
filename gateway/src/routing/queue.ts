/**
 * The calls that wait, pure data: in order of the time they joined, with the facts the desk shows. Bounded by `maxWaiting` of the queue.
 */
import type { CallId, QueueName } from '@keepline/contracts/ids';
import type { WaitingCall } from './match.ts';

export class WaitingLine<Entry extends WaitingCall> {
  readonly #entries: Entry[] = [];

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Puts a call at the place its `queuedAtMs` gives it: at the end as a rule, further up when it comes back from an agent. */
  add(entry: Entry): void {
    let at = this.#entries.length;
    while (at > 0 && (this.#entries[at - 1]?.queuedAtMs ?? 0) > entry.queuedAtMs) at--;
    this.#entries.splice(at, 0, entry);
  }

  remove(callId: CallId): Entry | undefined {
    const at = this.#entries.findIndex((entry) => entry.callId === callId);
    return at < 0 ? undefined : this.#entries.splice(at, 1)[0];
  }

  waiting(queue: QueueName): number {
    return this.#entries.reduce((sum, entry) => sum + (entry.queue === queue ? 1 : 0), 0);
  }

  longestWaitMs(queue: QueueName, nowMs: number): number {
    const first = this.#entries.find((entry) => entry.queue === queue);
    return first ? Math.max(0, nowMs - first.queuedAtMs) : 0;
  }
}
