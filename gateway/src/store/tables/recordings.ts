/**
 * The recording ledger: one row per recording, opened with the answer and closed with length and hash, and the reason of each answered call
 * that has none; one row per talk, with its recording or its reason; the times in which one was silenced, in ms since its start. Times are wall times in ms since 1970; null means not closed yet.
 */
import type { TableFamily } from '../migrations.ts';

export const recordingTables: TableFamily = {
  name: 'recordings',
  statements: [
    `CREATE TABLE recordings (
      id TEXT PRIMARY KEY,
      call_id TEXT NOT NULL,
      agent_id TEXT NOT NULL,
      opened_at_ms INTEGER NOT NULL,
      closed_at_ms INTEGER,
      state TEXT NOT NULL CHECK (state IN ('open', 'complete', 'interrupted', 'failed')),
      file TEXT,
      samples INTEGER,
      duration_ms INTEGER,
      bytes INTEGER,
      sha256 TEXT,
      why TEXT
    ) STRICT`,
    'CREATE INDEX recordings_by_call ON recordings (call_id)',
    `CREATE INDEX recordings_open ON recordings (id) WHERE state = 'open'`,
    `CREATE TABLE recording_reasons (
      call_id TEXT PRIMARY KEY,
      reason TEXT NOT NULL,
      at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE recording_pauses (
      recording_id TEXT NOT NULL REFERENCES recordings (id),
      from_ms INTEGER NOT NULL,
      to_ms INTEGER,
      paused_by TEXT NOT NULL CHECK (paused_by IN ('agent', 'flow')),
      resumed_by TEXT CHECK (resumed_by IN ('agent', 'flow', 'limit', 'end'))
    ) STRICT`,
    'CREATE INDEX recording_pauses_by_recording ON recording_pauses (recording_id)',
    'CREATE INDEX recordings_by_opening ON recordings (opened_at_ms, id)',
    `CREATE TABLE talks (
      id TEXT PRIMARY KEY,
      call_id TEXT NOT NULL,
      agent_id TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('agent', 'consult', 'outside')),
      began_at_ms INTEGER NOT NULL,
      policy TEXT NOT NULL CHECK (policy IN ('always', 'never', 'on_demand')),
      recording_id TEXT,
      reason TEXT
    ) STRICT`,
    'CREATE INDEX talks_by_call ON talks (call_id)',
    'CREATE INDEX talks_by_beginning ON talks (began_at_ms)',
    // Calls of other exchanges, forked to us: whose they are, and how their source calls them.
    `ALTER TABLE recordings ADD COLUMN source TEXT NOT NULL DEFAULT 'own' CHECK (source IN ('own', 'siprec'))`,
    'ALTER TABLE recordings ADD COLUMN source_session TEXT',
    // Their source pauses, too: SQLite widens a CHECK by a new table only.
    'ALTER TABLE recording_pauses RENAME TO recording_pauses_before',
    `CREATE TABLE recording_pauses (
      recording_id TEXT NOT NULL REFERENCES recordings (id),
      from_ms INTEGER NOT NULL,
      to_ms INTEGER,
      paused_by TEXT NOT NULL CHECK (paused_by IN ('agent', 'flow', 'source')),
      resumed_by TEXT CHECK (resumed_by IN ('agent', 'flow', 'source', 'limit', 'end'))
    ) STRICT`,
    `INSERT INTO recording_pauses (recording_id, from_ms, to_ms, paused_by, resumed_by)
      SELECT recording_id, from_ms, to_ms, paused_by, resumed_by FROM recording_pauses_before`,
    'DROP TABLE recording_pauses_before',
    'CREATE INDEX recording_pauses_by_recording ON recording_pauses (recording_id)',
  ],
};
