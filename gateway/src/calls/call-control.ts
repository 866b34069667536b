/**
 * What may be done to a call in progress, and by whom. Journeys implement it for the call they run; agents and the API only ever
 * hold this interface.
 */
import type { RoutedBecause } from '@keepline/contracts/agent-protocol';
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { EndedBy } from '@keepline/contracts/events';

/** Everything a screen may show of a call; personal data is masked by whoever shows it. */
export interface CallFacts {
  readonly callId: CallId;
  readonly state: 'in_flow' | 'queued' | 'offered' | 'connected' | 'held' | 'wrap_up' | 'ended';
  readonly callerNumber: string;
  readonly callerName: string;
  readonly queue: string;
  readonly skill: string;
  readonly path: readonly string[];
  readonly agentId: AgentId | null;
  readonly routedBecause: RoutedBecause | null;
  readonly muted: boolean;
  readonly recording: boolean;
  /** Wall times in ms since 1970; 0 when not yet. */
  readonly startedAtMs: number;
  readonly queuedAtMs: number;
  readonly offeredAtMs: number;
  readonly connectedAtMs: number;
  readonly endedAtMs: number;
  readonly wrapUpUntilMs: number;
  readonly waitMs: number;
}

export interface CallControl {
  facts(): CallFacts;
  hold(): Promise<void>;
  resume(): Promise<void>;
  mute(muted: boolean): Promise<void>;
  hangup(by: EndedBy): Promise<void>;
  /** The mandatory outcome after the call; ends the wrap-up. `note` is free text and stays on the premises. */
  dispose(disposition: string, note: string): Promise<void>;
}
