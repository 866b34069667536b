/**
 * Published flow documents. A row is never changed: a call that ended last month can still show the menu its caller heard.
 */
import type { TableFamily } from '../migrations.ts';

export const flowTables: TableFamily = {
  name: 'flows',
  statements: [
    `CREATE TABLE flows (
      flow TEXT NOT NULL,
      version INTEGER NOT NULL,
      sha256 TEXT NOT NULL,
      document TEXT NOT NULL,
      published_at_ms INTEGER NOT NULL,
      PRIMARY KEY (flow, version)
    ) STRICT, WITHOUT ROWID`,
  ],
};
