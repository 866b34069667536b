/**
 * What was decided about the cloud's proposals, what is applied of each kind, the versions before it, and the texts the desk searches.
 * Trigrams because Chinese has no spaces between words.
 */
import type { TableFamily } from '../migrations.ts';

export const downlinkTables: TableFamily = {
  name: 'downlink',
  statements: [
    `CREATE TABLE downlink_decisions (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      version INTEGER NOT NULL,
      decision TEXT NOT NULL,
      who TEXT NOT NULL,
      reason TEXT NOT NULL,
      at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX downlink_decisions_by_time ON downlink_decisions (at_ms)',
    `CREATE TABLE downlink_applied (
      kind TEXT NOT NULL,
      version INTEGER NOT NULL,
      id TEXT NOT NULL,
      envelope TEXT NOT NULL,
      applied_at_ms INTEGER NOT NULL,
      PRIMARY KEY (kind, version)
    ) STRICT, WITHOUT ROWID`,
    // current_version 0: nothing of this kind is in force, the site file rules. highest_version never falls: nothing is applied twice.
    `CREATE TABLE downlink_state (
      kind TEXT PRIMARY KEY,
      current_version INTEGER NOT NULL,
      highest_version INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE VIRTUAL TABLE knowledge USING fts5(article_id UNINDEXED, language UNINDEXED, title, body, tokenize='trigram')`,
  ],
};
