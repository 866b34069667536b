/** Where registered phones are: bindings outlive a restart, so that phones need not notice one. Wall times in ms since 1970. */
import type { TableFamily } from '../migrations.ts';

export const registrationTables: TableFamily = {
  name: 'registrations',
  statements: [
    `CREATE TABLE registrations (
      agent_id TEXT NOT NULL,
      contact TEXT NOT NULL,
      path TEXT NOT NULL,
      call_id TEXT NOT NULL,
      cseq INTEGER NOT NULL,
      expires_at_ms INTEGER NOT NULL,
      refreshed_at_ms INTEGER NOT NULL,
      address TEXT NOT NULL,
      port INTEGER NOT NULL,
      transport TEXT NOT NULL,
      PRIMARY KEY (agent_id, contact)
    ) STRICT, WITHOUT ROWID`,
  ],
};
