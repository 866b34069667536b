/**
 * Everything a journey needs of the house, as the smallest interfaces it can do with. `main.ts` fills it in.
 */
import type { AuditAct } from '@keepline/contracts/audit-acts';
import type { Clock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import type { PausedBy } from '@keepline/contracts/events';
import type { CallbackKind } from '@keepline/contracts/events';
import type { Flow } from '@keepline/contracts/flow';
import type { AgentId, CallId, RecordingId } from '@keepline/contracts/ids';
import type { RecordingSetting } from '@keepline/contracts/recording-policy';
import type { AgentDoor } from '../calls/agent-door.ts';
import type { CallAudio } from '../calls/call-audio.ts';
import type { CallRegistry } from '../calls/call-registry.ts';
import type { LiftedLines } from '../calls/lifted-lines.ts';
import type { Leg } from '../calls/leg.ts';
import type { OutsideLine } from '../calls/outside-line.ts';
import type { Dispatcher } from '../routing/dispatcher.ts';
import type { ParkingLot } from '../routing/parking-lot.ts';
import type { Roster } from '../routing/roster.ts';
import type { Tx } from '../store/store.ts';
import type { CallJournal } from './call-journal.ts';
import type { TapeSource } from './tape.ts';

/** One call on tape. Sound is kept from the first word; the file exists only after its ledger row does. */
export interface Taping {
  /** Of the part that runs: another one after the recorder thread ended during the call. */
  readonly recordingId: RecordingId;
  /** Whether what is said is kept, or would be but for a pause. */
  readonly isRunning: boolean;
  readonly isPaused: boolean;
  /** From now on what both say waits for the file. */
  listen(audio: CallAudio, caller: Leg, agent: Leg): void;
  /** Ledger row and event, inside the transaction of the answer. */
  openRow(tx: Tx): Promise<void>;
  /** Makes the file; false when it cannot, and the reason is in the ledger when the tape is closed. */
  open(): Promise<boolean>;
  /**
   * What was said from a moment ago is silence on both channels until `resume`; ledger row and event are durable when this resolves.
   * @throws RecordingPauseRefused
   */
  pause(by?: PausedBy): Promise<void>;
  /** @throws RecordingPauseRefused when it is not paused, or digits are being keyed (`flow`) */
  resume(by?: PausedBy): Promise<void>;
  /** One listener: paused until then (wall ms; 0: recording again), and whether the limit ended the pause. */
  onPause(listener: (untilMs: number, ranOut: boolean) => void): void;
  /** One listener: the recorder thread ended and there was no other in time; from now on nothing is kept, and the ledger says why. */
  onStop(listener: () => void): void;
  /** Ends the sound, closes file and row; resolves when both are durable. Never rejects. */
  close(): Promise<void>;
}

/** A call that is to be owed. Number and note are personal data. */
export interface CallbackWish {
  readonly callId: CallId;
  readonly kind: CallbackKind;
  readonly queue: string;
  readonly skill: string;
  /** '' where the caller agreed on it with the flow. */
  readonly agentId: AgentId;
  readonly number: string;
  readonly note: string;
  /** Its place in the queue, and when it is due, wall ms. */
  readonly queuedAtMs: number;
  readonly dueAtMs: number;
}

export interface House {
  readonly clock: Clock;
  readonly registry: CallRegistry;
  readonly dispatcher: Dispatcher;
  readonly roster: Roster;
  readonly door: AgentDoor;
  readonly journal: CallJournal;
  readonly outside: OutsideLine;
  /** Gives what a caller keyed to the hook that flow or agent named, audited; never rejects. */
  handSecret(
    callId: CallId,
    secret: { readonly node: string; readonly hook: string; readonly keyed: string },
  ): Promise<'accepted' | 'refused' | 'unavailable'>;
  /** How many digits an agent may ask for by this hook; undefined where only flows do. */
  secretTerms(hook: string): { readonly minDigits: number; readonly maxDigits: number } | undefined;
  /** Calls that are owed to customers. */
  readonly callbacks: {
    readonly isOn: boolean;
    /** One spelling of a number that may be called back; '' for any other. */
    checked(number: string): string;
    /** Durable when it resolves. @throws KeeplineError */
    book(wish: CallbackWish): Promise<void>;
  };
  readonly parking: ParkingLot;
  /** How long a call may stay parked before it rings back, ms. */
  readonly parkedMs: number;
  /** What a phone dials to pick up a call; '' for nothing. */
  readonly pickupCode: string;
  /** Lines of agents who dialled for a call. */
  readonly lifted: LiftedLines;
  /** Target of a phone's transfer key that parks the caller; '' for none. */
  readonly parkCode: string;
  /** Runs a sensitive act that an agent asked for on a telephone: its entry is durable before. */
  auditPhone(act: AuditAct, agentId: AgentId, object: string, run: () => Promise<void>): Promise<void>;
  /** Whether what a supervisor whispers is on tape. */
  readonly recordWhisper: boolean;
  /** Media for a call that does not come in but goes out. */
  openAudio(callId: CallId): CallAudio;
  /** The flow that new calls get. */
  flow(): Flow;
  /** Whether a call that must be recorded may be taken now. */
  recordingFault(): { readonly code: string } | null;
  /** Why no call of ours can begin now: the site has enough to do with those in progress. */
  outboundFault(): KeeplineError | null;
  /** Whether talks of this queue are recorded; '' is a call out that has none. */
  recordingOf(queue: string): RecordingSetting;
  /** @param source where it is not a call of ours */
  tape(callId: CallId, agentId: AgentId, source?: TapeSource): Taping;
  onFault(fault: unknown, callId: CallId): void;
}
