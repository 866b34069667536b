/**
 * What an agent may do to itself and to a call. A call is reached only by the agent it belongs to; to everybody else it does not exist.
 */
import type { DeskQueue, DeskRequest } from '@keepline/contracts/agent-protocol';
import type { AuditAct } from '@keepline/contracts/audit-acts';
import type { AgentStateName, SuperviseMode } from '@keepline/contracts/events';
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { Permission } from '@keepline/contracts/roles';
import type { CallControl, CallFacts } from '../calls/call-control.ts';
import { CallNotFound, CallStateRefused } from '../calls/errors.ts';
import { mayPickUp } from '../calls/pickable.ts';
import { ParkingSlotEmpty } from '../routing/errors.ts';
import { PermissionRefused } from '../identity/errors.ts';
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
  agent(agentId: AgentId): {
    readonly state: AgentStateName;
    readonly reason: string;
    readonly sinceMs: number;
    readonly afterwards: string;
  };
  /** Agents who are ready for a call. */
  readyAgents(): readonly AgentId[];
  queueNames(): readonly string[];
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
  /** At once, or as soon as this call rings here. */
  answerWhenRinging(callId: string): void;
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
  readonly permissions: ReadonlySet<Permission>;
  /** Calls out for this agent; the call is on the desk when it returns. */
  readonly dial: (agentId: AgentId, number: string) => CallId;
  /** Owes the customer of this call another one; durable when it resolves. @throws KeeplineError */
  readonly schedule: (agentId: AgentId, call: CallFacts, atMs: number, note: string) => Promise<void>;
  /** Runs a sensitive act of this agent: its entry is durable before. `object` names no person. */
  readonly audited: <T>(act: AuditAct, object: string, run: () => Promise<T>) => Promise<T>;
}
export type Command = Extract<DeskRequest, { ask: `agent.${string}` | `call.${string}` | `recording.${string}` | `secret.${string}` }>;

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
    case 'recording.pause':
    case 'recording.resume': {
      const call = ownCall(at, command.callId);
      const run = command.ask === 'recording.pause' ? () => call.pauseRecording() : () => call.resumeRecording();
      return await at.audited(command.ask, command.callId, run);
    }
    case 'recording.start':
    case 'recording.stop': {
      const call = ownCall(at, command.callId);
      const run = command.ask === 'recording.start' ? () => call.startRecording() : () => call.stopRecording();
      return await at.audited(command.ask, command.callId, run);
    }
    case 'secret.collect': {
      const call = ownCall(at, command.callId);
      return await at.audited(command.ask, command.callId, () => call.collectSecret(command.hook));
    }
    case 'secret.abort':
      return ownCall(at, command.callId).abortSecret();
    case 'call.mute':
      if (isGuest(at, command.callId)) return at.calls.get(command.callId).conversation().muteParty(at.agentId, command.muted);
      return await ownCall(at, command.callId).mute(command.muted);
    case 'call.hangup':
      if (isGuest(at, command.callId)) return at.calls.get(command.callId).conversation().leave(at.agentId);
      return await ownCall(at, command.callId).hangup('agent');
    case 'call.transfer': {
      const { to } = command;
      const talk = ownCall(at, command.callId).conversation();
      return await dialling(at, to.kind, command.callId, async () => talk.transfer(to));
    }
    case 'call.consult': {
      const { to } = command;
      const talk = ownCall(at, command.callId).conversation();
      return await dialling(at, to.kind, command.callId, () => talk.consult(to));
    }
    case 'call.conference':
      return await ownCall(at, command.callId).conversation().conference();
    case 'call.complete':
      return ownCall(at, command.callId).conversation().complete();
    case 'call.release':
      return ownCall(at, command.callId).conversation().release();
    case 'call.pickup': {
      const control = at.calls.get(command.callId);
      const queues = at.duty.queues(at.agentId).map(({ queue }) => queue);
      if (!mayPickUp(control.facts(), at.agentId, queues)) throw new CallNotFound(command.callId);
      return await takeUp('call.pickup', control, at);
    }
    case 'call.park': {
      const talk = ownCall(at, command.callId).conversation();
      return await at.audited('call.park', command.callId, async () => void talk.park());
    }
    case 'call.retrieve': {
      const control = at.calls.all().find((call) => call.facts().parked?.slot === command.slot);
      if (!control) throw new ParkingSlotEmpty(command.slot);
      return await takeUp('call.retrieve', control, at);
    }
    case 'call.dial': {
      if (!at.usesPhone && !at.isMediaReady()) throw new AgentMediaNotReady(at.agentId);
      const callId = await at.audited('call.dial_out', at.agentId, async () => at.dial(at.agentId, command.number));
      at.bell.answer(callId); // who asked for the call has answered it; a phone on the table rings and is lifted
      return;
    }
    case 'call.supervise':
      return await supervise(command, at);
    case 'call.schedule': {
      const facts = ownCall(at, command.callId).facts();
      if (!['connected', 'held', 'wrap_up'].includes(facts.state))
        throw new CallStateRefused(command.callId, 'owe a call after', facts.state);
      return await at.audited('call.dial_out', command.callId, () => at.schedule(at.agentId, facts, command.atMs, command.note));
    }
    case 'call.dispose': {
      const call = ownCall(at, command.callId);
      if (!at.dispositions.includes(command.disposition)) throw new DispositionUnknown(command.disposition);
      return await call.dispose(command.disposition, command.note);
    }
    default:
      return command satisfies never;
  }
}

/** A call that was not offered to this agent, and is answered when it rings here. */
async function takeUp(act: 'call.pickup' | 'call.retrieve', control: CallControl, at: CommandSurroundings): Promise<void> {
  if (!at.usesPhone && !at.isMediaReady()) throw new AgentMediaNotReady(at.agentId);
  const { callId } = control.facts();
  await at.audited(act, callId, async () => control.pickUp(at.agentId));
  if (!at.usesPhone) at.bell.answerWhenRinging(callId);
}

/** A call that leaves the house is an audited act; inside the house nothing is. */
async function dialling(
  at: CommandSurroundings,
  kind: 'queue' | 'agent' | 'outside',
  callId: string,
  run: () => Promise<void>,
): Promise<void> {
  if (kind === 'outside') await at.audited('call.dial_out', callId, run);
  else await run();
}

const ACT_OF: Readonly<Record<SuperviseMode, AuditAct>> = { monitor: 'call.monitor', whisper: 'call.whisper', barge: 'call.barge' };

async function supervise({ callId, mode }: Extract<Command, { ask: 'call.supervise' }>, at: CommandSurroundings): Promise<void> {
  if (!at.permissions.has('call.supervise')) throw new PermissionRefused('call.supervise');
  const control = at.calls.get(callId);
  const isInside = isGuest(at, callId);
  if (!isInside && !at.usesPhone && !at.isMediaReady()) throw new AgentMediaNotReady(at.agentId);
  await at.audited(ACT_OF[mode], callId, async () => control.conversation().supervise(at.agentId, mode));
  if (!isInside) at.bell.answer(callId);
}

/** Whether this agent is in the call of another: consulted, or supervising. */
function isGuest({ calls, agentId }: CommandSurroundings, callId: string): boolean {
  return calls
    .get(callId)
    .facts()
    .parties.some((party) => party.agentId === agentId);
}

/** @throws CallNotFound for calls that are not this agent's exactly as for calls that are not */
export function ownCall(at: { readonly calls: Pick<Calls, 'get'>; readonly agentId: AgentId }, callId: string): CallControl {
  const control = at.calls.get(callId);
  if (control.facts().agentId !== at.agentId) throw new CallNotFound(callId);
  return control;
}

function notRinging(callId: string, wanted: string, at: CommandSurroundings): CallStateRefused {
  const { state } = isGuest(at, callId) ? at.calls.get(callId).facts() : ownCall(at, callId).facts();
  return new CallStateRefused(callId, wanted, state);
}
