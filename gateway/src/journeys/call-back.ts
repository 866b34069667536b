/**
 * The story of a call that is owed, in order: stand in the queue at the place it has earned, then call both sides. Agent first: an agent who takes it
 * is on the line before the customer is rung. Customer first: the customer is rung when it is this one's turn, and hears music until an agent is free.
 * From the talk on it is a call like any other: recorded by its queue, passed on, disposed.
 */
import type { CallbackId } from '@keepline/contracts/ids';
import { newId } from '@keepline/contracts/ids';
import type { Leg } from '../calls/leg.ts';
import type { OutsideOutcome } from '../calls/outside-line.ts';
import type { Assigned } from '../routing/dispatcher.ts';
import { hearProgress } from './hear-progress.ts';
import type { CallbackWish, House } from './house.ts';
import { LiveCall, type Passed } from './live-call.ts';
import { passOn } from './pass-on.ts';
import { talk, wrapUp } from './talk.ts';
import { waitInQueue } from './wait-for-agent.ts';

export interface OwedCall extends CallbackWish {
  readonly id: CallbackId;
  readonly madeAtMs: number;
  /** Begun before this one. */
  readonly tries: number;
}
export type CallBackEnd = 'talked' | 'no_answer' | 'not_begun' | 'not_allowed';
export interface CallBackParts {
  readonly house: House;
  readonly order: 'agent_first' | 'customer_first';
  /** Counts the try, durably, and audits it; false: nothing is owed any more. */
  readonly begin: (callId: string) => Promise<boolean>;
}

/** @returns how it went, and what takes it out of the line; once a customer is rung it goes on */
export function startCallBack(one: OwedCall, parts: CallBackParts): { readonly over: Promise<CallBackEnd>; withdraw(): void } {
  const { house } = parts;
  const callId = newId('call', house.clock.now());
  const withdrawn = Promise.withResolvers<'withdrawn'>();
  const audio = house.openAudio(callId);
  const call = new LiveCall(
    { callId, callerNumber: one.number, callerName: '', audio },
    {
      clock: house.clock,
      journal: house.journal,
      changed: () => house.registry.changed(),
      onFault: (thrown) => house.onFault(thrown, callId),
    },
  );
  const calledBack = { kind: one.kind, attempt: one.tries + 1, agreedAtMs: one.madeAtMs, note: one.note };
  call.apply({ do: 'call_back', queue: one.queue, skill: one.skill, sinceMs: one.queuedAtMs, calledBack });
  house.registry.add(callId, call);
  const run = async (): Promise<CallBackEnd> => {
    try {
      return await new CallBackStory(one, call, parts, withdrawn.promise).tell();
    } catch (thrown) {
      house.onFault(thrown, callId);
      await call.hangup('site');
      return 'not_begun';
    } finally {
      await audio.close();
      if (call.facts().state !== 'wrap_up') house.registry.remove(callId);
    }
  };
  return { over: run(), withdraw: () => withdrawn.resolve('withdrawn') };
}

class CallBackStory {
  readonly #one: OwedCall;
  readonly #call: LiveCall;
  readonly #parts: CallBackParts;
  readonly #withdrawn: Promise<'withdrawn'>;
  #isWritten = false;

  constructor(one: OwedCall, call: LiveCall, parts: CallBackParts, withdrawn: Promise<'withdrawn'>) {
    this.#one = one;
    this.#call = call;
    this.#parts = parts;
    this.#withdrawn = Promise.race([withdrawn, call.hangupAsked.then(() => 'withdrawn' as const)]);
  }

  async tell(): Promise<CallBackEnd> {
    const { house, order } = this.#parts;
    if (house.callbacks.checked(this.#one.number) === '') return 'not_allowed'; // the number plan has changed since
    const { callId, queue, skill, queuedAtMs } = this.#call.facts();
    for (let attempt = 1; ; attempt++) {
      const waiting = house.dispatcher.enqueue({ callId, queue, skill, queuedAtMs, isOwed: true });
      const next = await Promise.race([waiting.assigned, this.#withdrawn]);
      if (next === 'withdrawn') waiting.leave();
      if (next === 'withdrawn' || next.to === 'overflow') return this.#leave();
      if (house.outboundFault() ?? house.recordingFault()) {
        house.roster.applyFor(next.decision.agentId, callId, { do: 'withdraw' });
        return this.#leave();
      }
      await this.#write();
      const end = order === 'agent_first' ? await this.#agentFirst(next, attempt) : await this.#customerFirst(next);
      if (end !== 'again') return end;
    }
  }

  /** Rings the agent whose turn it is; `again`: the next one. */
  async #agentFirst({ decision }: Extract<Assigned, { to: 'agent' }>, attempt: number): Promise<CallBackEnd | 'again'> {
    const { house } = this.#parts;
    const call = this.#call;
    const { agentId, because, callId } = decision;
    house.journal.decided(decision);
    house.journal.offered(call.apply({ do: 'offer', agentId, because }), attempt);
    const ringing = house.door.offer(agentId, callId, house.dispatcher.queue(decision.queue).offerSeconds * 1000);
    const outcome = await Promise.race([ringing.outcome, this.#withdrawn]);
    if (outcome === 'withdrawn') {
      ringing.withdraw();
      void ringing.outcome.then((late) => late.outcome === 'answered' && late.leg.hangup());
      house.roster.applyFor(agentId, callId, { do: 'withdraw' });
      return this.#leave();
    }
    if (outcome.outcome !== 'answered') {
      house.roster.applyFor(agentId, callId, { do: 'decline', why: outcome.outcome });
      house.journal.notTaken(callId, agentId, outcome.outcome);
      call.apply({ do: 'return_to_queue' });
      return 'again';
    }
    const agent = outcome.leg;
    house.roster.applyFor(agentId, callId, { do: 'take' });
    call.apply({ do: 'dialling' });
    const left = Promise.race([agent.ended, call.hangupAsked]).then(() => 'left' as const);
    const reached = await this.#dial(left, agent);
    if (reached.outcome !== 'answered') {
      agent.hangup();
      house.journal.ended(call.apply({ do: 'end' }), { verdict: 'failed', by: reached.outcome === 'left' ? 'agent' : 'network' });
      wrapUp(call, house, agentId);
      return reached.outcome === 'not_begun' ? 'not_begun' : 'no_answer';
    }
    call.callerIs(reached.leg);
    return await this.#goOn(reached.leg, await talk(call, reached.leg, agent, house));
  }

  /** Nobody is held for a customer who may not answer: the agent is free again, and whoever is free then gets the call at its place. */
  async #customerFirst({ decision }: Extract<Assigned, { to: 'agent' }>): Promise<CallBackEnd> {
    const { house } = this.#parts;
    const call = this.#call;
    house.roster.applyFor(decision.agentId, decision.callId, { do: 'withdraw' });
    const reached = await this.#dial(call.hangupAsked.then(() => 'left' as const));
    if (reached.outcome !== 'answered') {
      house.journal.ended(call.apply({ do: 'end' }), { verdict: 'failed', by: reached.outcome === 'left' ? 'site' : 'network' });
      return reached.outcome === 'not_begun' ? 'not_begun' : 'no_answer';
    }
    call.callerIs(reached.leg);
    call.playHoldMusic();
    return await this.#goOn(reached.leg, await waitInQueue(call, reached.leg, house));
  }

  /** @param agent on the line already: hears how far it is */
  async #dial(left: Promise<'left'>, agent?: Leg): Promise<OutsideOutcome | { readonly outcome: 'left' | 'not_begun' }> {
    const { house, begin } = this.#parts;
    const { callId } = this.#call.facts();
    const mayBegin = await begin(callId).catch((fault: unknown) => {
      house.onFault(fault, callId); // not counted, or not audited: then not done
      return false;
    });
    if (!mayBegin) return { outcome: 'not_begun' };
    const ringing = house.outside.dial(this.#one.number, callId);
    const stopHearing = agent && hearProgress(ringing, agent, this.#call.audio, (fault) => house.onFault(fault, callId));
    const outcome = await Promise.race([ringing.outcome, left]);
    stopHearing?.();
    if (outcome !== 'left') return outcome;
    ringing.withdraw();
    void ringing.outcome.then((late) => late.outcome === 'answered' && late.leg.hangup());
    return { outcome: 'left' };
  }

  /** The customer was reached: whatever comes now, nothing is owed any more. */
  async #goOn(customer: Leg, first: 'over' | 'overflow' | 'agent_lost' | Passed): Promise<'talked'> {
    const { house } = this.#parts;
    const call = this.#call;
    let next = first;
    while (next === 'agent_lost' || typeof next === 'object')
      next = next === 'agent_lost' ? await waitInQueue(call, customer, house) : await passOn(call, customer, house, next);
    if (next === 'over') return 'talked';
    await call.hangup('site'); // a full queue, into which somebody passed the call on
    house.journal.ended(call.apply({ do: 'end' }), { verdict: 'interrupted', by: 'site' });
    return 'talked';
  }

  /** The row of the call, once: before anybody is rung. */
  async #write(): Promise<void> {
    if (this.#isWritten) return;
    const { house, order } = this.#parts;
    const { id: callbackId, queue, kind, tries } = this.#one;
    const facts = this.#call.facts();
    await house.journal.calledBack(facts, { callId: facts.callId, callbackId, queue, kind, attempt: tries + 1, order });
    this.#isWritten = true;
  }

  /** Out of the line with nobody rung, or nobody who took it. */
  #leave(): 'not_begun' {
    const ended = this.#call.apply({ do: 'end' });
    if (this.#isWritten) this.#parts.house.journal.ended(ended, { verdict: 'interrupted', by: 'site' });
    return 'not_begun';
  }
}
