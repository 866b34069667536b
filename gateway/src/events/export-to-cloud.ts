/**
 * The one file through which events leave the site: reads the event log after the outbox's own cursor, anonymises, appends to the outbox.
 * Cursor and events are written in one transaction of the outbox, so each event gets there exactly once wherever this process dies.
 * Runs beside the calls and never makes them wait. Pruning of the log (after six months at the earliest) may remove what is at or below
 * `status().cursor`, nothing above it.
 */
import type { Anonymised } from '@keepline/contracts/anonymised';
import type { Clock } from '@keepline/contracts/clock';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { CloudEvent, DomainEvent } from '@keepline/contracts/events';
import type { Store } from '../store/store.ts';
import { ExportCursorAhead, ExportGap, ExportRefused, ExportStalled, ExportUnreadable } from './errors.ts';
import type { EventLog, LoggedEvent } from './event-log.ts';
import { type Refusal, recordRefusals } from './refusals.ts';

/** Events per transaction of the outbox: each costs a flush of the disk and a wait for the other writer of the file. */
export const EXPORT_BATCH = 1024;
/** Events anonymised in one turn of the event loop: near 1 ms, so that no call waits longer for the export. */
export const EXPORT_SLICE = 64;
/** Waits between attempts while the outbox fails, ms: doubling from the first to the last. */
const RETRY_FIRST_MS = 100;
const RETRY_LAST_MS = 10_000;
/** Of the refusal of a type that no policy names, and that may therefore say anything. */
const TYPE_UNKNOWN = 'ANONYMISE_TYPE_UNKNOWN';

/** What is needed of the outbox: both together or neither, and the cursor of the last append that was durable. */
export interface ExportTarget {
  append(events: readonly Anonymised<CloudEvent>[], cursor: number): Promise<void>;
  cursor(): Promise<number>;
}

export interface ExportParts {
  readonly store: Pick<Store, 'write'>;
  readonly events: Pick<EventLog, 'append' | 'subscribe' | 'readAfter' | 'lastNumber'>;
  readonly outbox: ExportTarget;
  readonly anonymiser: { event(event: DomainEvent): Anonymised<CloudEvent> };
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** Told once per batch and kind of fault, however many events it concerns. */
  readonly onFault: (fault: KeeplineError) => void;
}

/** Since the start of this process, but for the cursor. produced = exported + refused, or `missing` says how many are not. */
export interface ExportStatus {
  /** Number of the last event that was handed over or refused. */
  readonly cursor: number;
  readonly exported: number;
  readonly refused: number;
  readonly missing: number;
  /** `halted` needs a person; `stalled` mends itself when the outbox can be written again. */
  readonly state: 'idle' | 'running' | 'stalled' | 'halted' | 'stopped';
}

export class ExportToCloud {
  readonly #parts: ExportParts;
  #status: ExportStatus = { cursor: 0, exported: 0, refused: 0, missing: 0, state: 'idle' };
  /** Unknown before the first batch and after a fault: then the outbox is asked, it alone knows what it holds. */
  #cursorKnown = false;
  #woken = false;
  #pump: Promise<void> | undefined;
  #unsubscribe: (() => void) | undefined;
  #cutPause: (() => void) | undefined;
  readonly #waiters = new Set<() => void>();

  constructor(parts: ExportParts) {
    this.#parts = parts;
  }

  /** Begins with what the last run left behind, then follows the log. */
  start(): void {
    this.#unsubscribe ??= this.#parts.events.subscribe(() => this.#wake());
    this.#wake();
  }

  status(): ExportStatus {
    return this.#status;
  }

  /**
   * Resolves when all that is in the log now has been handed over or refused. Does not wait for a broken outbox: then, and when the
   * export halts or stops, the rest stays in the log for the next start.
   */
  async drain(): Promise<void> {
    const target = await this.#parts.events.lastNumber();
    while (!this.#isOver() && this.#status.state !== 'stalled' && !(this.#cursorKnown && this.#status.cursor >= target)) {
      const progress = new Promise<void>((resolve) => this.#waiters.add(resolve));
      this.#wake();
      await progress;
    }
  }

  /** Finishes the batch in hand and does nothing more; the next start goes on from there. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#enter('stopped');
    await this.#pump;
  }

  #wake(): void {
    this.#woken = true;
    if (!this.#isOver()) this.#pump ??= this.#run();
  }

  async #run(): Promise<void> {
    let retryMs = RETRY_FIRST_MS;
    while (this.#woken && !this.#isOver()) {
      this.#woken = false;
      try {
        if (await this.#exportBatch()) this.#woken = true;
        retryMs = RETRY_FIRST_MS;
        this.#enter('running');
      } catch (cause) {
        this.#stall(cause);
        await this.#pause(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_LAST_MS);
        this.#woken = true;
      }
    }
    this.#enter('idle');
    this.#pump = undefined;
  }

  /** @returns whether there may be more */
  async #exportBatch(): Promise<boolean> {
    const { events, outbox } = this.#parts;
    if (!this.#cursorKnown && !(await this.#askCursor())) return false;
    const rows = await events.readAfter(this.#status.cursor, EXPORT_BATCH);
    const last = rows.at(-1);
    if (!last) return false;
    const { leaving, refusals } = await this.#anonymise(rows);
    // First the ledger, then the cursor: a crash in between repeats the first, which changes nothing.
    if (refusals.length > 0) await this.#record(refusals);
    try {
      await outbox.append(leaving, last.number);
    } catch (cause) {
      this.#cursorKnown = false;
      throw cause;
    }
    this.#tellOfFaults(rows, last.number, refusals);
    const { exported, refused } = this.#status;
    this.#status = { ...this.#status, cursor: last.number, exported: exported + leaving.length, refused: refused + refusals.length };
    this.#tellWaiters();
    return rows.length === EXPORT_BATCH;
  }

  /** False when the log is behind the outbox: going on would skip events in silence. */
  async #askCursor(): Promise<boolean> {
    const cursor = await this.#parts.outbox.cursor();
    const last = await this.#parts.events.lastNumber();
    if (cursor > last) {
      this.#alarm(new ExportCursorAhead(cursor, last));
      this.#enter('halted');
      return false;
    }
    this.#status = { ...this.#status, cursor };
    this.#cursorKnown = true;
    this.#tellWaiters();
    return true;
  }

  async #anonymise(rows: readonly LoggedEvent[]): Promise<{ leaving: Anonymised<CloudEvent>[]; refusals: Refusal[] }> {
    const leaving: Anonymised<CloudEvent>[] = [];
    const refusals: Refusal[] = [];
    for (const [i, row] of rows.entries()) {
      if (i > 0 && i % EXPORT_SLICE === 0) await turnOver();
      try {
        leaving.push(this.#parts.anonymiser.event(eventOf(row)));
      } catch (fault) {
        // Not only refusals: an event that the code cannot read must not hold up those behind it, and must not leave.
        const { code, message } = fault instanceof KeeplineError ? fault : new ExportUnreadable(row.number);
        const known = fault instanceof KeeplineError && code !== TYPE_UNKNOWN; // the type is looked up before all else
        refusals.push({ number: row.number, type: row.type, known, code, why: message });
      }
    }
    return { leaving, refusals };
  }

  async #record(refusals: readonly Refusal[]): Promise<void> {
    const { store, events, clock } = this.#parts;
    await store.write((tx) => recordRefusals(tx, events, refusals, clock.now()).then(() => {}));
  }

  /** One line per batch and kind of fault, however many events it concerns. */
  #tellOfFaults(rows: readonly LoggedEvent[], last: number, refusals: readonly Refusal[]): void {
    const missing = last - this.#status.cursor - rows.length;
    if (missing > 0) {
      this.#status = { ...this.#status, missing: this.#status.missing + missing };
      this.#alarm(new ExportGap(missing, last));
    }
    const [first] = refusals;
    if (first) this.#alarm(new ExportRefused(refusals.length, first.why));
  }

  #stall(cause: unknown): void {
    if (this.#status.state !== 'stalled') this.#alarm(new ExportStalled(messageOf(cause), cause));
    this.#enter('stalled');
    this.#tellWaiters();
  }

  #alarm(error: KeeplineError): void {
    this.#parts.onFault(error);
  }

  #pause(ms: number): Promise<void> {
    if (this.#isOver()) return Promise.resolve(); // stopped while the batch was failing: nobody would cut this pause
    return new Promise((resolve) => {
      const disarm = this.#parts.clock.after(ms, resolve);
      this.#cutPause = () => {
        disarm();
        resolve();
      };
    });
  }

  #isOver(): boolean {
    return this.#status.state === 'stopped' || this.#status.state === 'halted';
  }

  #enter(state: ExportStatus['state']): void {
    if (this.#isOver() && state !== 'stopped') return;
    this.#status = { ...this.#status, state };
    if (!this.#isOver()) return;
    this.#cutPause?.();
    this.#tellWaiters();
  }

  #tellWaiters(): void {
    const waiting = [...this.#waiters];
    this.#waiters.clear();
    for (const tell of waiting) tell();
  }
}

/** Lets sockets and timers have their turn. */
function turnOver(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function eventOf({ id, type, timeMs, data }: LoggedEvent): DomainEvent {
  const event: unknown = { id, type, timeMs, data: JSON.parse(data) };
  return event as DomainEvent; // the parse boundary: untyped, and the anonymiser takes nothing of it on trust
}
