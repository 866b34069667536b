/** What the relay does to the outbox inside one transaction: settle a range that the stream has, claim the next events. */
import { numberOf, type Statements, textOf } from '../sqlite/sqlite-file.ts';
import { dayOf } from './day.ts';
import type { Entry } from './entry.ts';

/**
 * Delivered events kept behind the last one. The last itself is needed to recognise the stream's last message; the others tell a stream
 * that went back from one we never wrote to, and make late repeats of an append harmless.
 */
export const KEPT_DELIVERED = 1024;

export interface Settled {
  /** Position in the outbox up to which everything is in the stream. */
  readonly seq: number;
  readonly streamSeq: number;
}

export interface Claim {
  /** Events at or before this position are passed over; delivered ones are in any case. */
  readonly after: number;
  readonly limit: number;
  /** Events behind this position stay where they are. */
  readonly upTo?: number;
}

/** Marks everything waiting up to `seq` as delivered, in the ledger too, and prunes old delivered rows. Settling again changes nothing. */
export async function settle(statements: Statements, { seq, streamSeq }: Settled, nowMs: number): Promise<void> {
  const range = 'seq > (SELECT delivered_seq FROM progress) AND seq <= ?';
  await statements.run(
    `INSERT INTO egress (day, type, events, bytes) SELECT ?, type, count(*), sum(octet_length(body)) FROM event WHERE ${range} GROUP BY type
     ON CONFLICT (day, type) DO UPDATE SET events = events + excluded.events, bytes = bytes + excluded.bytes`,
    dayOf(nowMs),
    seq,
  );
  const [sum] = await statements.all(`SELECT count(*) AS events, sum(octet_length(body)) AS bytes FROM event WHERE ${range}`, seq);
  const events = numberOf(sum?.['events']);
  await statements.run('UPDATE volume SET events = events - ?, bytes = bytes - ?', events, numberOf(sum?.['bytes']));
  await statements.run(
    `UPDATE progress SET delivered = delivered + ?, claimed_seq = max(claimed_seq, ?), delivered_seq = max(delivered_seq, ?), stream_seq = ?`,
    events,
    seq,
    seq,
    streamSeq,
  );
  await statements.run(
    `DELETE FROM event WHERE seq < (SELECT seq FROM event WHERE seq <= (SELECT delivered_seq FROM progress)
       ORDER BY seq DESC LIMIT 1 OFFSET ${KEPT_DELIVERED - 1})`,
  );
}

export async function claimNext(
  statements: Statements,
  { after, limit, upTo = Number.MAX_SAFE_INTEGER }: Claim,
): Promise<readonly Entry[]> {
  const rows = await statements.all(
    'SELECT seq, id, type, body FROM event WHERE seq > max(?, (SELECT delivered_seq FROM progress)) AND seq <= ? ORDER BY seq LIMIT ?',
    after,
    upTo,
    limit,
  );
  const entries = rows.map((row) => ({
    seq: numberOf(row['seq']),
    id: textOf(row['id']),
    type: textOf(row['type']),
    body: textOf(row['body']),
  }));
  const last = entries.at(-1);
  if (last) await statements.run('UPDATE progress SET claimed_seq = ? WHERE claimed_seq < ?', last.seq, last.seq);
  return entries;
}
