/** The ledger as people search it: recordings together with what is known of their calls, a page at a time, newest first. */
import type { LedgerReader, LedgerRow } from './ledger.ts';

export interface ArchiveRow extends LedgerRow {
  readonly queue: string;
  readonly trunk: string;
}

/** What to look for; what is left out matters not. Times are wall ms since 1970. */
export interface ArchiveSearch {
  readonly agent?: string;
  readonly queue?: string;
  readonly call?: string;
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** The last row of the page before: id. */
  readonly after?: string;
  readonly limit?: number;
}

export const PAGE_MAX = 200;
const PAGE_DEFAULT = 50;
const SELECT = `SELECT r.id, r.call_id AS callId, r.agent_id AS agentId, r.opened_at_ms AS openedAtMs, r.closed_at_ms AS closedAtMs, r.state,
  r.file, r.samples, r.duration_ms AS durationMs, r.bytes, r.sha256, r.why, r.source, r.source_session AS sourceSession, coalesce(c.queue, '') AS queue,
  coalesce(c.trunk, '') AS trunk
  FROM recordings r LEFT JOIN calls c ON c.id = r.call_id`;

/** @param limit of `search` 1 to 200 */
export function searchArchive(read: LedgerReader, search: ArchiveSearch): Promise<ArchiveRow[]> {
  const wheres: string[] = [];
  const params: Array<string | number> = [];
  const where = (sql: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    wheres.push(sql);
    params.push(value);
  };
  where('r.agent_id = ?', search.agent);
  where('c.queue = ?', search.queue);
  where('r.call_id = ?', search.call);
  where('r.opened_at_ms >= ?', search.fromMs);
  where('r.opened_at_ms < ?', search.untilMs);
  where('(r.opened_at_ms, r.id) < (SELECT opened_at_ms, id FROM recordings WHERE id = ?)', search.after);
  const limit = Math.min(Math.max(search.limit ?? PAGE_DEFAULT, 1), PAGE_MAX);
  const filter = wheres.length === 0 ? '' : ` WHERE ${wheres.join(' AND ')}`;
  return read.all<ArchiveRow>(`${SELECT}${filter} ORDER BY r.opened_at_ms DESC, r.id DESC LIMIT ?`, ...params, limit);
}

export function findInArchive(read: LedgerReader, id: string): Promise<ArchiveRow | undefined> {
  return read.get<ArchiveRow>(`${SELECT} WHERE r.id = ?`, id);
}
