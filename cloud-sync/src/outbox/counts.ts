/** The egress ledger as numbers: what became of every event ever appended. `waiting` is counted row by row, not derived from the rest. */
import { numberOf, type Statements } from '../sqlite/sqlite-file.ts';

export interface Counts {
  /** Events ever appended. */
  readonly produced: number;
  /** Acknowledged by the stream. */
  readonly delivered: number;
  /** Given up because the outbox was full. */
  readonly expired: number;
  /** Stopped by the egress guard; kept on the site. */
  readonly quarantined: number;
  readonly waiting: number;
  /** Age of the oldest waiting event, ms; 0 when none waits. */
  readonly oldestMs: number;
}

/** Two whole-table counts let SQLite count pages of the index instead of reading rows: cheap also with millions waiting. */
const SQL = `
SELECT produced, delivered,
  (SELECT coalesce(sum(events), 0) FROM expired) AS expired,
  (SELECT count(*) FROM quarantine) AS quarantined,
  (SELECT count(*) FROM event) - (SELECT count(*) FROM event WHERE seq <= delivered_seq) AS waiting,
  (SELECT appended_ms FROM event WHERE seq > delivered_seq ORDER BY seq LIMIT 1) AS oldest_at
FROM progress`;

export async function readCounts(statements: Pick<Statements, 'all'>, nowMs: number): Promise<Counts> {
  const row = (await statements.all(SQL))[0] ?? {};
  const oldestAtMs = row['oldest_at'];
  return {
    produced: numberOf(row['produced']),
    delivered: numberOf(row['delivered']),
    expired: numberOf(row['expired']),
    quarantined: numberOf(row['quarantined']),
    waiting: numberOf(row['waiting']),
    oldestMs: typeof oldestAtMs === 'number' ? Math.max(0, nowMs - oldestAtMs) : 0,
  };
}
