/**
 * Who may come in: accounts, password hashes, sessions, second factors, tokens. No password, no session token, no API token and no TOTP
 * secret is readable in here: a copy of the database lets nobody in.
 */
import type { TableFamily } from '../migrations.ts';

export const identityTables: TableFamily = {
  name: 'agents', // the family began with agents only; the name is the key of its progress
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
    // agents are no longer the only people who sign in
    'ALTER TABLE agent_passwords RENAME TO user_passwords',
    'ALTER TABLE user_passwords RENAME COLUMN agent_id TO user_id',
    'ALTER TABLE user_passwords ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0',
    // above 0: a one-time enrolment code, good until then
    'ALTER TABLE user_passwords ADD COLUMN use_until_ms INTEGER NOT NULL DEFAULT 0',
    `CREATE TABLE user_password_history (
      user_id TEXT NOT NULL,
      replaced_at_ms INTEGER NOT NULL,
      hash TEXT NOT NULL,
      PRIMARY KEY (user_id, replaced_at_ms, hash)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE users (
      user_id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      roles TEXT NOT NULL,
      is_disabled INTEGER NOT NULL,
      created_at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    'DROP TABLE agent_sessions', // tokens of the old shape say too little; whoever was signed in signs in again
    `CREATE TABLE user_sessions (
      token_sha256 TEXT PRIMARY KEY,
      session_id TEXT NOT NULL UNIQUE,
      user_id TEXT NOT NULL,
      from_address TEXT NOT NULL,
      opened_at_ms INTEGER NOT NULL,
      seen_at_ms INTEGER NOT NULL,
      must_change INTEGER NOT NULL,
      has_factor INTEGER NOT NULL,
      factor_proven INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX user_sessions_by_user ON user_sessions (user_id)',
    `CREATE TABLE sign_in_tallies (
      user_id TEXT PRIMARY KEY,
      failures INTEGER NOT NULL,
      last_at_ms INTEGER NOT NULL,
      locked_until_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE second_factors (
      factor_id TEXT PRIMARY KEY,
      user_id TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('totp', 'passkey')),
      label TEXT NOT NULL,
      credential_id TEXT UNIQUE,
      material BLOB NOT NULL,
      counter INTEGER NOT NULL,
      drift_steps INTEGER NOT NULL,
      created_at_ms INTEGER NOT NULL,
      used_at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX second_factors_by_user ON second_factors (user_id)',
    `CREATE TABLE recovery_codes (
      user_id TEXT NOT NULL,
      code_sha256 TEXT NOT NULL,
      PRIMARY KEY (user_id, code_sha256)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE api_tokens (
      token_id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      token_sha256 TEXT NOT NULL UNIQUE,
      permissions TEXT NOT NULL,
      created_by TEXT NOT NULL,
      created_at_ms INTEGER NOT NULL,
      expires_at_ms INTEGER NOT NULL,
      revoked_at_ms INTEGER
    ) STRICT, WITHOUT ROWID`,
    // who stands behind an account: '' means nobody else has one; two accounts of one person never make four eyes
    "ALTER TABLE users ADD COLUMN person TEXT NOT NULL DEFAULT ''",
    // 'local', or the directory that vouches for this account
    "ALTER TABLE users ADD COLUMN source TEXT NOT NULL DEFAULT 'local'",
    `CREATE TABLE approvals (
      approval_id TEXT PRIMARY KEY,
      act TEXT NOT NULL,
      object TEXT NOT NULL,
      params TEXT NOT NULL,
      binding_sha256 TEXT NOT NULL,
      purpose TEXT NOT NULL,
      requested_by TEXT NOT NULL,
      requested_at_ms INTEGER NOT NULL,
      expires_at_ms INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'refused', 'used')),
      decided_by TEXT NOT NULL DEFAULT '',
      decided_at_ms INTEGER NOT NULL DEFAULT 0,
      reason TEXT NOT NULL DEFAULT '',
      used_by TEXT NOT NULL DEFAULT '',
      used_at_ms INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX approvals_by_requester ON approvals (requested_by, state)',
    // what the running site demands: the console obeys it whatever site file it is shown
    'CREATE TABLE four_eyes (act TEXT PRIMARY KEY) STRICT, WITHOUT ROWID',
    // people of the identity provider; user_id '': seen, and bound to no account yet
    `CREATE TABLE oidc_subjects (
      subject_id TEXT PRIMARY KEY,
      issuer TEXT NOT NULL,
      subject TEXT NOT NULL,
      claimed_name TEXT NOT NULL,
      seen_at_ms INTEGER NOT NULL,
      user_id TEXT NOT NULL DEFAULT '',
      bound_by TEXT NOT NULL DEFAULT '',
      bound_at_ms INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID`,
    "CREATE UNIQUE INDEX oidc_subjects_by_user ON oidc_subjects (user_id) WHERE user_id <> ''",
  ],
};
