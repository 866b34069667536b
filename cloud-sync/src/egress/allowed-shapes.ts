/**
 * The shapes that may leave the site: every event type with its fields and what each may hold. Written apart from the policy of
 * `compliance/src/anonymise`, which makes these events: the two are meant to disagree when one of them is wrong. Pure.
 */
import type { EventType } from '@keepline/contracts/events';

/**
 * `name`: a plain name of the configuration, or ''. `ref`: a pseudonym, or ''. `id`: an identifier with its prefix.
 * `digest`: base64 of a hash or of a signature. `count`: a whole number. `duration`: ms, at most a week. `flag`: a boolean. A list: one of these words.
 */
export type Shape = 'name' | 'ref' | 'count' | 'duration' | 'flag' | 'digest' | { readonly id: string } | readonly string[];
export type Fields = Readonly<Record<string, Shape>>;

const callId: Shape = { id: 'call' };
const recordingId: Shape = { id: 'rec' };
const callbackId: Shape = { id: 'cb' };
const callbackKind = ['waiting', 'scheduled'] as const;
const party = ['agent', 'caller'] as const;
const link = ['up', 'suspect', 'down', 'probing'] as const;
const agent = ['signed_out', 'not_ready', 'ready', 'offered', 'in_call', 'wrap_up'] as const;
const advice = ['answered', 'timeout', 'breaker_open', 'link_down', 'no_responders', 'no_advice', 'invalid', 'not_asked'] as const;
const verdict = ['completed', 'abandoned_in_ivr', 'abandoned_in_queue', 'refused', 'media_lost', 'interrupted', 'failed'] as const;
const endedBy = ['caller', 'agent', 'flow', 'site', 'network'] as const;

export const ALLOWED: Readonly<Record<EventType, Fields>> = {
  'call.offered': { callId, trunk: 'name', callerRef: 'ref', lineRef: 'ref' },
  'call.refused': { callId, trunk: 'name', status: 'count', why: 'name', calls: 'count' },
  'call.answered': { callId, flow: 'name', flowVersion: 'count' },
  'ivr.chosen': { callId, node: 'name', choice: 'name' },
  'ivr.secret': { callId, node: 'name', outcome: ['accepted', 'refused', 'unavailable', 'incomplete', 'aborted', 'ended'] },
  'call.queued': { callId, queue: 'name', skill: 'name', waiting: 'count' },
  'routing.decided': {
    callId,
    decisionId: { id: 'dec' },
    queue: 'name',
    agentRef: 'ref',
    skill: 'name',
    advice,
    adviceUsed: 'flag',
    delayMs: 'duration',
  },
  'call.offered_to_agent': { callId, agentRef: 'ref', attempt: 'count' },
  'call.not_taken': { callId, agentRef: 'ref', why: ['declined', 'no_answer', 'agent_lost', 'picked_up'] },
  'call.connected': { callId, agentRef: 'ref', queue: 'name', waitMs: 'duration' },
  'call.held': { callId, by: party },
  'call.resumed': { callId, by: party },
  'call.dialled': { callId, agentRef: 'ref', callerRef: 'ref' },
  'call.consulted': {
    callId,
    agentRef: 'ref',
    with: ['agent', 'outside'],
    outcome: ['answered', 'declined', 'no_answer', 'agent_lost', 'busy', 'refused', 'unreachable', 'withdrawn'],
  },
  'call.conferenced': { callId, agentRef: 'ref' },
  'call.transferred': { callId, agentRef: 'ref', how: ['blind', 'attended'], to: ['queue', 'agent', 'outside'], queue: 'name' },
  'call.picked_up': { callId, agentRef: 'ref', from: ['queue', 'agent'] },
  'call.parked': { callId, agentRef: 'ref', slot: 'count' },
  'call.unparked': { callId, slot: 'count', how: ['retrieved', 'timed_out', 'abandoned'], parkedMs: 'duration' },
  'call.supervised': { callId, agentRef: 'ref', mode: ['monitor', 'whisper', 'barge'] },
  'call.ended': {
    callId,
    verdict,
    by: endedBy,
    queue: 'name',
    durationMs: 'duration',
    waitMs: 'duration',
    talkMs: 'duration',
    cause: 'count',
  },
  'call.disposed': { callId, agentRef: 'ref', disposition: 'name', wrapUpMs: 'duration' },
  'callback.booked': { callId, callbackId, queue: 'name', kind: callbackKind },
  'callback.called': { callId, callbackId, queue: 'name', kind: callbackKind, attempt: 'count', order: ['agent_first', 'customer_first'] },
  'callback.closed': {
    callId,
    callbackId,
    queue: 'name',
    outcome: ['talked', 'not_reached', 'not_allowed', 'expired', 'forgotten', 'cancelled'],
    tries: 'count',
  },
  'recording.opened': { callId, recordingId },
  'recording.paused': { callId, recordingId, by: ['agent', 'flow', 'source'] },
  'recording.resumed': { callId, recordingId, by: ['agent', 'flow', 'source', 'limit', 'end'], pausedMs: 'duration' },
  'recording.party_changed': { callId, recordingId, side: ['left', 'right'], change: ['joined', 'left'] },
  'recording.closed': { callId, recordingId, durationMs: 'duration', outcome: ['complete', 'interrupted', 'failed'] },
  'recording.excused': {
    callId,
    talk: ['agent', 'consult', 'outside'],
    why: ['never', 'on_demand', 'nobody_to_start', 'consultation'],
  },
  'agent.state_changed': { agentRef: 'ref', from: agent, to: agent, reason: 'name' },
  'link.changed': { from: link, to: link, why: 'name' },
  'anonymisation.refused': { refused: 'name', code: 'name', events: 'count' },
  'trunk.changed': { trunk: 'name', from: ['unknown', 'up', 'down'], to: ['unknown', 'up', 'down'], why: 'name' },
  'audit.checkpointed': { size: 'count', root: 'digest', signature: 'digest' },
  'alarm.raised': { code: 'name', severity: ['warning', 'major', 'critical'] },
  'alarm.cleared': { code: 'name', severity: ['warning', 'major', 'critical'] },
  'quality.sampled': {
    ...{ callId, leg: party, packets: 'count', lost: 'count', jitterMs: 'duration', roundTripMs: 'duration' },
    ...{ mosEstimateTenths: 'count', worstMosEstimateTenths: 'count' },
  },
};

/** Advice requests leave the site too; `contracts/advice` has the bounds, here is what each text may hold. */
export const ALLOWED_ADVICE: Readonly<Record<string, 'name' | 'ref' | 'names' | 'number' | { readonly id: string }>> = {
  requestId: { id: 'req' },
  site: 'name',
  callRef: 'ref',
  callerRef: 'ref',
  queue: 'name',
  skill: 'name',
  choices: 'names',
  readySkills: 'names',
  waiting: 'number',
  hour: 'number',
};
