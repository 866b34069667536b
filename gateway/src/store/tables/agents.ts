/**
 * What the site keeps of its agents beside `site.yaml`: password hashes and sessions. No password and no session token is in here: a
 * copy of the database lets nobody in.
 */
import type { TableFamily } from '../migrations.ts';

export const agentTables: TableFamily = {
  name: 'agents',
  statements: [
    `CREATE TABLE agent_passwords (
      agent_id TEXT PRIMARY KEY,
      hash TEXT NOT NULL,
      changed_at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE agent_sessions (
      token_sha256 TEXT PRIMARY KEY,
      agent_id TEXT NOT NULL,
      role TEXT NOT NULL,
      opened_at_ms INTEGER NOT NULL,
      seen_at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX agent_sessions_by_agent ON agent_sessions (agent_id)',
  ],
};
