/**
 * The part of a call in which two people talk: bridge, tape, wait for either to hang up, close the tape, wrap up.
 */
import { endVerdict } from '../calls/end-verdict.ts';
import type { Leg } from '../calls/leg.ts';
import type { House, Taping } from './house.ts';
import type { LiveCall } from './live-call.ts';

/** Disposition of a call whose agent gave none. */
const NONE_GIVEN = 'none_given';

/** Resolves when the conversation is over and its tape is closed. */
export async function talk(call: LiveCall, caller: Leg, agent: Leg, house: House): Promise<void> {
  const facts = call.apply({ do: 'connect' });
  const { callId } = facts;
  const agentId = facts.agentId ?? '';
  call.agentIs(agent);
  call.audio.bridge(caller, agent);

  const tape = house.tape(callId, agentId);
  tape.listen(call.audio, caller, agent);
  const taping = openTape(call, house, tape);
  // Whichever side ends first takes the other with it.
  const agentFirst = agent.ended.then((end) => {
    if (end === 'hung_up' || end === 'cancelled') void call.hangup('agent');
    else if (end !== 'closed_by_site') void call.hangup('network');
  });
  const end = await caller.ended;
  agent.hangup();
  await agentFirst;
  await sampleQuality(call, caller, agent, house);
  await taping;
  const verdict = endVerdict(call.facts().state, end, call.endedBy);
  const ended = call.apply({ do: 'end' });
  await tape.close(); // the ledger row first: a call is not over before its recording is accounted for
  house.journal.ended(ended, verdict);
  wrapUp(call, house, agentId);
}

/** Row, then file; whoever talks does not wait for either. */
async function openTape(call: LiveCall, house: House, tape: Taping): Promise<void> {
  try {
    await house.journal.connected(call.facts(), (tx) => tape.openRow(tx));
  } catch (thrown) {
    house.onFault(thrown, call.facts().callId);
    return;
  }
  const recording = await tape.open();
  const { state } = call.facts();
  if (recording && (state === 'connected' || state === 'held')) call.apply({ do: 'record', recording });
}

async function sampleQuality(call: LiveCall, caller: Leg, agent: Leg, house: House): Promise<void> {
  const { callId } = call.facts();
  for (const [leg, name] of [
    [caller, 'caller'],
    [agent, 'agent'],
  ] as const) {
    try {
      const { packets, lost, jitterMs } = await call.audio.figures(leg);
      house.journal.quality({ callId, leg: name, packets, lost, jitterMs: Math.round(jitterMs) });
    } catch (thrown) {
      house.onFault(thrown, callId);
    }
  }
}

/** The agent owes a disposition; without a desk, or when the time is over, none is given and the agent is free again. */
function wrapUp(call: LiveCall, house: House, agentId: string): void {
  const { callId } = call.facts();
  house.roster.applyFor(agentId, callId, { do: 'hang_up' });
  const { at } = house.roster.state(agentId);
  if (at === 'wrap_up') call.apply({ do: 'wrap_up', untilMs: house.roster.wrapUpUntilMs(agentId) });
  const stop = house.roster.onState((before, after) => {
    if (before.callId !== callId || after.callId === callId) return;
    stop();
    if (call.facts().state === 'wrap_up') void call.dispose(NONE_GIVEN, '');
  });
  void call.disposed.then(() => {
    stop();
    house.roster.applyFor(agentId, callId, { do: 'dispose' });
    house.registry.remove(callId);
  });
  if (house.roster.config(agentId).phone !== '' || at !== 'wrap_up') void call.dispose(NONE_GIVEN, '');
}
