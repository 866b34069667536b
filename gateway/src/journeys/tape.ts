/**
 * One call on tape: ledger row and event in the transaction of the answer, then the file, then the closed row. What fails on the way is
 * in the ledger with its reason (law 5), and never ends the conversation.
 */
import { MessageChannel } from 'node:worker_threads';
import type { PausedBy, ResumedBy } from '@keepline/contracts/events';
import type { Clock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import { type AgentId, type CallId, newId, type RecordingId } from '@keepline/contracts/ids';
import type { CallAudio } from '../calls/call-audio.ts';
import { RecordingPauseRefused } from '../recording/errors.ts';
import type { EventLog } from '../events/event-log.ts';
import { closeRow, type LedgerRow, openRow, recordReason } from '../recording/ledger.ts';
import { closePause, openPause } from '../recording/pauses.ts';
import type { OpenRecording, Recorder, RecordingResult } from '../recording/recorder.ts';
import type { Store } from '../store/store.ts';
import type { Taping } from './house.ts';

const SAMPLES_PER_MS = 8;

export interface TapeParts {
  readonly recorder: Pick<Recorder, 'open'>;
  readonly store: Store;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly onFault: (fault: unknown) => void;
  /** Longest pause, ms; then it ends by itself. */
  readonly maxPauseMs: number;
  /** A pause is ended by the site and not by a person: audited, too. */
  readonly auditResume: (recordingId: RecordingId) => Promise<void>;
}

interface Pausing {
  readonly sinceMs: number;
  readonly disarm: () => void;
}

/** Where the sound comes from: a call of ours, or one forked to us. */
export type TapeSource = Pick<LedgerRow, 'source' | 'sourceSession'>;
const OWN: TapeSource = { source: 'own', sourceSession: null };

export function tapeOf(parts: TapeParts, callId: CallId, agentId: AgentId, source = OWN): Taping {
  const { recorder, store, events, clock } = parts;
  const recordingId: RecordingId = newId('rec', clock.now());
  const { port1: fromEdge, port2: toRecorder } = new MessageChannel();
  let sound: CallAudio | undefined;
  let rowIsOpen = false;
  let recording: OpenRecording | undefined;
  let failure = 'the ledger row could not be opened';
  let startedMs = 0;
  let pausing: Pausing | undefined;
  let tellPause: (untilMs: number, ranOut: boolean) => void = () => {};

  /** Ms since the recording began; what the edge counts from is a few ms later, which the silence allows for. */
  const positionMs = (): number => clock.monotonicMs() - startedMs;
  const endPause = async (by: ResumedBy): Promise<void> => {
    if (!pausing) return;
    const { sinceMs, disarm } = pausing;
    pausing = undefined;
    disarm();
    const atMs = positionMs();
    recording?.sound(atMs * SAMPLES_PER_MS);
    tellPause(0, by === 'limit');
    await store.write(async (tx) => {
      await closePause(tx, recordingId, Math.round(atMs), by);
      await events.append(tx, 'recording.resumed', { callId, recordingId, by, pausedMs: Math.round(atMs - sinceMs) });
    });
  };

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
      startedMs = clock.monotonicMs();
      audio.startRecording(caller, agent, fromEdge);
    },
    async openRow(tx) {
      await openRow(tx, { id: recordingId, callId, agentId, openedAtMs: clock.now(), ...source });
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
    async pause(by: PausedBy = 'agent') {
      if (!recording) throw new RecordingPauseRefused(callId, 'nothing is being recorded');
      if (pausing) throw new RecordingPauseRefused(callId, 'it is paused already');
      const sinceMs = positionMs();
      recording.silence(sinceMs * SAMPLES_PER_MS); // first of all: what fails below must not be heard
      const giveUp = (): void => {
        parts
          .auditResume(recordingId)
          .catch(parts.onFault) // a log that cannot be written does not keep the rest of the call off the tape
          .then(() => endPause('limit'))
          .catch(parts.onFault);
      };
      // An agent forgets; another exchange resumes when it sends again, and not before.
      const disarm = by === 'agent' ? clock.after(parts.maxPauseMs, giveUp) : () => {};
      pausing = { sinceMs, disarm };
      if (by === 'agent') tellPause(clock.now() + parts.maxPauseMs, false);
      await store.write(async (tx) => {
        await openPause(tx, recordingId, Math.round(sinceMs), by);
        await events.append(tx, 'recording.paused', { callId, recordingId, by });
      });
    },
    async resume(by: PausedBy = 'agent') {
      if (!pausing) throw new RecordingPauseRefused(callId, 'it is not paused');
      await endPause(by);
    },
    onPause: (listener) => (tellPause = listener),
    async close() {
      tellPause = () => {}; // the call has gone on to its end
      await endPause('end').catch(parts.onFault);
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
