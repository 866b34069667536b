/**
 * What a desk may ask of routing about its own agent. Thin: the rules are in `agent-state.ts`, and refusals come from there.
 */
import type { DeskQueue } from '@keepline/contracts/agent-protocol';
import type { AgentStateName } from '@keepline/contracts/events';
import type { AgentId } from '@keepline/contracts/ids';
import type { Dispatcher } from './dispatcher.ts';
import type { Roster } from './roster.ts';

export class AgentDuty {
  readonly #roster: Roster;
  readonly #dispatcher: Dispatcher;

  constructor(roster: Roster, dispatcher: Dispatcher) {
    this.#roster = roster;
    this.#dispatcher = dispatcher;
  }

  /** Somebody sits at the desk; in any state. */
  async signIn(agentId: AgentId): Promise<void> {
    this.#roster.apply(agentId, { do: 'sign_in' });
  }

  /** @throws AgentStateRefused while a call is in progress */
  async signOut(agentId: AgentId): Promise<void> {
    this.#roster.apply(agentId, { do: 'sign_out' });
  }

  /** The desk is gone and did not come back; in any state. */
  async lost(agentId: AgentId): Promise<void> {
    this.#roster.apply(agentId, { do: 'lose' });
  }

  /** @throws AgentStateRefused */
  async ready(agentId: AgentId): Promise<void> {
    this.#roster.apply(agentId, { do: 'ready' });
  }

  /** During a call: afterwards. @throws AgentStateRefused */
  async notReady(agentId: AgentId, reason: string): Promise<void> {
    this.#roster.apply(agentId, { do: 'not_ready', reason });
  }

  agent(agentId: AgentId): {
    readonly state: AgentStateName;
    readonly reason: string;
    readonly sinceMs: number;
    readonly afterwards: string;
  } {
    const { at, reason, sinceMs, afterwards } = this.#roster.state(agentId);
    return { state: at, reason, sinceMs, afterwards };
  }

  queueNames(): readonly string[] {
    return this.#dispatcher.names();
  }

  /** Agents who are ready for a call. */
  readyAgents(): readonly AgentId[] {
    return this.#roster.ready().map(({ id }) => id);
  }

  queues(agentId: AgentId): DeskQueue[] {
    return this.#dispatcher.queues(agentId);
  }

  onChange(listener: () => void): () => void {
    return this.#dispatcher.onChange(listener);
  }
}
