/** Development only: one event of each type and one advice request, as the gateway makes them, for the tests of this folder. */
import type { DomainEvent, EventData, EventType } from '@keepline/contracts/events';
import { newId } from '@keepline/contracts/ids';
import type { RawAdviceRequest } from './anonymise.ts';
import { POLICY_LAW } from './policy.ts';

export const NOW = Date.UTC(2026, 10, 22, 12);
export const callId = newId('call', NOW);
const agentId = 'agent1';
export const queue = 'service';
const recordingId = newId('rec', NOW);

/** One of each type; the type of this table makes a new event type without a sample a compile error. */
export const SAMPLES: { readonly [T in EventType]: EventData[T] } = {
  'call.offered': { callId, trunk: 'local', callerNumber: '13812345678', callerName: '张伟', dialledNumber: '95588' },
  'call.refused': { callId, trunk: 'local', status: 503, why: 'recording_disk_full', calls: 1 },
  'call.answered': { callId, flow: 'main', flowVersion: 1 },
  'ivr.chosen': { callId, node: 'main-menu', choice: 'cards' },
  'ivr.secret': { callId, node: 'card', outcome: 'accepted' },
  'call.queued': { callId, queue, skill: '', waiting: 3 },
  'routing.decided': {
    callId,
    decisionId: newId('dec', NOW),
    queue,
    agentId,
    skill: 'cards',
    advice: 'answered',
    adviceUsed: true,
    delayMs: 41.7,
  },
  'call.offered_to_agent': { callId, agentId, attempt: 1 },
  'call.not_taken': { callId, agentId, why: 'no_answer' },
  'call.connected': { callId, agentId, queue, waitMs: 20_000 },
  'call.held': { callId, by: 'agent' },
  'call.resumed': { callId, by: 'agent' },
  'call.dialled': { callId, agentId, calledNumber: '13812345678' },
  'call.consulted': { callId, agentId, with: 'outside', outcome: 'busy' },
  'call.conferenced': { callId, agentId },
  'call.transferred': { callId, agentId, how: 'attended', to: 'agent', queue: '' },
  'call.picked_up': { callId, agentId, from: 'queue' },
  'call.parked': { callId, agentId, slot: 701 },
  'call.unparked': { callId, slot: 701, how: 'retrieved', parkedMs: 20_000 },
  'call.supervised': { callId, agentId, mode: 'whisper' },
  'call.ended': { callId, verdict: 'completed', by: 'caller', queue, durationMs: 90_000.4, waitMs: 20_000, talkMs: 60_000, cause: 16 },
  'call.disposed': { callId, agentId, disposition: 'resolved', note: '客户张伟 13812345678', wrapUpMs: 9000 },
  'callback.booked': { callId, callbackId: newId('cb', NOW), queue: queue, kind: 'scheduled', note: '客户张伟 13812345678' },
  'callback.called': { callId, callbackId: newId('cb', NOW), queue: queue, kind: 'waiting', attempt: 1, order: 'agent_first' },
  'callback.closed': { callId, callbackId: newId('cb', NOW), queue: queue, outcome: 'talked', tries: 1 },
  'recording.opened': { callId, recordingId },
  'recording.paused': { callId, recordingId, by: 'agent' },
  'recording.resumed': { callId, recordingId, by: 'limit', pausedMs: 30_000 },
  'recording.party_changed': { callId, recordingId, side: 'left', change: 'joined', number: '13812345678', name: '张伟' },
  'recording.closed': { callId, recordingId, durationMs: 60_000, outcome: 'complete' },
  'recording.excused': { callId, talk: 'consult', why: 'consultation' },
  'agent.state_changed': { agentId, from: 'ready', to: 'offered', reason: '' },
  'link.changed': { from: 'up', to: 'down', why: 'heartbeats_missed' },
  'anonymisation.refused': { refused: 'link_changed', code: 'anonymise_field_unknown', events: 2 },
  'trunk.changed': { trunk: 'carrier', from: 'up', to: 'down', why: 'timeout' },
  'audit.checkpointed': { size: 2507, root: Buffer.alloc(32, 7).toString('base64'), signature: Buffer.alloc(68, 9).toString('base64') },
  'alarm.raised': { code: 'audit_forked', severity: 'critical' },
  'alarm.cleared': { code: 'site_part_down', severity: 'critical' },
  'quality.sampled': {
    callId,
    leg: 'caller',
    packets: 3000,
    lost: -1,
    jitterMs: 1.9,
    roundTripMs: 38,
    mosEstimateTenths: 43,
    worstMosEstimateTenths: 21,
  },
};
export const TYPES = Object.keys(SAMPLES).filter((type): type is EventType => Object.hasOwn(POLICY_LAW, type));

/** Past the types, as a row of the log written by another version could be. */
export const eventOf = (type: string, fields: object, more: object = {}): DomainEvent =>
  JSON.parse(JSON.stringify({ id: newId('evt', NOW), type, timeMs: NOW, data: fields, ...more }));

export const ADVICE: RawAdviceRequest = {
  requestId: newId('req', NOW),
  timeMs: NOW,
  callId,
  callerNumber: '13812345678',
  queue,
  skill: 'cards',
  choices: ['cards', '信用卡'],
  readySkills: ['cards', '贵宾', 'loans'],
  waiting: 2,
  hour: 20,
};
