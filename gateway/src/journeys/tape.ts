/**
 * One call on tape: ledger row and event in the transaction of the answer, then the file, then the closed row. What fails on the way is
 * in the ledger with its reason (law 5), and never ends the conversation.
 */
import type { Clock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import { type AgentId, type CallId, newId, type RecordingId } from '@keepline/contracts/ids';
import type { EventLog } from '../events/event-log.ts';
import { closeRow, openRow } from '../recording/ledger.ts';
import type { OpenRecording, Recorder, RecordingResult } from '../recording/recorder.ts';
import type { Store } from '../store/store.ts';
import type { Taping } from './house.ts';

export interface TapeParts {
  readonly recorder: Pick<Recorder, 'open'>;
  readonly store: Store;
  readonly events: EventLog;
  readonly clock: Clock;
  onFault(fault: unknown): void;
}

export function tapeOf(parts: TapeParts, callId: CallId, agentId: AgentId): Taping {
  const { recorder, store, events, clock } = parts;
  const recordingId: RecordingId = newId('rec', clock.now());
  let rowIsOpen = false;
  let open: OpenRecording | undefined;
  let failure: RecordingResult | undefined;

  return {
    recordingId,
    async openRow(tx) {
      await openRow(tx, { id: recordingId, callId, agentId, openedAtMs: clock.now() });
      await events.append(tx, 'recording.opened', { callId, recordingId });
      tx.afterCommit(() => (rowIsOpen = true));
    },
    async start(audio, caller, agent) {
      try {
        open = await recorder.open(recordingId);
        audio.startRecording(caller, agent, open.port);
        return true;
      } catch (thrown) {
        parts.onFault(thrown);
        failure = { outcome: 'failed', file: '', samples: 0, durationMs: 0, bytes: 0, sha256: '', why: messageOf(thrown) };
        return false;
      }
    },
    async stop() {
      if (!rowIsOpen) return;
      const result = failure ?? (await open?.finished);
      if (!result) return;
      try {
        await store.write(async (tx) => {
          await closeRow(tx, recordingId, clock.now(), { ...result, file: result.file || null });
          const { durationMs, outcome } = result;
          await events.append(tx, 'recording.closed', { callId, recordingId, durationMs: Math.round(durationMs), outcome });
        });
      } catch (thrown) {
        parts.onFault(thrown); // the row stays open; the next start finds the file and closes it
      }
    },
  };
}
