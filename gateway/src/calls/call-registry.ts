/**
 * The calls in progress, by id. A call is here from its first INVITE to the end of its wrap-up, and its owner is the journey that runs it.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { CallControl } from './call-control.ts';
import { CallNotFound } from './errors.ts';

export class CallRegistry {
  readonly #calls = new Map<string, CallControl>();
  readonly #listeners = new Set<() => void>();

  get size(): number {
    return this.#calls.size;
  }

  add(callId: CallId, control: CallControl): void {
    this.#calls.set(callId, control);
    this.changed();
  }

  remove(callId: CallId): void {
    if (this.#calls.delete(callId)) this.changed();
  }

  /** @throws CallNotFound */
  get(callId: string): CallControl {
    const control = this.#calls.get(callId);
    if (!control) throw new CallNotFound(callId);
    return control;
  }

  all(): CallControl[] {
    return [...this.#calls.values()];
  }

  /** The one call an agent is offered, talks on or wraps up. */
  ofAgent(agentId: AgentId): CallControl | undefined {
    return this.all().find((control) => control.facts().agentId === agentId);
  }

  /** Calls back after any call appeared, went or changed a fact; the result stops it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when nobody talks or waits any more, or after `limitMs`; wrap-ups do not count. */
  quiet(limitMs: number, clock: Clock): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.all().every((control) => ['wrap_up', 'ended'].includes(control.facts().state))) resolve();
    };
    const stop = this.onChange(look);
    const disarm = clock.after(limitMs, resolve);
    look();
    return promise.finally(() => {
      stop();
      disarm();
    });
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
