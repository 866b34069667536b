/**
 * The talks of a call as rows of the ledger: each is recorded, or says why not, from its first word on. A talk is a conversation of the
 * customer with one agent, of an agent with whom it asks, or of the customer with an outside number. Times are wall ms since 1970.
 */
import type { TalkKind } from '@keepline/contracts/events';
import type { AgentId, CallId, RecordingId, TalkId } from '@keepline/contracts/ids';
import type { RecordingPolicy } from '@keepline/contracts/recording-policy';
import type { LedgerReader, LedgerTx } from './ledger.ts';

export interface TalkRow {
  readonly id: TalkId;
  readonly callId: CallId;
  /** Who has the call, or had it last. */
  readonly agentId: AgentId;
  readonly kind: TalkKind;
  readonly beganAtMs: number;
  readonly policy: RecordingPolicy;
  /** The first recording; null while there is none. */
  readonly recordingId: RecordingId | null;
  /** Why nothing, or not all of it, is recorded. */
  readonly reason: string | null;
}

export async function openTalk(
  tx: LedgerTx,
  { id, callId, agentId, kind, beganAtMs, policy, recordingId, reason }: TalkRow,
): Promise<void> {
  await tx.run(
    'INSERT INTO talks (id, call_id, agent_id, kind, began_at_ms, policy, recording_id, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ...[id, callId, agentId, kind, beganAtMs, policy, recordingId, reason],
  );
}

/** Somebody started the recording of this talk; the first one stands. */
export async function talkRecorded(tx: LedgerTx, id: TalkId, recordingId: RecordingId): Promise<void> {
  await tx.run('UPDATE talks SET recording_id = ? WHERE id = ? AND recording_id IS NULL', recordingId, id);
}

/** Talks that began since then. */
export function readTalks(read: LedgerReader, sinceMs: number): Promise<TalkRow[]> {
  return read.all<TalkRow>(
    `SELECT id, call_id AS callId, agent_id AS agentId, kind, began_at_ms AS beganAtMs, policy, recording_id AS recordingId, reason
     FROM talks WHERE began_at_ms >= ? ORDER BY began_at_ms`,
    sinceMs,
  );
}
