/**
 * What a journey asks of an agent's workplace, be it a browser or a phone with a static address.
 */
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { Leg } from './leg.ts';

export type NotTaken = 'declined' | 'no_answer' | 'agent_lost';
export type OfferOutcome = { readonly outcome: 'answered'; readonly leg: Leg } | { readonly outcome: NotTaken };

export interface Offer {
  readonly outcome: Promise<OfferOutcome>;
  /** The caller is gone: stop ringing. The outcome settles as `agent_lost`. */
  withdraw(): void;
}

export interface AgentDoor {
  /**
   * Shows the call to the agent, then rings, and settles within `ringMs`. The audio path to the agent is ready before `answered`.
   * Never rejects: a workplace that fails is `agent_lost`.
   */
  offer(agentId: AgentId, callId: CallId, ringMs: number): Offer;
}
