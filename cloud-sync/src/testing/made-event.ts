/** Test support: events as the gateway would append them, made by the real anonymiser. Not imported by the product. */
import { Anonymiser } from '@keepline/compliance/anonymise';
import type { Anonymised } from '@keepline/contracts/anonymised';
import type { CloudEvent, DomainEvent, EventData, EventType } from '@keepline/contracts/events';
import { newId } from '@keepline/contracts/ids';

const MADE_AT_MS = 1_790_000_000_000;
const anonymiser = new Anonymiser({ key: new Uint8Array(32).fill(7), site: 'demo' });

const callId = newId('call', MADE_AT_MS);
const agentId = 'agent1';

/** One raw event of every type, with personal data where the type has a place for it. */
export const SAMPLES: EventData = {
  'call.offered': { callId, trunk: 'local', callerNumber: '13800138000', callerName: '王小明', dialledNumber: '95588' },
  'call.refused': { callId, trunk: '', status: 503, why: 'disk_full', calls: 1 },
  'call.answered': { callId, flow: 'main', flowVersion: 3 },
  'ivr.chosen': { callId, node: 'menu', choice: 'cards' },
  'ivr.secret': { callId, node: 'card', outcome: 'accepted' },
  'call.queued': { callId, queue: 'service', skill: '', waiting: 2 },
  'routing.decided': {
    callId,
    decisionId: newId('dec', MADE_AT_MS),
    queue: 'service',
    agentId,
    skill: 'cards',
    advice: 'answered',
    adviceUsed: true,
    delayMs: 12,
  },
  'call.offered_to_agent': { callId, agentId, attempt: 1 },
  'call.not_taken': { callId, agentId, why: 'declined' },
  'call.connected': { callId, agentId, queue: 'service', waitMs: 4000 },
  'call.held': { callId, by: 'agent' },
  'call.resumed': { callId, by: 'caller' },
  'call.dialled': { callId, agentId, calledNumber: '13800138000' },
  'call.consulted': { callId, agentId, with: 'agent', outcome: 'answered' },
  'call.conferenced': { callId, agentId },
  'call.transferred': { callId, agentId, how: 'blind', to: 'queue', queue: 'loans' },
  'call.picked_up': { callId, agentId, from: 'queue' },
  'call.parked': { callId, agentId, slot: 701 },
  'call.unparked': { callId, slot: 701, how: 'retrieved', parkedMs: 20_000 },
  'call.supervised': { callId, agentId, mode: 'monitor' },
  'call.ended': {
    callId,
    verdict: 'completed',
    by: 'caller',
    queue: 'service',
    durationMs: 60_000,
    waitMs: 4000,
    talkMs: 50_000,
    cause: 16,
  },
  'call.disposed': { callId, agentId, disposition: 'resolved', note: '客户 13800138000', wrapUpMs: 9000 },
  'callback.booked': { callId, callbackId: newId('cb', MADE_AT_MS), queue: 'service', kind: 'scheduled', note: '客户 13800138000' },
  'callback.called': { callId, callbackId: newId('cb', MADE_AT_MS), queue: 'service', kind: 'waiting', attempt: 1, order: 'agent_first' },
  'callback.closed': { callId, callbackId: newId('cb', MADE_AT_MS), queue: 'service', outcome: 'talked', tries: 1 },
  'recording.opened': { callId, recordingId: newId('rec', MADE_AT_MS) },
  'recording.paused': { callId, recordingId: newId('rec', MADE_AT_MS), by: 'agent' },
  'recording.resumed': { callId, recordingId: newId('rec', MADE_AT_MS), by: 'agent', pausedMs: 20_000 },
  'recording.party_changed': {
    callId,
    recordingId: newId('rec', MADE_AT_MS),
    side: 'right',
    change: 'left',
    number: '13800138000',
    name: '张伟',
  },
  'recording.closed': { callId, recordingId: newId('rec', MADE_AT_MS), durationMs: 50_000, outcome: 'complete' },
  'recording.excused': { callId, talk: 'agent', why: 'never' },
  'agent.state_changed': { agentId, from: 'ready', to: 'offered', reason: '' },
  'link.changed': { from: 'up', to: 'suspect', why: 'heartbeat_missed' },
  'anonymisation.refused': { refused: 'link_changed', code: 'anonymise_field_unknown', events: 2 },
  'trunk.changed': { trunk: 'carrier', from: 'up', to: 'down', why: 'timeout' },
  'audit.checkpointed': { size: 2507, root: Buffer.alloc(32, 7).toString('base64'), signature: Buffer.alloc(68, 9).toString('base64') },
  'alarm.raised': { code: 'audit_forked', severity: 'critical' },
  'alarm.cleared': { code: 'site_part_down', severity: 'critical' },
  'quality.sampled': {
    ...{ callId, leg: 'caller', packets: 250, lost: -1, jitterMs: 3 },
    ...{ roundTripMs: 38, mosEstimateTenths: 43, worstMosEstimateTenths: 21 },
  },
};

/** @param n makes the time of the event unique and rising */
export function madeEvent<T extends EventType = 'call.held'>(
  n: number,
  type?: T,
  data: Partial<EventData[T]> = {},
): Anonymised<CloudEvent> {
  const chosen: EventType = type ?? 'call.held';
  const timeMs = MADE_AT_MS + n;
  const raw = { id: newId('evt', timeMs), type: chosen, timeMs, data: { ...SAMPLES[chosen], ...data } };
  return anonymiser.event(raw as DomainEvent); // a spread of one type's data is that type's data, which the compiler cannot follow
}
