/**
 * Tables of outbox.db. Two processes share the file: the gateway appends (`outbox.ts`), `cloud-sync` delivers (`delivery.ts`).
 * A row of `event` waits while `seq > delivered_seq`. `claimed_seq` is the last row the relay may have sent: expiry never touches it or
 * anything before it, else an event could be both in the cloud and counted as expired.
 */
export const OUTBOX_SCHEMA = `
CREATE TABLE IF NOT EXISTS event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  expiry_rank INTEGER NOT NULL,
  appended_ms INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS event_by_expiry ON event (expiry_rank, seq);
CREATE TABLE IF NOT EXISTS quarantine (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  why TEXT NOT NULL,
  quarantined_ms INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS expired (type TEXT PRIMARY KEY, events INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS progress (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  cursor INTEGER NOT NULL,
  produced INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  delivered_seq INTEGER NOT NULL,
  claimed_seq INTEGER NOT NULL,
  stream_seq INTEGER NOT NULL,
  accepted_seq INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO progress VALUES (1, 0, 0, 0, 0, 0, 0, 0);
`;
