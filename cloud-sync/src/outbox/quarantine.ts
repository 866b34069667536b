/** Events the egress guard stopped: out of the line, counted in the ledger, content kept on the site for a person to look at. */
import { numberOf, type Statements } from '../sqlite/sqlite-file.ts';
import { dayOf } from './day.ts';
import { type Entry, ledgerType } from './entry.ts';

/** Events whose content is kept; a policy gone wrong must not fill the disk with what may not leave. */
export const QUARANTINE_MAX = 10_000;

export interface Hit {
  readonly entry: Entry;
  /** Finding and field, never the value. */
  readonly why: string;
}

export async function quarantineHits(statements: Statements, hits: readonly Hit[], nowMs: number): Promise<void> {
  for (const { entry, why } of hits) {
    await statements.run(
      'INSERT OR IGNORE INTO quarantine (seq, id, type, why, quarantined_ms, body) SELECT seq, id, type, ?, ?, body FROM event WHERE seq = ?',
      why,
      nowMs,
      entry.seq,
    );
    const { changes } = await statements.run('DELETE FROM event WHERE seq = ?', entry.seq);
    if (changes === 0) continue; // quarantined before, by a run that did not live to hear of it
    await statements.run('UPDATE volume SET events = events - 1, bytes = bytes - ?', Buffer.byteLength(entry.body));
    await statements.run(
      `INSERT INTO egress (day, type, quarantined) VALUES (?, ?, 1) ON CONFLICT (day, type) DO UPDATE SET quarantined = quarantined + 1`,
      dayOf(nowMs),
      ledgerType(entry.type),
    );
  }
  const [row] = await statements.all('SELECT count(*) AS kept FROM quarantine');
  const excess = numberOf(row?.['kept']) - QUARANTINE_MAX;
  if (excess > 0) await statements.run('DELETE FROM quarantine WHERE seq IN (SELECT seq FROM quarantine ORDER BY seq LIMIT ?)', excess);
}
