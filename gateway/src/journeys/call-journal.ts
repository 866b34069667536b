/**
 * Writes the story of one call: every step is one durable transaction of the call's row and its event (decision D7), in the order of the
 * calls made here. A failing disk is told to `onFault` and never stops the conversation itself.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { EventData, EventType } from '@keepline/contracts/events';
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { LegFigures } from '../calls/call-audio.ts';
import type { CallFacts } from '../calls/call-control.ts';
import type { Arrival } from '../calls/arrival.ts';
import type { Ended } from '../calls/end-verdict.ts';
import type { EventLog } from '../events/event-log.ts';
import type { Explained } from '../routing/explain.ts';
import type { Store, Tx } from '../store/store.ts';
import { addDecision, type CallProgress, openCall, updateCall } from '../store/tables/calls.ts';
import { RefusedCalls } from './refused-calls.ts';

export interface JournalParts {
  readonly store: Store;
  readonly events: EventLog;
  readonly clock: Clock;
  onFault(fault: unknown): void;
}

export class CallJournal {
  readonly #parts: JournalParts;
  readonly #refused: RefusedCalls;

  constructor(parts: JournalParts) {
    this.#parts = parts;
    this.#refused = new RefusedCalls(parts.clock, (told) => this.#note(told.callId, {}, 'call.refused', told));
  }

  /** The first row, before anybody is answered. Rejects when it is not durable: then the call must be refused. */
  async opened(arrival: Omit<Arrival, 'audio' | 'ring' | 'answer' | 'refuse'>, startedAtMs: number): Promise<void> {
    const { callId, trunk, callerNumber, callerName, dialledNumber } = arrival;
    await this.#parts.store.write(async (tx) => {
      await openCall(tx, { id: callId, trunk, callerNumber, callerName, dialledNumber, startedAtMs });
      await this.#parts.events.append(tx, 'call.offered', { callId, trunk, callerNumber, callerName, dialledNumber });
    });
  }

  /** Counted with others of its kind under a flood. @param callId null for a call that was turned away before it had one */
  refused(callId: CallId | null, trunk: string, status: number, why: string): void {
    this.#refused.add({ trunk, status, why }, callId ?? undefined);
  }

  answered(callId: CallId, flow: string, flowVersion: number): void {
    this.#note(callId, { answeredAtMs: this.#parts.clock.now(), flow, flowVersion }, 'call.answered', { callId, flow, flowVersion });
  }

  chosen(call: CallFacts, node: string, choice: string): void {
    this.#note(call.callId, { path: call.path }, 'ivr.chosen', { callId: call.callId, node, choice });
  }

  secret(data: EventData['ivr.secret']): void {
    this.#note(data.callId, {}, 'ivr.secret', data);
  }

  queued(call: CallFacts, waiting: number): void {
    const { callId, queue, skill, queuedAtMs } = call;
    this.#note(callId, { queue, skill, queuedAtMs }, 'call.queued', { callId, queue, skill, waiting });
  }

  decided(decision: Explained): void {
    const { callId, decisionId, queue, agentId, skill, advice, adviceUsed, delayMs } = decision;
    const event = { callId, decisionId, queue, agentId, skill, advice: advice.outcome, adviceUsed, delayMs: Math.round(delayMs) };
    this.#write(async (tx) => {
      await addDecision(tx, { id: decisionId, callId, timeMs: decision.timeMs, trace: decision });
      await this.#parts.events.append(tx, 'routing.decided', event);
    });
  }

  offered(call: CallFacts, attempt: number): void {
    const { callId, agentId } = call;
    if (agentId) this.#note(callId, {}, 'call.offered_to_agent', { callId, agentId, attempt });
  }

  notTaken(callId: CallId, agentId: string, why: EventData['call.not_taken']['why']): void {
    this.#note(callId, {}, 'call.not_taken', { callId, agentId, why });
  }

  /** The agent answered. `alsoWrite` opens the ledger row in the same transaction. Resolves when durable. */
  async connected(call: CallFacts, alsoWrite: (tx: Tx) => Promise<void>): Promise<void> {
    const { callId, agentId, queue, waitMs, connectedAtMs } = call;
    if (!agentId) return;
    await this.#parts.store.write(async (tx) => {
      await updateCall(tx, callId, { agentId, waitMs, connectedAtMs });
      await this.#parts.events.append(tx, 'call.connected', { callId, agentId, queue, waitMs });
      await alsoWrite(tx);
    });
  }

  /** The row of a call out, before anybody is rung. Rejects when it is not durable. */
  async dialled(callId: CallId, agentId: AgentId, calledNumber: string, startedAtMs: number): Promise<void> {
    await this.#parts.store.write(async (tx) => {
      await openCall(tx, { id: callId, trunk: '', callerNumber: calledNumber, callerName: '', dialledNumber: calledNumber, startedAtMs });
      await this.#parts.events.append(tx, 'call.dialled', { callId, agentId, calledNumber });
    });
  }

  /** The row of a call that was owed, before anybody is rung. Rejects when it is not durable. */
  async calledBack(call: CallFacts, data: EventData['callback.called']): Promise<void> {
    const { callId, callerNumber, startedAtMs, queue, skill, queuedAtMs } = call;
    await this.#parts.store.write(async (tx) => {
      await openCall(tx, { id: callId, trunk: '', callerNumber, callerName: '', dialledNumber: callerNumber, startedAtMs });
      await updateCall(tx, callId, { queue, skill, queuedAtMs });
      await this.#parts.events.append(tx, 'callback.called', data);
    });
  }

  consulted(data: EventData['call.consulted']): void {
    this.#note(data.callId, {}, 'call.consulted', data);
  }

  conferenced(callId: CallId, agentId: AgentId): void {
    this.#note(callId, {}, 'call.conferenced', { callId, agentId });
  }

  transferred(data: EventData['call.transferred']): void {
    this.#note(data.callId, {}, 'call.transferred', data);
  }

  pickedUp(data: EventData['call.picked_up']): void {
    this.#note(data.callId, {}, 'call.picked_up', data);
  }

  parked(data: EventData['call.parked']): void {
    this.#note(data.callId, {}, 'call.parked', data);
  }

  unparked(data: EventData['call.unparked']): void {
    this.#note(data.callId, {}, 'call.unparked', data);
  }

  supervised(data: EventData['call.supervised']): void {
    this.#note(data.callId, {}, 'call.supervised', data);
  }

  excused(data: EventData['recording.excused']): void {
    this.#note(data.callId, {}, 'recording.excused', data);
  }

  /** A unit of the story that others write. Resolves when durable. */
  async write(unit: (tx: Tx) => Promise<void>): Promise<void> {
    await this.#parts.store.write(unit);
  }

  held(callId: CallId, by: 'agent' | 'caller'): void {
    this.#note(callId, {}, 'call.held', { callId, by });
  }

  resumed(callId: CallId, by: 'agent' | 'caller'): void {
    this.#note(callId, {}, 'call.resumed', { callId, by });
  }

  /** How a leg was heard, when its talk is over. Scores cross as whole tenths, for a decimal could carry digits of something else. */
  quality(callId: CallId, leg: EventData['quality.sampled']['leg'], of: LegFigures): void {
    this.#note(callId, {}, 'quality.sampled', {
      ...{
        callId,
        leg,
        packets: of.packets,
        lost: of.lost,
        jitterMs: Math.round(of.jitterMs),
        roundTripMs: Math.round(of.roundTripMs ?? 0),
      },
      ...{ mosEstimateTenths: Math.round(10 * (of.mos ?? 0)), worstMosEstimateTenths: Math.round(10 * (of.worstMos ?? 0)) },
    });
  }

  ended(call: CallFacts, { verdict, by, cause = 0 }: Ended): void {
    const { callId, queue, startedAtMs, queuedAtMs, connectedAtMs, endedAtMs } = call;
    const talkMs = connectedAtMs === 0 ? 0 : endedAtMs - connectedAtMs;
    const waitMs = connectedAtMs !== 0 ? call.waitMs : queuedAtMs === 0 ? 0 : endedAtMs - queuedAtMs;
    this.#note(callId, { endedAtMs, verdict, endedBy: by, talkMs, waitMs, cause }, 'call.ended', {
      callId,
      verdict,
      by,
      queue,
      durationMs: endedAtMs - startedAtMs,
      waitMs,
      talkMs,
      cause,
    });
  }

  disposed(callId: CallId, agentId: string, disposition: string, note: string, wrapUpMs: number): void {
    this.#note(callId, { disposition, note }, 'call.disposed', { callId, agentId, disposition, note, wrapUpMs });
  }

  #note<T extends EventType>(callId: CallId, progress: Partial<CallProgress>, type: T, data: EventData[T]): void {
    this.#write(async (tx) => {
      if (Object.keys(progress).length > 0) await updateCall(tx, callId, progress);
      await this.#parts.events.append(tx, type, data);
    });
  }

  #write(unit: (tx: Tx) => Promise<void>): void {
    this.#parts.store.write(unit).catch((fault: unknown) => this.#parts.onFault(fault));
  }
}
