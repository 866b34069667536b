/**
 * The part of a call in which two people talk: bridge, tape, wait for either to hang up, close the tape, wrap up.
 */
import { endVerdict } from '../calls/end-verdict.ts';
import type { Leg, LegEnd } from '../calls/leg.ts';
import type { House } from './house.ts';
import type { LiveCall, Passed } from './live-call.ts';
import { SecretKeys } from './secret-keys.ts';
import { recordTalk } from './talk-recording.ts';
import { Conference } from './talking.ts';
import { dismissAgent, listenForTransfer } from './transfer.ts';

/** Disposition of a call whose agent gave none. */
const NONE_GIVEN = 'none_given';

/**
 * Resolves when the conversation is over and its tape is closed. `agent_lost`: the agent's browser or phone went away without a word; the
 * caller is still there, hears music and waits again. `Passed`: where the agent passed the caller on to.
 */
export async function talk(call: LiveCall, caller: Leg, agent: Leg, house: House): Promise<'over' | 'agent_lost' | Passed> {
  const facts = call.apply({ do: 'connect' });
  const { callId } = facts;
  const agentId = facts.agentId ?? '';
  call.agentIs(agent);
  const talking = new Conference(call, caller, agent, house);
  call.talkingIs(talking);
  talking.hear();

  const recording = recordTalk(call, { kind: 'agent', agentId, caller, other: agent }, house, (unit) =>
    house.journal.connected(call.facts(), unit),
  );
  call.onDemandIs(recording);
  const secrets = new SecretKeys(call, caller, house);
  call.secretsAre(secrets);
  const transfer = call.nextTransfer();
  const stopListening = listenForTransfer(call, agent, house);
  const first = await Promise.race([
    caller.ended.then(() => 'caller' as const),
    agent.ended.then((end) => (isLoss(end) ? 'loss' : 'agent')),
    transfer,
  ]);
  stopListening();
  call.onDemandIs(null);
  secrets.close();
  call.secretsAre(null);
  talking.close();
  if (typeof first !== 'object') call.dropTransfer();
  if (typeof first === 'object') {
    call.audio.unbridge();
    call.playHoldMusic();
    dismissAgent(agent, house);
  } else if (first === 'loss') {
    call.audio.unbridge();
    call.playHoldMusic();
  } else {
    // Whichever side ends takes the other with it.
    if (first === 'agent') await call.hangup('agent');
    agent.hangup();
  }
  await sampleQuality(call, caller, agent, house);
  await recording.opened;
  if (typeof first === 'object') {
    call.apply({ do: 'transfer' });
    await recording.close();
    // What the call was about is for whoever ends it to say.
    house.roster.applyFor(agentId, callId, { do: 'hang_up' });
    house.roster.applyFor(agentId, callId, { do: 'dispose' });
    return first;
  }
  if (first === 'loss') {
    call.apply({ do: 'lose_agent' });
    await recording.close();
    house.journal.notTaken(callId, agentId, 'agent_lost');
    // Nobody is there to wrap up, and what has just failed is not offered the next call.
    house.roster.applyFor(agentId, callId, { do: 'not_ready', reason: 'agent_lost' });
    house.roster.applyFor(agentId, callId, { do: 'hang_up' });
    house.roster.applyFor(agentId, callId, { do: 'dispose' });
    return 'agent_lost';
  }
  const verdict = endVerdict(call.facts().state, await caller.ended, call.endedBy);
  const ended = call.apply({ do: 'end' });
  await recording.close(); // the ledger row first: a call is not over before its recording is accounted for
  house.journal.ended(ended, { ...verdict, cause: call.cause });
  wrapUp(call, house, agentId);
  return 'over';
}

/** The far end did not hang up: it vanished. */
const isLoss = (end: LegEnd): boolean => end === 'transport_lost' || end === 'media_lost';

async function sampleQuality(call: LiveCall, caller: Leg, agent: Leg, house: House): Promise<void> {
  const { callId } = call.facts();
  for (const [leg, name] of [
    [caller, 'caller'],
    [agent, 'agent'],
  ] as const) {
    try {
      house.journal.quality(callId, name, await call.audio.figures(leg));
    } catch (thrown) {
      house.onFault(thrown, callId);
    }
  }
}

/** The agent owes a disposition; without a desk, or when the time is over, none is given and the agent is free again. */
export function wrapUp(call: LiveCall, house: House, agentId: string): void {
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
