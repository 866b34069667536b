/**
 * What may be done to a call in progress, and by whom. Journeys implement it for the call they run; agents and the API only ever
 * hold this interface.
 */
import type { RoutedBecause } from '@keepline/contracts/agent-protocol';
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { RecordingPolicy } from '@keepline/contracts/recording-policy';
import type { CallbackKind, EndedBy, RingOutcome, SecretOutcome, SuperviseMode } from '@keepline/contracts/events';
import type { SecondLine } from './second-line.ts';

/** Somebody in a call beside the caller and its agent. */
export interface CallParty {
  readonly role: 'consulted' | 'supervisor';
  /** null for an outside number. */
  readonly agentId: AgentId | null;
  /** Personal data; '' for an agent. */
  readonly number: string;
  readonly state: 'ringing' | 'talking';
  /** null for who was consulted. */
  readonly mode: SuperviseMode | null;
  readonly muted: boolean;
}
/** Whom a caller is passed on to, or who is asked. The number is personal data. */
export type CallTarget =
  | { readonly kind: 'queue'; readonly queue: string }
  | { readonly kind: 'agent'; readonly agentId: AgentId }
  | { readonly kind: 'outside'; readonly number: string };

/** That a call is one that was owed. */
export interface CalledBack {
  readonly kind: CallbackKind;
  /** From 1. */
  readonly attempt: number;
  /** Wall ms. */
  readonly agreedAtMs: number;
  /** Of the agent who agreed on it; may hold personal data. */
  readonly note: string;
}

/** Everything a screen may show of a call; personal data is masked by whoever shows it. */
export interface CallFacts {
  readonly callId: CallId;
  /** `dialling`: the agent is on the line, the customer rings. `outside`: passed on to an outside number. */
  readonly state: 'in_flow' | 'queued' | 'offered' | 'parked' | 'dialling' | 'connected' | 'held' | 'wrap_up' | 'outside' | 'ended';
  readonly direction: 'in' | 'out';
  /** null for every other call. */
  readonly calledBack: CalledBack | null;
  /** At most one of each role. */
  readonly parties: readonly CallParty[];
  /** Whom the agent consulted and the caller hear each other. */
  readonly conference: boolean;
  /** What became of the consultation before, while none is going on. */
  readonly lastConsult: RingOutcome | null;
  /** Where it is parked, since when (wall ms) and by whom; null when it is not. */
  readonly parked: { readonly slot: number; readonly sinceMs: number; readonly by: AgentId } | null;
  readonly callerNumber: string;
  readonly callerName: string;
  readonly queue: string;
  readonly skill: string;
  readonly path: readonly string[];
  readonly agentId: AgentId | null;
  readonly routedBecause: RoutedBecause | null;
  readonly muted: boolean;
  readonly recording: boolean;
  readonly recordingPolicy: RecordingPolicy;
  /** Recording is paused until then at the longest, wall ms; 0 when it is not. */
  readonly pausedUntilMs: number;
  /** The last pause was ended by the site, because nobody resumed it. */
  readonly pauseRanOut: boolean;
  /** The caller keys digits for a hook of the site; what they are is kept nowhere. */
  readonly collecting: { readonly hook: string; readonly digits: number; readonly isChecking: boolean } | null;
  readonly lastSecret: SecretOutcome | null;
  /** Wall times in ms since 1970; 0 when not yet. */
  readonly startedAtMs: number;
  readonly queuedAtMs: number;
  readonly offeredAtMs: number;
  readonly connectedAtMs: number;
  readonly endedAtMs: number;
  readonly wrapUpUntilMs: number;
  readonly waitMs: number;
}

/** What may be done while caller and agent talk. Refusals are KeeplineErrors; nothing has changed then. */
export interface Conversation {
  /** Passes the caller on without asking. */
  transfer(to: CallTarget): void;
  /** Puts the caller into a parking place. @returns its number */
  park(): number;
  /** Rings somebody while the caller hears music; the agent speaks with them on `line`, where it called them with its own phone. */
  consult(to: CallTarget, line?: SecondLine): Promise<void>;
  /** All three hear one another. */
  conference(): Promise<void>;
  /** The agent leaves the caller with whom was consulted. */
  complete(): void;
  /** Lets go of whom was consulted, or stops ringing. */
  release(): void;
  /** Brings a supervisor in, or changes how one is in. */
  supervise(supervisor: AgentId, mode: SuperviseMode): void;
  /** One of the parties leaves; the others go on. */
  leave(agentId: AgentId): void;
  muteParty(agentId: AgentId, muted: boolean): void;
}

export interface CallControl {
  /** @throws CallStateRefused when nobody talks */
  conversation(): Conversation;
  facts(): CallFacts;
  /** This agent takes the call out of its queue, from the bell of a colleague, or out of its parking place. @throws KeeplineError */
  pickUp(agentId: AgentId): void;
  hold(): Promise<void>;
  resume(): Promise<void>;
  /** Keeps a card number or a PIN off the tape. @throws KeeplineError when nothing is recorded, or it is paused already */
  pauseRecording(): Promise<void>;
  /** @throws KeeplineError when it is not paused */
  resumeRecording(): Promise<void>;
  /** For a queue that records on demand. @throws KeeplineError where the policy is another, or it is being recorded */
  startRecording(): Promise<void>;
  /** @throws KeeplineError where nothing was started */
  stopRecording(): Promise<void>;
  /**
   * The caller keys digits for this hook: from now until the entry is over the agent does not hear the caller, and nothing is on tape. Resolves
   * when the digits are listened for. @throws SecretEntryRefused
   */
  collectSecret(hook: string): Promise<void>;
  /** @throws SecretEntryRefused when nothing is being keyed */
  abortSecret(): void;
  mute(muted: boolean): Promise<void>;
  hangup(by: EndedBy): Promise<void>;
  /** The mandatory outcome after the call; ends the wrap-up. `note` is free text and stays on the premises. */
  dispose(disposition: string, note: string): Promise<void>;
}
