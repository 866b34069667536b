/**
 * The log of domain events, raw, in commit order, and the ledger of those that may not leave the site.
 * AUTOINCREMENT keeps numbers from coming back after old rows were pruned; a unit that is undone gives its number back, so none is missing.
 */
import type { TableFamily } from '../migrations.ts';

export const eventTables: TableFamily = {
  name: 'events',
  statements: [
    `CREATE TABLE event_log (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      type TEXT NOT NULL,
      time_ms INTEGER NOT NULL,
      call_id TEXT,
      data TEXT NOT NULL
    ) STRICT`,
    `CREATE INDEX event_log_by_call ON event_log (call_id) WHERE call_id IS NOT NULL`,
    // produced = delivered + refused + expired: without this row a refused event would look lost.
    `CREATE TABLE event_refusals (
      number INTEGER PRIMARY KEY,
      type TEXT NOT NULL,
      code TEXT NOT NULL,
      refused_at_ms INTEGER NOT NULL
    ) STRICT`,
  ],
};
