/**
 * The most that may ever leave the site: every field of every event has its rule, or this file does not compile. Whatever is not named here
 * does not leave. Decisions of a careful bank: names and notes are dropped, numbers and agents become pseudonyms, free wording `other`. The policy
 * in force (`policy-document.ts`) is data below this law.
 */
import type { AlarmSeverity } from '@keepline/contracts/alarms';
import type {
  AdviceOutcome,
  AgentStateName,
  CallbackKind,
  CallbackOutcome,
  EndVerdict,
  EndedBy,
  EventData,
  EventType,
  PausedBy,
  RecordingExcuse,
  ResumedBy,
  SecretOutcome,
  RingOutcome,
  SuperviseMode,
  TalkKind,
  TrunkState,
} from '@keepline/contracts/events';
import type { LinkState } from '@keepline/contracts/link';
import { canonicalNumber } from './pseudonym.ts';
import { digest, drop, duration, id, label, name, nameOrNone, never, oneOf, replaced, type Rule, whole, yesOrNo } from './rules.ts';

export type PolicyLaw = { readonly [T in EventType]: { readonly [F in keyof EventData[T]]-?: Rule } };

const callId = id('call');
const agentId = replaced('agent');
const callbackKind = oneOf<CallbackKind>({ waiting: true, scheduled: true });
const party = oneOf<'agent' | 'caller'>({ agent: true, caller: true });
const linkState = oneOf<LinkState>({ up: true, suspect: true, down: true, probing: true });
const trunkState = oneOf<TrunkState>({ unknown: true, up: true, down: true });
const severity = oneOf<AlarmSeverity>({ warning: true, major: true, critical: true });
const agentState = oneOf<AgentStateName>({
  signed_out: true,
  not_ready: true,
  ready: true,
  offered: true,
  in_call: true,
  wrap_up: true,
});

export const POLICY_LAW: PolicyLaw = {
  'call.offered': {
    callId,
    trunk: name,
    callerNumber: replaced('caller', canonicalNumber),
    callerName: drop,
    // Mostly the bank's own hotline; but a direct number names an employee, and on a wrongly set up trunk it may be a customer's.
    dialledNumber: replaced('line', canonicalNumber),
  },
  'call.refused': { callId, trunk: nameOrNone, status: whole(300, 699), why: label, calls: whole(1, 1_000_000) },
  'call.answered': { callId, flow: name, flowVersion: whole(1, 1_000_000) },
  'ivr.chosen': { callId, node: name, choice: label },
  'ivr.secret': {
    callId,
    node: name,
    outcome: oneOf<SecretOutcome>({
      ...{ accepted: true, refused: true, unavailable: true },
      ...{ incomplete: true, aborted: true, ended: true },
    }),
  },
  'call.queued': { callId, queue: name, skill: label, waiting: whole(0, 1_000_000) },
  'routing.decided': {
    callId,
    decisionId: id('dec'),
    queue: name,
    agentId,
    skill: label,
    advice: oneOf<AdviceOutcome>({
      answered: true,
      timeout: true,
      breaker_open: true,
      no_advice: true,
      link_down: true,
      no_responders: true,
      invalid: true,
      not_asked: true,
    }),
    adviceUsed: yesOrNo,
    delayMs: duration,
  },
  'call.offered_to_agent': { callId, agentId, attempt: whole(0, 10_000) },
  'call.not_taken': {
    callId,
    agentId,
    why: oneOf<EventData['call.not_taken']['why']>({ declined: true, no_answer: true, agent_lost: true, picked_up: true }),
  },
  'call.connected': { callId, agentId, queue: nameOrNone, waitMs: duration },
  'call.held': { callId, by: party },
  'call.resumed': { callId, by: party },
  'call.dialled': { callId, agentId, calledNumber: replaced('caller', canonicalNumber) },
  'call.consulted': {
    callId,
    agentId,
    with: oneOf<'agent' | 'outside'>({ agent: true, outside: true }),
    outcome: oneOf<RingOutcome>({
      ...{ answered: true, declined: true, no_answer: true, agent_lost: true },
      ...{ busy: true, refused: true, unreachable: true, withdrawn: true },
    }),
  },
  'call.conferenced': { callId, agentId },
  'call.transferred': {
    callId,
    agentId,
    how: oneOf<'blind' | 'attended'>({ blind: true, attended: true }),
    to: oneOf<'queue' | 'agent' | 'outside'>({ queue: true, agent: true, outside: true }),
    queue: nameOrNone,
  },
  'call.picked_up': { callId, agentId, from: oneOf<'queue' | 'agent'>({ queue: true, agent: true }) },
  'call.parked': { callId, agentId, slot: whole(1, 99_999) },
  'call.unparked': {
    callId,
    slot: whole(1, 99_999),
    how: oneOf<EventData['call.unparked']['how']>({ retrieved: true, timed_out: true, abandoned: true }),
    parkedMs: duration,
  },
  'call.supervised': { callId, agentId, mode: oneOf<SuperviseMode>({ monitor: true, whisper: true, barge: true }) },
  'call.ended': {
    callId,
    verdict: oneOf<EndVerdict>({
      completed: true,
      abandoned_in_ivr: true,
      abandoned_in_queue: true,
      refused: true,
      media_lost: true,
      interrupted: true,
      failed: true,
    }),
    by: oneOf<EndedBy>({ caller: true, agent: true, flow: true, site: true, network: true }),
    queue: nameOrNone,
    durationMs: duration,
    waitMs: duration,
    talkMs: duration,
    cause: whole(0, 127),
  },
  'call.disposed': { callId, agentId, disposition: label, note: never, wrapUpMs: duration },
  'callback.booked': { callId, callbackId: id('cb'), queue: name, kind: callbackKind, note: never },
  'callback.called': {
    callId,
    callbackId: id('cb'),
    queue: name,
    kind: callbackKind,
    attempt: whole(1, 10),
    order: oneOf<EventData['callback.called']['order']>({ agent_first: true, customer_first: true }),
  },
  'callback.closed': {
    callId,
    callbackId: id('cb'),
    queue: name,
    outcome: oneOf<CallbackOutcome>({
      ...{ talked: true, not_reached: true, not_allowed: true },
      ...{ expired: true, forgotten: true, cancelled: true },
    }),
    tries: whole(0, 10),
  },
  'recording.opened': { callId, recordingId: id('rec') },
  'recording.paused': { callId, recordingId: id('rec'), by: oneOf<PausedBy>({ agent: true, flow: true, source: true }) },
  'recording.resumed': {
    callId,
    recordingId: id('rec'),
    by: oneOf<ResumedBy>({ agent: true, flow: true, source: true, limit: true, end: true }),
    pausedMs: duration,
  },
  'recording.party_changed': {
    callId,
    recordingId: id('rec'),
    side: oneOf<'left' | 'right'>({ left: true, right: true }),
    change: oneOf<'joined' | 'left'>({ joined: true, left: true }),
    number: drop,
    name: drop,
  },
  'recording.closed': {
    callId,
    recordingId: id('rec'),
    durationMs: duration,
    outcome: oneOf<EventData['recording.closed']['outcome']>({ complete: true, interrupted: true, failed: true }),
  },
  'recording.excused': {
    callId,
    talk: oneOf<TalkKind>({ agent: true, consult: true, outside: true }),
    why: oneOf<RecordingExcuse>({ never: true, on_demand: true, nobody_to_start: true, consultation: true }),
  },
  'agent.state_changed': { agentId, from: agentState, to: agentState, reason: label },
  'link.changed': { from: linkState, to: linkState, why: label },
  'trunk.changed': { trunk: name, from: trunkState, to: trunkState, why: label },
  'anonymisation.refused': { refused: name, code: name, events: whole(1, 1_000_000) },
  'audit.checkpointed': { size: whole(0, 999_999_999), root: digest, signature: digest },
  'alarm.raised': { code: name, severity },
  'alarm.cleared': { code: name, severity },
  'quality.sampled': {
    callId,
    leg: oneOf<'caller' | 'agent'>({ caller: true, agent: true }),
    packets: whole(0, 100_000_000),
    // Duplicates make the count of RFC 3550 §6.4.1 negative.
    lost: whole(-100_000_000, 100_000_000),
    jitterMs: duration,
    roundTripMs: duration,
    mosEstimateTenths: whole(0, 45),
    worstMosEstimateTenths: whole(0, 45),
  },
};
