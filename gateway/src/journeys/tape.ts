/**
 * One call on tape: ledger row and event in the transaction of the answer, then the file, then the closed row. What fails on the way is
 * in the ledger with its reason (law 5), and never ends the conversation.
 */
import { MessageChannel } from 'node:worker_threads';
import type { Clock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import { type AgentId, type CallId, newId, type RecordingId } from '@keepline/contracts/ids';
import type { CallAudio } from '../calls/call-audio.ts';
import type { EventLog } from '../events/event-log.ts';
import { closeRow, openRow, recordReason } from '../recording/ledger.ts';
import type { OpenRecording, Recorder, RecordingResult } from '../recording/recorder.ts';
import type { Store } from '../store/store.ts';
import type { Taping } from './house.ts';

export interface TapeParts {
  readonly recorder: Pick<Recorder, 'open'>;
  readonly store: Store;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly onFault: (fault: unknown) => void;
}

export function tapeOf(parts: TapeParts, callId: CallId, agentId: AgentId): Taping {
  const { recorder, store, events, clock } = parts;
  const recordingId: RecordingId = newId('rec', clock.now());
  const { port1: fromEdge, port2: toRecorder } = new MessageChannel();
  let sound: CallAudio | undefined;
  let rowIsOpen = false;
  let recording: OpenRecording | undefined;
  let failure = 'the ledger row could not be opened';

  const stopSound = async (): Promise<void> => {
    try {
      await sound?.stopRecording();
    } catch (thrown) {
      parts.onFault(thrown); // an edge that died closes its end of the channel, which ends the file too
    }
  };
  return {
    recordingId,
    listen(audio, caller, agent) {
      sound = audio;
      audio.startRecording(caller, agent, fromEdge);
    },
    async openRow(tx) {
      await openRow(tx, { id: recordingId, callId, agentId, openedAtMs: clock.now() });
      await events.append(tx, 'recording.opened', { callId, recordingId });
      tx.afterCommit(() => (rowIsOpen = true));
    },
    async open() {
      try {
        recording = await recorder.open(recordingId, toRecorder);
        return true;
      } catch (thrown) {
        parts.onFault(thrown);
        failure = messageOf(thrown);
        return false;
      }
    },
    async close() {
      await stopSound();
      if (!recording) toRecorder.close();
      if (!rowIsOpen) {
        await store.write((tx) => recordReason(tx, callId, failure, clock.now())).catch(parts.onFault);
        return;
      }
      const result = (await recording?.finished) ?? nothing(failure);
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

const nothing = (why: string): RecordingResult => ({ outcome: 'failed', file: '', samples: 0, durationMs: 0, bytes: 0, sha256: '', why });
