/**
 * Lines on which agents dialled a feature code and now wait for the call they asked for: the call is put on that line in place of ringing the
 * phone that is in the agent's hand. One line of each agent at most.
 */
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { Offer } from './agent-door.ts';
import type { SecondLine } from './second-line.ts';

export class LiftedLines {
  readonly #lines = new Map<AgentId, { readonly callId: CallId; readonly line: SecondLine }>();

  /** @returns takes the line back; false when it is not here any more */
  put(agentId: AgentId, callId: CallId, line: SecondLine): () => boolean {
    const entry = { callId, line };
    this.#lines.set(agentId, entry);
    const takeBack = (): boolean => this.#lines.get(agentId) === entry && this.#lines.delete(agentId);
    void line.ended.then(takeBack); // hung up again: then the phone is rung like any other
    return takeBack;
  }

  /** The line on which this agent waits for this call, answered; undefined when there is none. */
  take(agentId: AgentId, callId: CallId): Offer | undefined {
    const entry = this.#lines.get(agentId);
    if (entry?.callId !== callId) return undefined;
    this.#lines.delete(agentId);
    return { outcome: Promise.resolve({ outcome: 'answered', leg: entry.line.answer() }), withdraw: () => {} };
  }
}
