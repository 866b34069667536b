/**
 * What decides how long things are kept: legal holds, ends of contracts, and the recordings that were deleted with their certificates. Wall
 * times in ms since 1970. The number under a hold is personal data and lies sealed.
 */
import type { Reader } from '../connection.ts';
import type { TableFamily } from '../migrations.ts';
import type { Tx } from '../unit-of-work.ts';

export const retentionTables: TableFamily = {
  name: 'retention',
  statements: [
    `CREATE TABLE legal_holds (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('recording', 'call', 'number')),
      object TEXT NOT NULL,
      reason TEXT NOT NULL,
      placed_by TEXT NOT NULL,
      placed_at_ms INTEGER NOT NULL,
      released_by TEXT,
      released_at_ms INTEGER
    ) STRICT`,
    `CREATE TABLE contract_ends (
      call_id TEXT PRIMARY KEY,
      ended_at_ms INTEGER NOT NULL,
      told_by TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX contract_ends_by_time ON contract_ends (ended_at_ms)',
    // without a certificate: begun, and to be finished by the next run
    `CREATE TABLE recording_deletions (
      recording_id TEXT PRIMARY KEY,
      begun_at_ms INTEGER NOT NULL,
      line TEXT NOT NULL,
      why TEXT NOT NULL,
      certificate TEXT
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX recording_deletions_begun ON recording_deletions (begun_at_ms) WHERE certificate IS NULL',
  ],
  sealed: [
    {
      name: 'legal_holds',
      sealed: async () => undefined, // born sealed
      async resealed(row, columns) {
        const stored = String(row['object']);
        if (row['kind'] !== 'number' || columns.isCurrent(stored)) return undefined;
        const place = `legal_holds/object/${String(row['id'])}` as const;
        return { object: columns.seal(await columns.open(stored, place), place) };
      },
    },
  ],
};

export type HoldKind = 'recording' | 'call' | 'number';
export interface LegalHold {
  readonly id: string;
  readonly kind: HoldKind;
  /** Id of the recording or call, or the number in its one spelling. */
  readonly object: string;
  readonly reason: string;
  readonly placedBy: string;
  readonly placedAtMs: number;
}

export async function placeHold(tx: Tx, hold: LegalHold): Promise<void> {
  const { id, kind, object, reason, placedBy, placedAtMs } = hold;
  const stored = kind === 'number' ? tx.columns.seal(object, `legal_holds/object/${id}`) : object;
  const sql = 'INSERT INTO legal_holds (id, kind, object, reason, placed_by, placed_at_ms) VALUES (?, ?, ?, ?, ?, ?)';
  await tx.run(sql, id, kind, stored, reason, placedBy, placedAtMs);
}

/** @returns false when there is no such hold in force */
export async function releaseHold(tx: Tx, id: string, by: string, atMs: number): Promise<boolean> {
  const sql = 'UPDATE legal_holds SET released_by = ?, released_at_ms = ? WHERE id = ? AND released_at_ms IS NULL';
  return (await tx.run(sql, by, atMs, id)).changes === 1;
}

/** Every hold in force, oldest first; a house has few. @throws ColumnForeign */
export async function holdsInForce(reader: Reader): Promise<LegalHold[]> {
  const rows = await reader.all<LegalHold>(
    `SELECT id, kind, object, reason, placed_by AS placedBy, placed_at_ms AS placedAtMs
     FROM legal_holds WHERE released_at_ms IS NULL ORDER BY placed_at_ms, id`,
  );
  const opened = async (hold: LegalHold): Promise<LegalHold> =>
    hold.kind === 'number' ? { ...hold, object: await reader.columns.open(hold.object, `legal_holds/object/${hold.id}`) } : hold;
  return Promise.all(rows.map(opened));
}
