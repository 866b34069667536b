/**
 * What a full outbox gives up, inside the transaction that overfilled it. Age first: what is older than the bound goes whatever it is. Then number
 * and bytes: the lowest rank of `entry.ts` goes first, the oldest of a rank first. What the relay may have sent is never touched.
 */
import { numberOf, type Statements, textOf } from '../sqlite/sqlite-file.ts';
import { DAY_MS, dayOf } from './day.ts';
import { ledgerType } from './entry.ts';

export interface Bounds {
  /** Events that may wait at once. */
  readonly maxEvents: number;
  /** JSON of the waiting events, bytes; no bound when absent. */
  readonly maxBytes?: number;
  /** Days an event may wait; no bound when absent. */
  readonly maxAgeDays?: number;
}

export interface Expired {
  readonly type: string;
  readonly events: number;
}

/** Rows one append may remove for their age; the next goes on, so that no append takes long after a jump of the clock or a long outage. */
const AGED_AT_ONCE = 10_000;

/** @returns what was given up, by type; empty when the bounds hold */
export async function expire(statements: Statements, bounds: Bounds, nowMs: number): Promise<readonly Expired[]> {
  const [row] = await statements.all(
    `SELECT events, bytes, max(delivered_seq, claimed_seq) AS sent_seq,
       (SELECT appended_ms FROM event WHERE seq > max(delivered_seq, claimed_seq) ORDER BY seq LIMIT 1) AS oldest_ms FROM volume, progress`,
  );
  const sentSeq = numberOf(row?.['sent_seq']);
  const oldestMs = row?.['oldest_ms'];
  let { events, bytes } = { events: numberOf(row?.['events']), bytes: numberOf(row?.['bytes']) };
  const gone = new Map<string, number>();
  const give = async (chosen: string, ...params: number[]): Promise<number> => {
    const given = await giveUp(statements, chosen, params, nowMs);
    let removed = 0;
    for (const one of given) {
      gone.set(one.type, (gone.get(one.type) ?? 0) + one.events);
      removed += one.events;
      events -= one.events;
      bytes -= one.bytes;
    }
    return removed;
  };
  const aged = bounds.maxAgeDays === undefined ? undefined : nowMs - bounds.maxAgeDays * DAY_MS;
  if (aged !== undefined && typeof oldestMs === 'number' && oldestMs < aged)
    await give('SELECT seq FROM event WHERE seq > ? AND appended_ms < ? ORDER BY seq LIMIT ?', sentSeq, aged, AGED_AT_ONCE);
  for (;;) {
    const excessBytes = bytes - (bounds.maxBytes ?? Number.POSITIVE_INFINITY);
    const excess = Math.max(events - bounds.maxEvents, excessBytes > 0 ? Math.ceil((excessBytes * events) / bytes) : 0);
    if (excess <= 0) break;
    // Nothing is left to give when all of it may have been sent.
    if ((await give('SELECT seq FROM event WHERE seq > ? ORDER BY expiry_rank, seq LIMIT ?', sentSeq, excess)) === 0) break;
  }
  return [...gone].map(([type, count]) => ({ type, events: count }));
}

/** Removes the chosen rows and counts them, by type, in the ledger. */
async function giveUp(
  statements: Statements,
  chosen: string,
  params: readonly number[],
  nowMs: number,
): Promise<{ type: string; events: number; bytes: number }[]> {
  const rows = await statements.all(
    `SELECT type, count(*) AS events, sum(octet_length(body)) AS bytes FROM event WHERE seq IN (${chosen}) GROUP BY type`,
    ...params,
  );
  const given = rows.map((row) => ({
    type: ledgerType(textOf(row['type'])),
    events: numberOf(row['events']),
    bytes: numberOf(row['bytes']),
  }));
  await statements.run(`DELETE FROM event WHERE seq IN (${chosen})`, ...params);
  for (const { type, events, bytes } of given) {
    await statements.run(
      'INSERT INTO expired (type, events) VALUES (?, ?) ON CONFLICT (type) DO UPDATE SET events = events + excluded.events',
      type,
      events,
    );
    await statements.run(
      'INSERT INTO egress (day, type, expired) VALUES (?, ?, ?) ON CONFLICT (day, type) DO UPDATE SET expired = expired + excluded.expired',
      dayOf(nowMs),
      type,
      events,
    );
    await statements.run('UPDATE volume SET events = events - ?, bytes = bytes - ?', events, bytes);
  }
  return given;
}
