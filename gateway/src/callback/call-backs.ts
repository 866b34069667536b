/**
 * The list of calls that are owed, durable in the database: what is agreed on goes in, what is due is called by the journey, and how that went decides
 * what is still owed. After a crash a try that had begun counts, and is not made again at once.
 */
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import type { CallbackOutcome } from '@keepline/contracts/events';
import { newId } from '@keepline/contracts/ids';
import type { EventLog } from '../events/event-log.ts';
import type { Store } from '../store/store.ts';
import { addCallback, type Callback, closeCallback, isOwed, moveCallback, owedCallbacks } from '../store/tables/callbacks.ts';
import { CallbackRefused, CallbackUnknown } from './errors.ts';
import { afterTry, begun, bookingFault, type CallbackSettings, dueNow, isExpired, isOpen, type TryEnd } from './list.ts';

/** How often the list is looked through, ms. */
const LOOK_MS = 1000;

/** What is agreed on. @see Callback */
export type Wish = Pick<Callback, 'callId' | 'kind' | 'queue' | 'skill' | 'agentId' | 'number' | 'note' | 'queuedAtMs' | 'dueAtMs'>;

/** A try in progress. */
export interface Trying {
  /** Never rejects. */
  readonly over: Promise<TryEnd>;
  /** Leaves the line; a call that has begun goes on. */
  withdraw(): void;
}

export interface CallBacksParts {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly events: Pick<EventLog, 'append'>;
  readonly clock: Clock;
  readonly settings: CallbackSettings;
  /** One spelling of a number that may be called. @throws KeeplineError */
  readonly check: (number: string) => string;
  /**
   * Stands in line for this one and calls its customer. `begin` is called before anybody outside is rung: the try is counted and durable when it
   * resolves true; false: nothing is owed any more.
   */
  readonly call: (one: Callback, begin: () => Promise<boolean>) => Trying;
  readonly onFault: (fault: unknown) => void;
}

export class CallBacks {
  readonly #parts: CallBacksParts;
  readonly #owed = new Map<string, Callback>();
  readonly #trying = new Map<string, Trying>();
  readonly #stories = new Set<Promise<void>>();
  #stop: (() => void) | undefined;
  #isStopped = false;
  #isLooking = false;

  constructor(parts: CallBacksParts) {
    this.#parts = parts;
  }

  /** What the process before left: a try that had begun waits as one that reached nobody. */
  async open(): Promise<void> {
    const { store, clock, settings, onFault } = this.#parts;
    for (const one of await owedCallbacks(store.read)) {
      this.#owed.set(one.id, one);
      if (one.state === 'calling') await this.#settle(one, afterTry(one, 'no_answer', clock.now(), settings));
    }
    this.#stop = clock.every(LOOK_MS, () => void this.#look().catch(onFault));
  }

  /** Whether this site makes call-backs. */
  get isOn(): boolean {
    return this.#parts.settings.max > 0;
  }

  /** One spelling of a number that may be called back; '' for any other. */
  checked(number: string): string {
    try {
      return this.#parts.check(number);
    } catch (fault) {
      if (!(fault instanceof KeeplineError)) this.#parts.onFault(fault);
      return '';
    }
  }

  /** Durable when it resolves. @throws CallbackRefused, DialNumberInvalid, DialNotAllowed, DialNoTrunk */
  async book(wish: Wish): Promise<void> {
    const { store, events, clock, settings, check } = this.#parts;
    const number = check(wish.number);
    const nowMs = clock.now();
    const fault = bookingFault([...this.#owed.values()], { number, dueAtMs: wish.dueAtMs }, nowMs, settings);
    if (fault !== null) throw new CallbackRefused(fault);
    const one: Callback = { ...wish, number, id: newId('cb', nowMs), madeAtMs: nowMs, tries: 0, state: 'open' };
    this.#owed.set(one.id, one); // at once: two of the same number must not both get in while the first is written
    try {
      const { id: callbackId, callId, queue, kind, note } = one;
      await store.write(async (tx) => {
        await addCallback(tx, one);
        await events.append(tx, 'callback.booked', { callId, callbackId, queue, kind, note });
      });
    } catch (thrown) {
      this.#owed.delete(one.id);
      throw thrown;
    }
  }

  /** All that is owed, by its place; bounded by `callback.max`. Personal data. */
  list(): Promise<readonly Callback[]> {
    return owedCallbacks(this.#parts.store.read);
  }

  /** Nothing is owed any more, durably; it leaves the line, and a call that has begun goes on. @throws CallbackUnknown */
  async cancel(id: string): Promise<void> {
    const one = this.#owed.get(id);
    if (!one) throw new CallbackUnknown(id);
    await this.#settle(one, 'cancelled');
    this.#trying.get(id)?.withdraw();
  }

  /** Resolves when no try goes on any more. */
  async over(): Promise<void> {
    await Promise.all(this.#stories);
  }

  /** The site shuts down: those in line leave it, and nobody else is called. */
  withdraw(): void {
    this.#isStopped = true;
    this.#stop?.();
    for (const trying of this.#trying.values()) trying.withdraw();
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return; // a disk that is slow
    this.#isLooking = true;
    try {
      await this.#lookThrough();
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookThrough(): Promise<void> {
    const { store, clock, settings } = this.#parts;
    const nowMs = clock.now();
    const at = new Date(nowMs);
    if (this.#isStopped) return;
    for (const one of this.#owed.values())
      if (!this.#trying.has(one.id) && isExpired(one, nowMs, settings)) await this.#settle(one, 'expired');
    if (!isOpen(at.getHours() * 60 + at.getMinutes(), settings)) {
      for (const trying of this.#trying.values()) trying.withdraw();
      return;
    }
    for (const one of dueNow([...this.#owed.values()], new Set(this.#trying.keys()), nowMs)) {
      // Taken off the list at the console, by another process: no agent is rung for it.
      if (!(await isOwed(store.read, one.id))) this.#owed.delete(one.id);
      else if (!this.#isStopped) this.#try(one);
    }
  }

  #try(one: Callback): void {
    const { store, clock, settings, call, onFault } = this.#parts;
    const trying = call(one, async () => {
      const counted = begun(this.#owed.get(one.id) ?? one);
      const isDurable = await store.write((tx) => moveCallback(tx, counted));
      if (isDurable) this.#owed.set(one.id, counted);
      return isDurable;
    });
    this.#trying.set(one.id, trying);
    const story = trying.over
      .then(async (end) => {
        const now = this.#owed.get(one.id) ?? one;
        if (!(await isOwed(store.read, one.id)))
          this.#owed.delete(one.id); // cancelled, or the customer asked to be forgotten
        else if (end !== 'not_begun' || !this.#isStopped) await this.#settle(now, afterTry(now, end, clock.now(), settings));
      })
      .catch(onFault)
      .finally(() => {
        this.#trying.delete(one.id);
        this.#stories.delete(story);
      });
    this.#stories.add(story);
  }

  async #settle(one: Callback, now: Callback | CallbackOutcome): Promise<void> {
    const { store, events, clock } = this.#parts;
    if (typeof now !== 'string') {
      this.#owed.set(one.id, now);
      if (!(await store.write((tx) => moveCallback(tx, now)))) this.#owed.delete(one.id);
      return;
    }
    this.#owed.delete(one.id);
    const { id: callbackId, callId, queue, tries } = one;
    await store.write(async (tx) => {
      if (await closeCallback(tx, callbackId, now, clock.now()))
        await events.append(tx, 'callback.closed', { callId, callbackId, queue, outcome: now, tries });
    });
  }
}
