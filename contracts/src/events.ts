/**
 * Domain events: what happened on the site, in the words of the trade. They are stored raw in `event_log` and never leave as they
 * are; what leaves is the CloudEvents 1.0 envelope at the end of this file, filled by `compliance/src/anonymise`.
 * Durations are in ms. Fields that hold personal data say so.
 */
import type { AlarmSeverity } from './alarms.ts';
import type { AgentId, CallbackId, CallId, DecisionId, EventId, QueueName, RecordingId } from './ids.ts';
import type { LinkState } from './link.ts';

export type EndedBy = 'caller' | 'agent' | 'flow' | 'site' | 'network';
export type EndVerdict = 'completed' | 'abandoned_in_ivr' | 'abandoned_in_queue' | 'refused' | 'media_lost' | 'interrupted' | 'failed';
export type AgentStateName = 'signed_out' | 'not_ready' | 'ready' | 'offered' | 'in_call' | 'wrap_up';
export type AdviceOutcome = 'answered' | 'timeout' | 'breaker_open' | 'link_down' | 'no_responders' | 'no_advice' | 'invalid' | 'not_asked';

/** What became of ringing somebody for a call that an agent has: another agent, or an outside number. */
export type RingOutcome =
  | 'answered'
  | 'declined'
  | 'no_answer'
  | 'agent_lost'
  | 'busy'
  | 'refused'
  /** No trunk, or none that got through. */
  | 'unreachable'
  /** Nobody wanted it any more. */
  | 'withdrawn';
/** How a supervisor is in a call: unheard, heard by the agent alone, or heard by all. */
export type SuperviseMode = 'monitor' | 'whisper' | 'barge';

/** `unknown` until its first answer. */
export type TrunkState = 'unknown' | 'up' | 'down';

/** A conversation within a call: customer and agent, agent and whom it asks, customer and an outside number. */
export type TalkKind = 'agent' | 'consult' | 'outside';
/** Why a talk, or a part of it, is not recorded on purpose. */
export type RecordingExcuse = 'never' | 'on_demand' | 'nobody_to_start' | 'consultation';

/** Who asked for a call-back: a caller who waited, or an agent after a talk. */
export type CallbackKind = 'waiting' | 'scheduled';
export type CallbackOutcome = 'talked' | 'not_reached' | 'not_allowed' | 'expired' | 'forgotten' | 'cancelled';

/** What became of digits keyed for a hook of the site. In a talk also: `aborted` by the agent, `ended` with the talk. */
export type SecretOutcome = 'accepted' | 'refused' | 'unavailable' | 'incomplete' | 'aborted' | 'ended';

/** `flow`: the caller keys digits for a hook of the site. `source`: the exchange whose call is recorded here (SIPREC). */
export type PausedBy = 'agent' | 'flow' | 'source';
export type ResumedBy = PausedBy | 'limit' | 'end';

export interface EventData {
  'call.offered': {
    callId: CallId;
    trunk: string;
    /** personal data */ callerNumber: string;
    /** personal data */ callerName: string;
    dialledNumber: string;
  };
  /** `calls` of one trunk had the same fate within a second, by overload, limits or faults of ours; `callId` is the first's. */
  'call.refused': { callId: CallId; trunk: string; status: number; why: string; calls: number };
  'call.answered': { callId: CallId; flow: string; flowVersion: number };
  'ivr.chosen': { callId: CallId; node: string; choice: string };
  /** The caller keyed a secret, or not enough of one; what was keyed is in no event. */
  'ivr.secret': { callId: CallId; node: string; outcome: SecretOutcome };
  'call.queued': { callId: CallId; queue: QueueName; skill: string; waiting: number };
  'routing.decided': {
    callId: CallId;
    decisionId: DecisionId;
    queue: QueueName;
    agentId: AgentId;
    skill: string;
    advice: AdviceOutcome;
    adviceUsed: boolean;
    /** Time the decision waited for advice, ms. */ delayMs: number;
  };
  'call.offered_to_agent': { callId: CallId; agentId: AgentId; attempt: number };
  'call.not_taken': { callId: CallId; agentId: AgentId; why: 'declined' | 'no_answer' | 'agent_lost' | 'picked_up' };
  'call.connected': { callId: CallId; agentId: AgentId; queue: QueueName; waitMs: number };
  'call.held': { callId: CallId; by: 'agent' | 'caller' };
  'call.resumed': { callId: CallId; by: 'agent' | 'caller' };
  /** An agent calls a customer; the agent is on the line first. */
  'call.dialled': { callId: CallId; agentId: AgentId /** personal data */; calledNumber: string };
  /** The agent rang somebody for this call while the caller heard music. */
  'call.consulted': { callId: CallId; agentId: AgentId; with: 'agent' | 'outside'; outcome: RingOutcome };
  /** Caller, agent and whom the agent consulted hear one another. */
  'call.conferenced': { callId: CallId; agentId: AgentId };
  /** This agent passed the caller on. */
  'call.transferred': {
    callId: CallId;
    agentId: AgentId;
    how: 'blind' | 'attended';
    to: 'queue' | 'agent' | 'outside';
    /** '' unless it went to a queue. */ queue: QueueName;
  };
  /** This agent took a call that was not offered to it. */
  'call.picked_up': { callId: CallId; agentId: AgentId; from: 'queue' | 'agent' };
  'call.parked': { callId: CallId; agentId: AgentId; slot: number };
  /** `timed_out`: it rings at who parked it; `abandoned`: the caller hung up. */
  'call.unparked': { callId: CallId; slot: number; how: 'retrieved' | 'timed_out' | 'abandoned'; parkedMs: number };
  /** A supervisor came in, or changed how; `agentId` is the agent supervised. */
  'call.supervised': { callId: CallId; agentId: AgentId; mode: SuperviseMode };
  'call.ended': {
    callId: CallId;
    verdict: EndVerdict;
    by: EndedBy;
    /** '' when the call never reached a queue. */ queue: QueueName;
    durationMs: number;
    waitMs: number;
    talkMs: number;
    /** Why the far end ended or refused it, as it said (Q.850 cause in the Reason header, RFC 3326); 0 where it said nothing. */ cause: number;
  };
  'call.disposed': {
    callId: CallId;
    agentId: AgentId;
    disposition: string;
    /** free text, may hold personal data */ note: string;
    wrapUpMs: number;
  };
  /** A call is owed to the customer of `callId`. */
  'callback.booked': {
    callId: CallId;
    callbackId: CallbackId;
    queue: QueueName;
    kind: CallbackKind;
    /** free text of the agent, may hold personal data; '' for a caller who waited */ note: string;
  };
  /** The customer is about to be called, in the call `callId`. */
  'callback.called': {
    callId: CallId;
    callbackId: CallbackId;
    queue: QueueName;
    kind: CallbackKind;
    attempt: number;
    order: 'agent_first' | 'customer_first';
  };
  /** Nothing is owed any more; `callId` is the call in which it was agreed. */
  'callback.closed': { callId: CallId; callbackId: CallbackId; queue: QueueName; outcome: CallbackOutcome; tries: number };
  'recording.opened': { callId: CallId; recordingId: RecordingId };
  /** A card number or a PIN was being said or keyed: nothing of it is on tape. */
  'recording.paused': { callId: CallId; recordingId: RecordingId; by: PausedBy };
  /** `limit`: nobody resumed it in time; `end`: the recording ended first. */
  'recording.resumed': { callId: CallId; recordingId: RecordingId; by: ResumedBy; pausedMs: number };
  /** Who is heard on a side of a recording forked to us (SIPREC) came or went. */
  'recording.party_changed': {
    callId: CallId;
    recordingId: RecordingId;
    side: 'left' | 'right';
    change: 'joined' | 'left';
    /** personal data */ number: string;
    /** personal data */ name: string;
  };
  'recording.closed': { callId: CallId; recordingId: RecordingId; durationMs: number; outcome: 'complete' | 'interrupted' | 'failed' };
  /** By policy nothing, or not all, of this talk is recorded; the ledger has the words. */
  'recording.excused': { callId: CallId; talk: TalkKind; why: RecordingExcuse };
  'agent.state_changed': { agentId: AgentId; from: AgentStateName; to: AgentStateName; reason: string };
  'link.changed': { from: LinkState; to: LinkState; why: string };
  /** A trunk we can call came up or went down. */
  'trunk.changed': { trunk: string; from: TrunkState; to: TrunkState; why: string };
  /**
   * Events that the policy kept on the site: how many of this type, for this reason, in one batch of the export. `refused` is the type with `_` for
   * its dot, or `unknown` for one outside this contract; `code` is that of the error in lower case. Nothing of what they held.
   */
  'anonymisation.refused': { refused: string; code: string; events: number };
  /** A signed checkpoint of the audit log, so that its history is known outside the building: with the name of the log these make the note again. */
  'audit.checkpointed': {
    size: number /** Base64, 32 bytes. */;
    root: string /** Base64: key id and Ed25519 signature. */;
    signature: string;
  };
  /** Code of an alarm in lower case, and how grave it is. */
  'alarm.raised': { code: string; severity: AlarmSeverity };
  'alarm.cleared': { code: string; severity: AlarmSeverity };
  /** How a leg was heard over its talk, once at its end (meanwhile: metrics and alarm); `roundTripMs` 0: its far end never reported. */
  'quality.sampled': {
    callId: CallId;
    leg: 'caller' | 'agent';
    packets: number;
    lost: number;
    jitterMs: number;
    roundTripMs: number;
    /** Estimates (ITU-T G.107), tenths, 10 to 45: of the whole talk, and of its worst 10 s; 0: too little was heard. */
    mosEstimateTenths: number;
    worstMosEstimateTenths: number;
  };
}

export type EventType = keyof EventData;
/** An event before it has been written: the log gives it its number. */
export type DomainEvent = {
  [T in EventType]: { readonly id: EventId; readonly type: T; readonly timeMs: number; readonly data: EventData[T] };
}[EventType];

/** What crosses to the cloud: CloudEvents 1.0, JSON, structured mode. `time` is RFC 3339 in UTC. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: EventId;
  /** `/keepline/<site>` */
  readonly source: string;
  /** `cn.keepline.<type>.v1` */
  readonly type: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: Readonly<Record<string, string | number | boolean>>;
}
export const CLOUD_EVENT_PREFIX = 'cn.keepline.';
/** Upper bound of one event on the wire, bytes of JSON. */
export const CLOUD_EVENT_MAX_BYTES = 8192;
