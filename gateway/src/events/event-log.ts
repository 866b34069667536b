/**
 * The log of what happened on the site. An event is appended in the transaction of the state it describes, so neither can exist without
 * the other; numbers grow by one in commit order. Personal fields
 * lie sealed; whoever reads through this file gets them open, and they stay on the premises.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { DomainEvent, EventData, EventType } from '@keepline/contracts/events';
import { type EventId, newId } from '@keepline/contracts/ids';
import { ColumnForeign } from '../store/errors.ts';
import type { Reader, Store, Tx } from '../store/store.ts';
import { openPersonal, sealPersonal } from '../store/tables/events.ts';

export type EventListener = (event: DomainEvent) => void;

export interface EventLogParts {
  readonly store: Pick<Store, 'read'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log?: { error(details: object, message: string): void };
}

/** A row as it lies in the table; `data` is the JSON of `EventData[type]`. */
export interface LoggedEvent {
  readonly number: number;
  readonly id: EventId;
  readonly type: EventType;
  readonly timeMs: number;
  readonly data: string;
}

export class EventLog {
  readonly #read: Reader;
  readonly #clock: EventLogParts['clock'];
  readonly #log: EventLogParts['log'];
  readonly #listeners = new Set<EventListener>();

  constructor({ store, clock, log }: EventLogParts) {
    this.#read = store.read;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Appends one event as part of the unit of work `tx`; it counts, and listeners hear of it, when that unit is durable.
   * @returns the id under which the event will be known everywhere, the cloud included
   */
  async append<T extends EventType>(tx: Tx, type: T, data: EventData[T]): Promise<EventId> {
    const timeMs = this.#clock.now();
    const id = newId('evt', timeMs);
    await tx.run(
      'INSERT INTO event_log (id, type, time_ms, call_id, data) VALUES (?, ?, ?, ?, ?)',
      id,
      type,
      timeMs,
      'callId' in data ? data.callId : null,
      sealPersonal(tx.columns, id, type, data),
    );
    const event = { id, type, timeMs, data } as DomainEvent; // TypeScript cannot pair a generic T with its row of the union
    tx.afterCommit(() => this.#tell(event));
    return id;
  }

  /**
   * Calls `listener` after each commit, in the order of the log, until the result is called. A listener gets no past events and must
   * be quick: it runs before the writer of the event goes on. What it throws is logged and harms nobody.
   */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Events with a number above `after`, oldest first. @param limit 1 to 4096 */
  async readAfter(after: number, limit: number): Promise<LoggedEvent[]> {
    const rows = await this.#read.all<LoggedEvent>(
      'SELECT number, id, type, time_ms AS timeMs, data FROM event_log WHERE number > ? ORDER BY number LIMIT ?',
      after,
      Math.min(Math.max(Math.trunc(limit), 1), 4096),
    );
    const opened = async (row: LoggedEvent): Promise<LoggedEvent> => {
      try {
        return { ...row, data: await openPersonal(this.#read.columns, row.id, row.type, row.data) };
      } catch (fault) {
        if (!(fault instanceof ColumnForeign || fault instanceof SyntaxError)) throw fault;
        return { ...row, data: '' }; // one row that was changed must not hold up those behind it; whoever parses it counts it as unreadable
      }
    };
    return Promise.all(rows.map(opened));
  }

  /** The number of the newest event ever, also when it has been pruned; 0 before the first. */
  async lastNumber(): Promise<number> {
    const row = await this.#read.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'event_log'");
    return row?.seq ?? 0;
  }

  #tell(event: DomainEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (cause) {
        this.#log?.error({ err: cause, type: event.type }, 'a listener of the event log failed');
      }
    }
  }
}
