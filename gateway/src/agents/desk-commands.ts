/**
 * What an agent may do to itself and to a call. A call is reached only by the agent it belongs to; to everybody else it does not exist.
 */
import type { DeskQueue, DeskRequest } from '@keepline/contracts/agent-protocol';
import type { AgentStateName } from '@keepline/contracts/events';
import type { AgentId } from '@keepline/contracts/ids';
import type { CallControl } from '../calls/call-control.ts';
import { CallNotFound, CallStateRefused } from '../calls/errors.ts';
import { AgentMediaNotReady, DispositionUnknown, NotReadyReasonUnknown } from './errors.ts';

/** Routing as a desk knows it. Transitions that make no sense reject with a coded error. */
export interface Duty {
  /** Somebody sits at the desk; in any state, also when the page was reloaded in a call. */
  signIn(agentId: AgentId): Promise<void>;
  /** @throws KeeplineError while a call is in progress */
  signOut(agentId: AgentId): Promise<void>;
  /** The desk is gone and did not come back; accepted in any state. */
  lost(agentId: AgentId): Promise<void>;
  ready(agentId: AgentId): Promise<void>;
  notReady(agentId: AgentId, reason: string): Promise<void>;
  agent(agentId: AgentId): { readonly state: AgentStateName; readonly reason: string; readonly sinceMs: number };
  queues(agentId: AgentId): DeskQueue[];
  onChange(listener: () => void): () => void;
}
export interface Calls {
  get(callId: string): CallControl;
  all(): CallControl[];
  ofAgent(agentId: AgentId): CallControl | undefined;
  onChange(listener: () => void): () => void;
}
/** The bell of the desk this command came from. */
export interface Bell {
  /** @returns false when this call does not ring here */
  answer(callId: string): boolean;
  decline(callId: string): boolean;
}
export interface CommandSurroundings {
  readonly agentId: AgentId;
  /** Speaks by a telephone on the table; needs no audio in the browser. */
  readonly usesPhone: boolean;
  readonly isMediaReady: () => boolean;
  readonly duty: Duty;
  readonly calls: Calls;
  readonly bell: Bell;
  readonly reasons: readonly string[];
  readonly dispositions: readonly string[];
}
export type Command = Extract<DeskRequest, { ask: `agent.${string}` | `call.${string}` }>;

/** @throws KeeplineError with the reason of the refusal; CALL_NOT_FOUND also for calls of others */
export async function runCommand(command: Command, at: CommandSurroundings): Promise<void> {
  switch (command.ask) {
    case 'agent.ready':
      if (!at.usesPhone && !at.isMediaReady()) throw new AgentMediaNotReady(at.agentId);
      return await at.duty.ready(at.agentId);
    case 'agent.not_ready':
      if (!at.reasons.includes(command.reason)) throw new NotReadyReasonUnknown(command.reason);
      return await at.duty.notReady(at.agentId, command.reason);
    case 'call.answer':
      if (!at.bell.answer(command.callId)) throw notRinging(command.callId, 'answer', at);
      return;
    case 'call.decline':
      if (!at.bell.decline(command.callId)) throw notRinging(command.callId, 'decline', at);
      return;
    case 'call.hold':
      return await ownCall(at, command.callId).hold();
    case 'call.resume':
      return await ownCall(at, command.callId).resume();
    case 'call.mute':
      return await ownCall(at, command.callId).mute(command.muted);
    case 'call.hangup':
      return await ownCall(at, command.callId).hangup('agent');
    case 'call.dispose': {
      const call = ownCall(at, command.callId);
      if (!at.dispositions.includes(command.disposition)) throw new DispositionUnknown(command.disposition);
      return await call.dispose(command.disposition, command.note);
    }
    default:
      return command satisfies never;
  }
}

/** @throws CallNotFound for calls that are not this agent's exactly as for calls that are not */
export function ownCall(at: { readonly calls: Pick<Calls, 'get'>; readonly agentId: AgentId }, callId: string): CallControl {
  const control = at.calls.get(callId);
  if (control.facts().agentId !== at.agentId) throw new CallNotFound(callId);
  return control;
}

function notRinging(callId: string, wanted: string, at: CommandSurroundings): CallStateRefused {
  return new CallStateRefused(callId, wanted, ownCall(at, callId).facts().state);
}
