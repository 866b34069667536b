/**
 * The story of a call out, in order: policy, row, the agent's own phone or desk first, then the customer, talk, close. An agent is never
 * missing when a customer answers.
 */
import { type AgentId, type CallId, newId } from '@keepline/contracts/ids';
import type { Leg } from '../calls/leg.ts';
import { hearProgress } from './hear-progress.ts';
import type { House } from './house.ts';
import { LiveCall, type Passed } from './live-call.ts';
import { passOn } from './pass-on.ts';
import { talk, wrapUp } from './talk.ts';

/** How long the agent's own phone is rung, ms. */
const AGENT_RING_MS = 25_000;

export interface OutboundCall {
  readonly callId: CallId;
  /** Settles when the call is over; never rejects. */
  readonly over: Promise<void>;
}

/**
 * @param number as typed; personal data
 * @throws KeeplineError DIAL_NUMBER_INVALID, DIAL_NOT_ALLOWED, DIAL_NO_TRUNK, CALL_NOT_NOW, AGENT_STATE_REFUSED, or why nothing can be recorded now
 */
export function startOutboundCall(agentId: AgentId, number: string, house: House): OutboundCall {
  const busy = house.outboundFault();
  if (busy) throw busy;
  const dialled = house.outside.check(number);
  const fault = house.recordingFault();
  if (fault) throw fault;
  const callId = newId('call', house.clock.now());
  house.roster.apply(agentId, { do: 'dial', callId });
  const audio = house.openAudio(callId);
  const call = new LiveCall(
    { callId, callerNumber: dialled, callerName: '', audio },
    {
      clock: house.clock,
      journal: house.journal,
      changed: () => house.registry.changed(),
      onFault: (thrown) => house.onFault(thrown, callId),
    },
  );
  call.apply({ do: 'dial_out', agentId });
  house.registry.add(callId, call);
  // Rung at once, so that the desk has the call on its screen before this returns.
  const ringing = house.door.offer(agentId, callId, AGENT_RING_MS);
  const run = async (): Promise<void> => {
    try {
      await house.journal.dialled(callId, agentId, dialled, call.facts().startedAtMs);
      const outcome = await Promise.race([ringing.outcome, call.hangupAsked]);
      if (!outcome || outcome.outcome !== 'answered') {
        if (!outcome) ringing.withdraw();
        house.roster.applyFor(agentId, callId, outcome ? { do: 'decline', why: outcome.outcome } : { do: 'withdraw' });
        house.journal.ended(call.apply({ do: 'end' }), { verdict: 'failed', by: call.endedBy ?? 'agent' });
        return;
      }
      house.roster.applyFor(agentId, callId, { do: 'take' });
      await callCustomer(call, outcome.leg, house, dialled);
    } catch (thrown) {
      house.onFault(thrown, callId);
      ringing.withdraw();
      await call.hangup('site');
    } finally {
      await audio.close();
      if (call.facts().state !== 'wrap_up') house.registry.remove(callId);
    }
  };
  return { callId, over: run() };
}

async function callCustomer(call: LiveCall, agent: Leg, house: House, number: string): Promise<void> {
  const { callId, agentId } = call.apply({ do: 'dialling' });
  const ringing = house.outside.dial(number, callId);
  const stopHearing = hearProgress(ringing, agent, call.audio, (fault) => house.onFault(fault, callId));
  const left = Promise.race([agent.ended, call.hangupAsked]).then(() => 'left' as const);
  const outcome = await Promise.race([ringing.outcome, left]);
  stopHearing();
  if (outcome === 'left' || outcome.outcome !== 'answered') {
    ringing.withdraw();
    void ringing.outcome.then((late) => late.outcome === 'answered' && late.leg.hangup());
    agent.hangup();
    const why = outcome === 'left' ? ({ by: 'agent' } as const) : ({ by: 'network', cause: outcome.cause ?? 0 } as const);
    house.journal.ended(call.apply({ do: 'end' }), { verdict: 'failed', ...why });
    wrapUp(call, house, agentId ?? '');
    return;
  }
  const customer = outcome.leg;
  call.callerIs(customer);
  let next: 'over' | 'overflow' | 'agent_lost' | Passed = await talk(call, customer, agent, house);
  while (typeof next === 'object') next = await passOn(call, customer, house, next);
  if (next === 'over') return;
  // The agent is gone, or a queue was full: whom we called ourselves does not wait in a queue that never was theirs.
  await call.hangup('site');
  house.journal.ended(call.apply({ do: 'end' }), { verdict: 'interrupted', by: 'site' });
}
