/**
 * Tables of outbox.db. Two processes share the file: the gateway appends (`outbox.ts`), `cloud-sync` delivers (`delivery.ts`).
 * A row of `event` waits while `seq > delivered_seq`. `claimed_seq` is the last row the relay may have sent: expiry never touches it or
 * anything before it, else an event could be both in the cloud and counted as expired.
 * `egress` is the ledger: what left, expired or was stopped, by day and type, written in the transaction that settles the events; at most one
 * row per type and day, about 7,000 a year. `volume` is what waits, kept by both processes so that no look at it has to count rows.
 * `request` is the other half of the ledger: questions asked of the cloud, which are no events and have no part in the balance of events.
 * A file from before the ledger opens it with one row of what had happened until then.
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
CREATE TABLE IF NOT EXISTS egress (
  day TEXT NOT NULL,
  type TEXT NOT NULL,
  events INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  expired INTEGER NOT NULL DEFAULT 0,
  quarantined INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (day, type)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request (
  day TEXT NOT NULL,
  type TEXT NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  stopped INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (day, type)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS volume (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  events INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
INSERT INTO egress (day, type, events, expired, quarantined)
  SELECT '1970-01-01', 'before_ledger', delivered, (SELECT coalesce(sum(events), 0) FROM expired), (SELECT count(*) FROM quarantine)
  FROM progress WHERE produced > 0 AND NOT EXISTS (SELECT 1 FROM volume);
INSERT OR IGNORE INTO volume
  SELECT 1, count(*), coalesce(sum(octet_length(body)), 0) FROM event
  WHERE seq > (SELECT delivered_seq FROM progress) AND NOT EXISTS (SELECT 1 FROM volume);
`;
