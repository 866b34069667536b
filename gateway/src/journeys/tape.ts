/**
 * One call on tape: ledger row and event in the transaction of the answer, then the file, then the closed row. What fails on the way is
 * in the ledger with its reason (law 5), and never ends the conversation. When the recorder thread ends during the call, its row is closed as
 * `interrupted` and a new part goes on, paused where the one before was.
 */
import type { PausedBy, ResumedBy } from '@keepline/contracts/events';
import type { Clock } from '@keepline/contracts/clock';
import type { AgentId, CallId, RecordingId } from '@keepline/contracts/ids';
import type { CallAudio } from '../calls/call-audio.ts';
import type { Leg } from '../calls/leg.ts';
import { RecordingPauseRefused } from '../recording/errors.ts';
import type { EventLog } from '../events/event-log.ts';
import { closeRow, type LedgerRow, openRow, recordReason } from '../recording/ledger.ts';
import { closePause, openPause } from '../recording/pauses.ts';
import type { Recorder, RecordingResult } from '../recording/recorder.ts';
import type { Store, Tx } from '../store/store.ts';
import type { Taping } from './house.ts';
import { TapePart } from './tape-part.ts';

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
  /** Position in the part that runs. */
  sinceMs: number;
  readonly by: PausedBy;
  readonly disarm: () => void;
}

/** Where the sound comes from: a call of ours, or one forked to us. */
export type TapeSource = Pick<LedgerRow, 'source' | 'sourceSession'>;
const OWN: TapeSource = { source: 'own', sourceSession: null };

export function tapeOf(parts: TapeParts, callId: CallId, agentId: AgentId, source = OWN): Taping {
  const { recorder, store, events, clock } = parts;
  let part = new TapePart(clock);
  let sound: { readonly audio: CallAudio; readonly caller: Leg; readonly agent: Leg } | undefined;
  let pausing: Pausing | undefined;
  let isClosing = false;
  let tellPause: (untilMs: number, ranOut: boolean) => void = () => {};
  let tellStop: () => void = () => {};

  /** Rows are written one after the other: a pause must not overtake the part it belongs to. */
  let lane: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const done = lane.then(act);
    lane = done.catch(() => {});
    return done;
  };

  const writeOpened = async (tx: Tx, of: TapePart): Promise<void> => {
    const { recordingId } = of;
    await openRow(tx, { id: recordingId, callId, agentId, openedAtMs: clock.now(), ...source });
    await events.append(tx, 'recording.opened', { callId, recordingId });
    tx.afterCommit(() => (of.rowIsOpen = true));
  };
  const writePaused = async (tx: Tx, { recordingId }: TapePart, sinceMs: number, by: PausedBy): Promise<void> => {
    await openPause(tx, recordingId, Math.round(sinceMs), by);
    await events.append(tx, 'recording.paused', { callId, recordingId, by });
  };
  const writeResumed = async (tx: Tx, { recordingId }: TapePart, sinceMs: number, atMs: number, by: ResumedBy): Promise<void> => {
    await closePause(tx, recordingId, Math.round(atMs), by);
    await events.append(tx, 'recording.resumed', { callId, recordingId, by, pausedMs: Math.round(atMs - sinceMs) });
  };
  const writeClosed = async (tx: Tx, { recordingId }: TapePart, result: RecordingResult): Promise<void> => {
    const { durationMs, outcome } = result;
    await closeRow(tx, recordingId, clock.now(), { ...result, file: result.file || null });
    await events.append(tx, 'recording.closed', { callId, recordingId, durationMs: Math.round(durationMs), outcome });
  };

  const openFile = async (of: TapePart): Promise<boolean> => {
    try {
      await of.open(recorder);
    } catch (thrown) {
      parts.onFault(thrown);
      return false;
    }
    void of.lost.then(() => part === of && !isClosing && goOn(of));
    return true;
  };
  /** The recorder thread ended: what is said from now on goes into another part, which waits for the next thread. */
  const goOn = (lost: TapePart): void => {
    const next = new TapePart(clock);
    const wasPaused = pausing && { sinceMs: pausing.sinceMs, by: pausing.by };
    part = next;
    next.begin();
    sound?.audio.startRecording(sound.caller, sound.agent, next.fromEdge);
    if (pausing) {
      pausing.sinceMs = 0;
      next.mark('silence', 0);
    }
    inTurn(async () => {
      const result = await lost.result();
      await store.write(async (tx) => {
        if (wasPaused) await writeResumed(tx, lost, wasPaused.sinceMs, Math.max(wasPaused.sinceMs, result.durationMs), 'end');
        await writeClosed(tx, lost, result);
        await writeOpened(tx, next);
        if (wasPaused) await writePaused(tx, next, 0, wasPaused.by);
      });
      if (!(await openFile(next))) tellStop();
    }).catch((thrown: unknown) => {
      parts.onFault(thrown); // the row of the part before stays open; the next start closes it
      tellStop();
    });
  };

  /** A part that waits for its file counts: what is silenced in it never gets there. */
  const isRunning = (): boolean => sound !== undefined && !isClosing && !part.hasFailed;
  const endPause = async (by: ResumedBy): Promise<void> => {
    if (!pausing) return;
    const { sinceMs, disarm } = pausing;
    pausing = undefined;
    disarm();
    const of = part;
    const atMs = of.positionMs();
    of.mark('sound', atMs);
    tellPause(0, by === 'limit');
    await inTurn(() => store.write((tx) => writeResumed(tx, of, sinceMs, atMs, by)));
  };
  return {
    get recordingId() {
      return part.recordingId;
    },
    get isRunning() {
      return isRunning();
    },
    get isPaused() {
      return pausing !== undefined;
    },
    listen(audio, caller, agent) {
      sound = { audio, caller, agent };
      part.begin();
      audio.startRecording(caller, agent, part.fromEdge);
    },
    openRow: (tx) => writeOpened(tx, part),
    open: () => openFile(part),
    async pause(by: PausedBy = 'agent') {
      if (!isRunning()) throw new RecordingPauseRefused(callId, 'nothing is being recorded');
      if (pausing) throw new RecordingPauseRefused(callId, 'it is paused already');
      const of = part;
      const sinceMs = of.positionMs();
      of.mark('silence', sinceMs); // first of all: what fails below must not be heard
      const giveUp = (): void => {
        parts
          .auditResume(part.recordingId)
          .catch(parts.onFault) // a log that cannot be written does not keep the rest of the call off the tape
          .then(() => endPause('limit'))
          .catch(parts.onFault);
      };
      // An agent forgets; another exchange resumes when it sends again, and an entry of digits has its own end.
      const disarm = by === 'agent' ? clock.after(parts.maxPauseMs, giveUp) : () => {};
      pausing = { sinceMs, by, disarm };
      if (by === 'agent') tellPause(clock.now() + parts.maxPauseMs, false);
      await inTurn(() => store.write((tx) => writePaused(tx, of, sinceMs, by)));
    },
    async resume(by: PausedBy = 'agent') {
      if (!pausing) throw new RecordingPauseRefused(callId, 'it is not paused');
      if (pausing.by === 'flow' && by !== 'flow') throw new RecordingPauseRefused(callId, 'digits are being keyed');
      await endPause(by);
    },
    onPause: (listener) => (tellPause = listener),
    onStop: (listener) => (tellStop = listener),
    async close() {
      tellPause = () => {}; // the call has gone on to its end
      tellStop = () => {};
      isClosing = true;
      await endPause('end').catch(parts.onFault);
      try {
        await sound?.audio.stopRecording();
      } catch (thrown) {
        parts.onFault(thrown); // an edge that died closes its end of the channel, which ends the file too
      }
      await lane;
      const result = await part.result();
      if (!part.rowIsOpen) {
        await store.write((tx) => recordReason(tx, callId, part.failure, clock.now())).catch(parts.onFault);
        return;
      }
      try {
        await store.write((tx) => writeClosed(tx, part, result));
      } catch (thrown) {
        parts.onFault(thrown); // the row stays open; the next start finds the file and closes it
      }
    },
  };
}
