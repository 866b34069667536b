/** Bindings as rows of `registrations`. */
import type { Reader, Tx } from '../store/store.ts';
import type { Binding } from './bindings.ts';

type Row = Omit<Binding, 'path'> & { readonly path: string };

const COLUMNS = `agent_id AS agentId, contact, path, call_id AS callId, cseq, expires_at_ms AS expiresAtMs, refreshed_at_ms AS refreshedAtMs,
  address, port, transport`;

/** Those that have not expired, refreshed longest ago first. */
export async function readBindings(read: Reader, nowMs: number): Promise<Binding[]> {
  const rows = await read.all<Row>(`SELECT ${COLUMNS} FROM registrations WHERE expires_at_ms > ? ORDER BY refreshed_at_ms`, nowMs);
  return rows.map((row) => ({ ...row, path: pathOf(row.path) }));
}

/** The bindings of one agent, in place of those before. */
export async function writeBindings(tx: Tx, agentId: string, bindings: readonly Binding[]): Promise<void> {
  await tx.run('DELETE FROM registrations WHERE agent_id = ?', agentId);
  for (const one of bindings) {
    const place = [one.address, one.port, one.transport] as const;
    const times = [one.expiresAtMs, one.refreshedAtMs] as const;
    await tx.run(
      `INSERT INTO registrations (agent_id, contact, path, call_id, cseq, expires_at_ms, refreshed_at_ms, address, port, transport)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[agentId, one.contact, JSON.stringify(one.path), one.callId, one.cseq, ...times, ...place],
    );
  }
}

export async function deleteExpired(tx: Tx, nowMs: number): Promise<void> {
  await tx.run('DELETE FROM registrations WHERE expires_at_ms <= ?', nowMs);
}

function pathOf(text: string): string[] {
  const values: unknown = JSON.parse(text);
  return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
}
