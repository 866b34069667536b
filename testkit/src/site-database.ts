/**
 * Reads `main.db` of a site from outside, read-only, for tests and the demo that count what really happened. The log and the ledger are written
 * behind the calls: what ended a moment ago may not be there yet, so tests poll for the last fact before they compare all.
 */
import { join } from 'node:path';
import sqlite3 from 'sqlite3';

export interface LoggedEventRow {
  readonly number: number;
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export async function eventsOf(data: string, afterNumber = 0): Promise<LoggedEventRow[]> {
  const rows = await query<{ number: number; id: string; type: string; data: string }>(
    data,
    'SELECT number, id, type, data FROM event_log WHERE number > ? ORDER BY number',
    afterNumber,
  );
  return rows.map((row) => ({ ...row, data: JSON.parse(row.data) }));
}

/** Rows of any table, columns as they are called there. */
export function query<T extends object>(data: string, sql: string, ...params: Array<string | number>): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const db = new sqlite3.Database(join(data, 'main.db'), sqlite3.OPEN_READONLY, (fault) => {
      if (fault) return reject(fault);
      db.configure('busyTimeout', 5000);
      db.all<T>(sql, params, (queryFault, rows) => {
        db.close();
        if (queryFault) reject(queryFault);
        else resolve(rows);
      });
    });
  });
}
