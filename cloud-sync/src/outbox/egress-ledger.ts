/**
 * The ledger and the quarantine of an outbox for those who look, beside the two processes that work on the file: what left by day and type, and
 * the events the guard stopped. What it shows of the quarantine may hold personal data: whoever calls it audits the look first.
 */
import { existsSync } from 'node:fs';
import { numberOf, type Row, SqliteFile, textOf } from '../sqlite/sqlite-file.ts';
import { type Counts, readCounts } from './counts.ts';
import { ledgerType } from './entry.ts';
import { OutboxUnusable, QuarantineAbsent } from './errors.ts';
import { OUTBOX_SCHEMA } from './schema.ts';

/** One day and one type; counts of that day alone. */
export interface LedgerDay {
  /** `yyyy-mm-dd`, China Standard Time. */
  readonly day: string;
  readonly type: string;
  /** Acknowledged by the cloud; of a `request.…` those that were sent. */
  readonly events: number;
  /** JSON of those events, bytes, before any compression. */
  readonly bytes: number;
  readonly expired: number;
  /** Stopped by the guard. */
  readonly quarantined: number;
}

/** Requests stand beside the events: sent as `events`, stopped as `quarantined` (though nothing of them is kept). */
const DAYS = `
SELECT day, type, events, bytes, expired, quarantined FROM egress WHERE day BETWEEN ?1 AND ?2
UNION ALL SELECT day, type, sent, bytes, 0, stopped FROM request WHERE day BETWEEN ?1 AND ?2
ORDER BY day, type`;

export interface Quarantined {
  readonly id: string;
  readonly type: string;
  /** Finding and field, never the value. */
  readonly why: string;
  readonly quarantinedMs: number;
}

export class EgressLedger {
  readonly #file: SqliteFile;

  private constructor(file: SqliteFile) {
    this.#file = file;
  }

  /** Opens the outbox of a site; never makes one. @throws KeeplineError OUTBOX_UNUSABLE */
  static async open(path: string): Promise<EgressLedger> {
    if (!existsSync(path)) throw new OutboxUnusable(path, new Error('there is no such file'));
    try {
      return new EgressLedger(await SqliteFile.open(path, OUTBOX_SCHEMA));
    } catch (cause) {
      throw new OutboxUnusable(path, cause);
    }
  }

  /** Both days included, in the order of day and type. */
  days(from: string, to: string): Promise<readonly LedgerDay[]> {
    return this.#file.read(async (statements) =>
      (await statements.all(DAYS, from, to)).map((row) => ({
        day: textOf(row['day']),
        type: textOf(row['type']),
        events: numberOf(row['events']),
        bytes: numberOf(row['bytes']),
        expired: numberOf(row['expired']),
        quarantined: numberOf(row['quarantined']),
      })),
    );
  }

  /** Newest first, without the content. */
  quarantined(limit: number): Promise<readonly Quarantined[]> {
    return this.#file.read(async (statements) =>
      (await statements.all('SELECT id, type, why, quarantined_ms FROM quarantine ORDER BY seq DESC LIMIT ?', limit)).map(quarantinedOf),
    );
  }

  /** One with its content, the event as it would have been sent. @throws KeeplineError QUARANTINE_ABSENT */
  async quarantinedEvent(id: string): Promise<Quarantined & { readonly body: string }> {
    const [row] = await this.#file.read((statements) =>
      statements.all('SELECT id, type, why, quarantined_ms, body FROM quarantine WHERE id = ?', id),
    );
    if (!row) throw new QuarantineAbsent(id);
    return { ...quarantinedOf(row), body: textOf(row['body']) };
  }

  /** Removes the content for good; the event stays counted as quarantined. @throws KeeplineError QUARANTINE_ABSENT */
  async discard(id: string): Promise<void> {
    const { changes } = await this.#file.write((statements) => statements.run('DELETE FROM quarantine WHERE id = ?', id));
    if (changes === 0) throw new QuarantineAbsent(id);
  }

  counts(nowMs: number): Promise<Counts> {
    return this.#file.read((statements) => readCounts(statements, nowMs));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function quarantinedOf(row: Row): Quarantined {
  return {
    id: textOf(row['id']),
    type: ledgerType(textOf(row['type'])),
    why: textOf(row['why']),
    quarantinedMs: numberOf(row['quarantined_ms']),
  };
}
