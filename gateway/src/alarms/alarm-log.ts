/**
 * The alarms of a site in `main.db`: raised once for each code and object, counted while they come again, ended, and kept within a bound. The
 * domain event and the row are one unit of work; whoever listens hears of an alarm when it is durable.
 */
import type { AlarmSeverity, AlarmView } from '@keepline/contracts/alarms';
import type { Clock } from '@keepline/contracts/clock';
import type { Store, Tx } from '../store/store.ts';
import { ALARM_RULES, ENDS_WITH_PART, KEPT_MAX, objectName, QUIET_MS, STANDING_MAX } from './alarm-codes.ts';

/** The same alarm is counted at most so often, ms. */
const COUNT_EVERY_MS = 1000;
const LOOK_EVERY_MS = 15_000;
const COLUMNS = `number, code, object, severity, message, hint, raised_at_ms AS raisedAtMs, last_at_ms AS lastAtMs, times,
  cleared_at_ms AS clearedAtMs, coalesce(clear_told_ms, raise_told_ms) AS deliveredAtMs`;

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly object?: string;
}

export type AlarmChange = { readonly is: 'raised' | 'cleared'; readonly alarm: AlarmView };

export interface AlarmLogParts {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly clock: Clock;
  /** Part of the unit of work that writes the row. */
  readonly append: (tx: Tx, is: AlarmChange['is'], code: string, severity: AlarmSeverity) => Promise<unknown>;
  readonly onFault: (fault: unknown) => void;
}

export class AlarmLog {
  readonly #parts: AlarmLogParts;
  readonly #standing = new Map<string, AlarmView>();
  readonly #counted = new Map<string, number>();
  readonly #listeners = new Set<(change: AlarmChange) => void>();
  readonly #stopLook: () => void;
  /** One change after another: raise and clear of one alarm must not overtake each other. */
  #last: Promise<void> = Promise.resolve();

  private constructor(parts: AlarmLogParts, standing: readonly AlarmView[]) {
    this.#parts = parts;
    for (const alarm of standing) this.#standing.set(keyOf(alarm.code, alarm.object), alarm);
    this.#stopLook = parts.clock.every(LOOK_EVERY_MS, () => this.#endQuiet());
  }

  /** Takes up what stood when the gateway ended. */
  static async open(parts: AlarmLogParts): Promise<AlarmLog> {
    return new AlarmLog(parts, await parts.store.read.all<AlarmView>(`SELECT ${COLUMNS} FROM alarms WHERE cleared_at_ms IS NULL`));
  }

  /** What stands now, oldest first; at most `STANDING_MAX`. */
  standing(): readonly AlarmView[] {
    return [...this.#standing.values()];
  }

  /** @param limit 1 to 1000 @returns the newest, those that ended too */
  recent(limit: number): Promise<AlarmView[]> {
    return this.#parts.store.read.all<AlarmView>(`SELECT ${COLUMNS} FROM alarms ORDER BY number DESC LIMIT ?`, limit);
  }

  /** Called after each commit that raised or ended an alarm. */
  subscribe(listener: (change: AlarmChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Raises an alarm or counts it; a fault that is none is left alone. Returns at once. */
  raise(fault: Fault): void {
    const rule = ALARM_RULES[fault.code];
    if (!rule) return;
    const wanted = objectName(fault.object ?? '');
    const isKnown = this.#standing.has(keyOf(fault.code, wanted));
    const object = isKnown || this.#standing.size < STANDING_MAX ? wanted : '';
    void this.#then(() => this.#raise(fault, object, rule.severity));
  }

  /** Ends an alarm that stands; otherwise nothing happens. Resolves when it is durable. */
  clear(code: string, object: string): Promise<void> {
    return this.#then(() => this.#clear(keyOf(code, objectName(object))));
  }

  /** Ends the alarm with this number. @returns false when it does not stand */
  async clearNumber(number: number): Promise<boolean> {
    const found = this.standing().find((alarm) => alarm.number === number);
    if (found) await this.clear(found.code, found.object);
    return found !== undefined;
  }

  async close(): Promise<void> {
    this.#stopLook();
    await this.#last;
  }

  #then(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work).catch(this.#parts.onFault);
    return this.#last;
  }

  async #raise({ code, message, hint }: Fault, object: string, severity: AlarmSeverity): Promise<void> {
    const { store, clock, append } = this.#parts;
    const [nowMs, key] = [clock.now(), keyOf(code, object)];
    const known = this.#standing.get(key);
    if (known) {
      if (nowMs - (this.#counted.get(key) ?? 0) < COUNT_EVERY_MS) return;
      this.#counted.set(key, nowMs);
      this.#standing.set(key, { ...known, lastAtMs: nowMs, times: known.times + 1 });
      await store.write((tx) => tx.run('UPDATE alarms SET last_at_ms = ?, times = times + 1 WHERE number = ?', nowMs, known.number));
      return;
    }
    const told = [message.slice(0, 500), hint.slice(0, 500)] as const;
    const number = await store.write(async (tx) => {
      await tx.run(
        `INSERT INTO alarms (code, object, severity, message, hint, raised_at_ms, last_at_ms, times) VALUES (?, ?, ?, ?, ?, ?, ?, 1)`,
        ...[code, object, severity, ...told, nowMs, nowMs],
      );
      const row = await tx.get<{ number: number }>('SELECT last_insert_rowid() AS number');
      await tx.run('DELETE FROM alarms WHERE cleared_at_ms IS NOT NULL AND number <= ?', (row?.number ?? 0) - KEPT_MAX);
      await append(tx, 'raised', code, severity);
      return row?.number ?? 0;
    });
    const times = { raisedAtMs: nowMs, lastAtMs: nowMs, times: 1, clearedAtMs: null, deliveredAtMs: null };
    const alarm: AlarmView = { number, code, object, severity, message: told[0], hint: told[1], ...times };
    this.#standing.set(key, alarm);
    this.#counted.set(key, nowMs);
    this.#tell({ is: 'raised', alarm });
  }

  async #clear(key: string): Promise<void> {
    const alarm = this.#standing.get(key);
    if (!alarm) return;
    const { store, clock, append } = this.#parts;
    const nowMs = clock.now();
    await store.write(async (tx) => {
      await tx.run('UPDATE alarms SET cleared_at_ms = ? WHERE number = ?', nowMs, alarm.number);
      await append(tx, 'cleared', alarm.code, alarm.severity);
    });
    this.#standing.delete(key);
    this.#counted.delete(key);
    this.#tell({ is: 'cleared', alarm: { ...alarm, clearedAtMs: nowMs } });
  }

  #endQuiet(): void {
    const beforeMs = this.#parts.clock.now() - QUIET_MS;
    for (const { code, object, lastAtMs } of this.standing())
      if (lastAtMs < beforeMs && ALARM_RULES[code]?.latched !== true && !ENDS_WITH_PART.has(code)) void this.clear(code, object);
  }

  #tell(change: AlarmChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (thrown) {
        this.#parts.onFault(thrown);
      }
    }
  }
}

const keyOf = (code: string, object: string): string => `${code} ${object}`;
