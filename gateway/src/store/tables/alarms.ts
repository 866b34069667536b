/** Alarms, and the newest checkpoint of the audit log that this database knows: a copy outside the folder of the log. Wall times in ms since 1970. */
import type { TableFamily } from '../migrations.ts';

export const alarmTables: TableFamily = {
  name: 'alarms',
  statements: [
    `CREATE TABLE alarms (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      code TEXT NOT NULL,
      object TEXT NOT NULL,
      severity TEXT NOT NULL CHECK (severity IN ('warning', 'major', 'critical')),
      message TEXT NOT NULL,
      hint TEXT NOT NULL,
      raised_at_ms INTEGER NOT NULL,
      last_at_ms INTEGER NOT NULL,
      times INTEGER NOT NULL,
      cleared_at_ms INTEGER,
      raise_told_ms INTEGER,
      clear_told_ms INTEGER,
      given_up INTEGER NOT NULL DEFAULT 0
    ) STRICT`,
    'CREATE UNIQUE INDEX alarms_standing ON alarms (code, object) WHERE cleared_at_ms IS NULL',
    `CREATE INDEX alarms_untold ON alarms (number)
      WHERE given_up = 0 AND (raise_told_ms IS NULL OR (cleared_at_ms IS NOT NULL AND clear_told_ms IS NULL))`,
    'CREATE TABLE audit_head (id INTEGER PRIMARY KEY CHECK (id = 1), note TEXT NOT NULL) STRICT',
  ],
};
