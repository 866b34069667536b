/** The egress ledger as numbers: what became of every event ever appended. `waiting` is counted row by row, not derived from the rest. */
import { numberOf, type SqlValue, type Statements } from '../sqlite/sqlite-file.ts';

export interface Counts {
  /** Events ever appended. */
  readonly produced: number;
  /** Acknowledged by the stream. */
  readonly delivered: number;
  /** Given up because a bound of the outbox was reached. */
  readonly expired: number;
  /** Stopped by the egress guard; they stay on the site. */
  readonly quarantined: number;
  readonly waiting: number;
  /** Events the ledger of days has as delivered: the same as `delivered`, added up another way. */
  readonly ledger: number;
  /** Age of the oldest waiting event, ms; 0 when none waits. */
  readonly oldestMs: number;
}

/** Counts rows, which takes a tenth of a second for each million that wait: once a minute and on demand. */
const COUNTS = `
SELECT produced, delivered,
  (SELECT coalesce(sum(events), 0) FROM expired) AS expired,
  (SELECT coalesce(sum(quarantined), 0) FROM egress) AS quarantined,
  (SELECT coalesce(sum(events), 0) FROM egress) AS ledger,
  (SELECT count(*) FROM event) - (SELECT count(*) FROM event WHERE seq <= delivered_seq) AS waiting,
  (SELECT appended_ms FROM event WHERE seq > delivered_seq ORDER BY seq LIMIT 1) AS oldest_at
FROM progress`;

export async function readCounts(statements: Pick<Statements, 'all'>, nowMs: number): Promise<Counts> {
  const row = (await statements.all(COUNTS))[0] ?? {};
  return {
    produced: numberOf(row['produced']),
    delivered: numberOf(row['delivered']),
    expired: numberOf(row['expired']),
    quarantined: numberOf(row['quarantined']),
    waiting: numberOf(row['waiting']),
    ledger: numberOf(row['ledger']),
    oldestMs: age(row['oldest_at'], nowMs),
  };
}

/** What waits, read from running totals: as cheap with ten million events as with none. */
export interface Backlog {
  readonly waiting: number;
  /** JSON of the waiting events, bytes. */
  readonly bytes: number;
  readonly delivered: number;
  /** As in `Counts`. */
  readonly oldestMs: number;
}

const BACKLOG = `
SELECT volume.events AS waiting, volume.bytes, delivered,
  (SELECT appended_ms FROM event WHERE seq > delivered_seq ORDER BY seq LIMIT 1) AS oldest_at
FROM progress, volume`;

export async function readBacklog(statements: Pick<Statements, 'all'>, nowMs: number): Promise<Backlog> {
  const row = (await statements.all(BACKLOG))[0] ?? {};
  return {
    waiting: numberOf(row['waiting']),
    bytes: numberOf(row['bytes']),
    delivered: numberOf(row['delivered']),
    oldestMs: age(row['oldest_at'], nowMs),
  };
}

const age = (atMs: SqlValue | undefined, nowMs: number): number => (typeof atMs === 'number' ? Math.max(0, nowMs - atMs) : 0);
