/**
 * What the agent desk and the gateway say to each other over `/ws/agent`: JSON text frames, at most 64 KiB each.
 * The desk sends `DeskRequest`; each gets one `DeskReply` with its `id`. The gateway pushes the whole `DeskView` after every change,
 * so a desk that reconnects is right again with one message.
 */
import { type Static, Type } from 'typebox';
import type { AdviceReason } from './advice.ts';
import type { Sensitivity } from './audit-acts.ts';
import type { AdviceOutcome, AgentStateName, CallbackKind, RingOutcome, SecretOutcome, SuperviseMode } from './events.ts';
import type { AgentId, CallId, QueueName } from './ids.ts';
import type { LinkStatus } from './link.ts';
import type { RecordingPolicy } from './recording-policy.ts';

export const DESK_FRAME_MAX_BYTES = 65_536;

const id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const callId = Type.String({ maxLength: 48 });
const transportId = Type.String({ maxLength: 64 });
const ask = <Ask extends string, P extends Type.TProperties>(name: Ask, properties: P) =>
  Type.Object({ id, ask: Type.Literal(name), ...properties }, { additionalProperties: false });

/** Whom a call is passed on to, or who is asked. `number` is personal data. */
export const DeskTarget = Type.Union([
  Type.Object({ kind: Type.Literal('queue'), queue: Type.String({ minLength: 1, maxLength: 48 }) }, { additionalProperties: false }),
  Type.Object({ kind: Type.Literal('agent'), agentId: Type.String({ minLength: 1, maxLength: 48 }) }, { additionalProperties: false }),
  Type.Object({ kind: Type.Literal('outside'), number: Type.String({ minLength: 1, maxLength: 32 }) }, { additionalProperties: false }),
]);
export type DeskTarget = Static<typeof DeskTarget>;

export const DeskRequest = Type.Union([
  /** Reply: RTP capabilities of the router, for mediasoup-client `Device.load`. */
  ask('media.capabilities', {}),
  /** Reply: parameters for `createSendTransport` or `createRecvTransport`. */
  ask('media.transport', { direction: Type.Union([Type.Literal('send'), Type.Literal('receive')]) }),
  ask('media.connect', { transportId, dtlsParameters: Type.Unknown() }),
  /** Reply: `{ producerId }`. The microphone, once per socket. */
  ask('media.produce', { transportId, rtpParameters: Type.Unknown() }),
  /** Tells what the browser can receive; from now on the gateway may push `media.consume`. */
  ask('media.receivable', { rtpCapabilities: Type.Unknown() }),
  /** The desk has built the consumer pushed to it and plays it. */
  ask('media.consuming', { consumerId: Type.String({ maxLength: 64 }) }),
  ask('agent.ready', {}),
  ask('agent.not_ready', { reason: Type.String({ minLength: 1, maxLength: 48 }) }),
  ask('call.answer', { callId }),
  ask('call.decline', { callId }),
  ask('call.hold', { callId }),
  ask('call.resume', { callId }),
  /** Nothing is kept on tape while a card number or a PIN is said, until resumed or the limit of the site. */
  ask('recording.pause', { callId }),
  ask('recording.resume', { callId }),
  /** Where the queue records on demand: from now on, until stopped. */
  ask('recording.start', { callId }),
  ask('recording.stop', { callId }),
  /** The caller keys digits for this hook of the site: nobody hears them, and they are on no tape. */
  ask('secret.collect', { callId, hook: Type.String({ minLength: 1, maxLength: 48 }) }),
  ask('secret.abort', { callId }),
  ask('call.mute', { callId, muted: Type.Boolean() }),
  ask('call.hangup', { callId }),
  /** Passes the caller on without asking first. */
  ask('call.transfer', { callId, to: DeskTarget }),
  /** Rings somebody while the caller hears music; hold and resume go back and forth between the two. A queue cannot be asked. */
  ask('call.consult', { callId, to: DeskTarget }),
  /** All three hear one another. */
  ask('call.conference', { callId }),
  /** Leaves the caller with whom was consulted. */
  ask('call.complete', { callId }),
  /** Lets go of whom was consulted, or stops ringing. */
  ask('call.release', { callId }),
  /** Takes a call that waits in a queue of this agent, or rings at a colleague for one. */
  ask('call.pickup', { callId }),
  /** Puts the caller into a parking place; this agent is free. */
  ask('call.park', { callId }),
  /** Takes up whatever is in that parking place. */
  ask('call.retrieve', { slot: Type.Integer({ minimum: 1, maximum: 99_999 }) }),
  /** Click to call: this agent first, then the customer. */
  ask('call.dial', { number: Type.String({ minLength: 1, maxLength: 32 }) }),
  /** Comes into the call of another agent, or changes how; `call.hangup` leaves it. */
  ask('call.supervise', { callId, mode: Type.Union([Type.Literal('monitor'), Type.Literal('whisper'), Type.Literal('barge')]) }),
  /** Owes the customer of this call another one, not before `atMs` (wall ms); `note` is for whoever makes it. */
  ask('call.schedule', {
    callId,
    atMs: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    note: Type.String({ maxLength: 2000 }),
  }),
  ask('call.dispose', { callId, disposition: Type.String({ minLength: 1, maxLength: 48 }), note: Type.String({ maxLength: 2000 }) }),
]);
export type DeskRequest = Static<typeof DeskRequest>;
export type DeskAsk = DeskRequest['ask'];
/** What each request declares about itself: an audited act, or `false`. A new request without its row does not compile. */
export const DESK_ASK_ACTS: Readonly<Record<DeskAsk, Sensitivity>> = {
  'media.capabilities': false,
  'media.transport': false,
  'media.connect': false,
  'media.produce': false,
  'media.receivable': false,
  'media.consuming': false,
  'agent.ready': false,
  'agent.not_ready': false,
  'call.answer': false,
  'call.decline': false,
  'call.hold': false,
  'call.resume': false,
  'recording.pause': 'recording.pause',
  'recording.resume': 'recording.resume',
  'recording.start': 'recording.start',
  'recording.stop': 'recording.stop',
  'secret.collect': 'secret.collect',
  'secret.abort': false,
  'call.mute': false,
  'call.hangup': false,
  // Where the target is an outside number; inside the house nothing leaves.
  'call.transfer': 'call.dial_out',
  'call.consult': 'call.dial_out',
  'call.conference': false,
  'call.complete': false,
  'call.release': false,
  'call.pickup': 'call.pickup',
  'call.park': 'call.park',
  'call.retrieve': 'call.retrieve',
  'call.dial': 'call.dial_out',
  // or `call.whisper`, `call.barge`, by the mode asked for
  'call.supervise': 'call.monitor',
  'call.schedule': 'call.dial_out',
  'call.dispose': false,
};

export type DeskReply =
  | { readonly re: number; readonly ok: true; readonly result?: unknown }
  | { readonly re: number; readonly ok: false; readonly error: { readonly code: string; readonly message: string; readonly hint: string } };

/** Somebody else in the call, beside the caller and the agent it belongs to. */
export interface DeskParty {
  readonly role: 'consulted' | 'supervisor';
  /** Name of a colleague, or a masked number. */
  readonly name: string;
  readonly state: 'ringing' | 'talking';
  /** null for who was consulted. */
  readonly mode: SuperviseMode | null;
}
/** A call of another agent, as a supervisor sees it. */
export interface DeskTeamCall {
  readonly callId: CallId;
  readonly agentName: string;
  readonly queue: QueueName;
  readonly connectedSinceMs: number;
}
/** A call this agent could pick up. */
export interface DeskPickable {
  readonly callId: CallId;
  readonly state: 'waiting' | 'ringing';
  readonly queue: QueueName;
  /** At whom it rings; '' while it waits. */
  readonly agentName: string;
  /** Masked. */
  readonly callerNumber: string;
  readonly sinceMs: number;
}
/** A call in a parking place. */
export interface DeskParked {
  readonly slot: number;
  readonly queue: QueueName;
  /** Masked. */
  readonly callerNumber: string;
  readonly parkedBy: string;
  readonly sinceMs: number;
}
export interface DeskCollecting {
  readonly hook: string;
  readonly digits: number;
  readonly isChecking: boolean;
}
/** `dialling`: the agent is on the line, the customer rings. */
export type DeskCallState = 'ringing' | 'dialling' | 'connected' | 'held' | 'wrap_up';
export interface DeskCall {
  readonly callId: CallId;
  readonly state: DeskCallState;
  readonly direction: 'in' | 'out';
  /** The call was owed to the customer: who asked for it, how often it was tried with this one, since when (wall ms), and what the agent noted. */
  readonly calledBack: { readonly kind: CallbackKind; readonly attempt: number; readonly agreedAtMs: number; readonly note: string } | null;
  /** Whose desk this is: the agent the call belongs to, one who was consulted, or a supervisor. */
  readonly part: 'agent' | 'consulted' | 'supervisor';
  /** At most two. Supervisors are left out where the site does not announce them. */
  readonly parties: readonly DeskParty[];
  readonly conference: boolean;
  /** What became of the consultation before; null while there was none. */
  readonly lastConsult: RingOutcome | null;
  /** How this desk supervises the call; null for everybody else. */
  readonly mode: SuperviseMode | null;
  /** Name of the agent whose call it is, for who was consulted and for supervisors; '' on that agent's own desk. */
  readonly ofAgent: string;
  /** Masked for agents: first three and last two digits. */
  readonly callerNumber: string;
  readonly callerName: string;
  readonly queue: QueueName;
  readonly skill: string;
  readonly waitMs: number;
  /** Labels of the menu choices the caller made, in order. */
  readonly path: readonly string[];
  /** null before the call was offered to anybody. */
  readonly routedBecause: RoutedBecause | null;
  readonly muted: boolean;
  readonly recording: boolean;
  /** Of the queue; with `on_demand` the agent starts and stops it. */
  readonly recordingPolicy: RecordingPolicy;
  /** The recording is paused until then at the longest, wall ms; 0 when it is not. */
  readonly pausedUntilMs: number;
  /** The last pause was ended by the site: the agent forgot to. */
  readonly pauseRanOut: boolean;
  /** The caller keys digits for a hook of the site: how many so far, and whether they are being checked; null when not. */
  readonly collecting: DeskCollecting | null;
  /** How the last entry of this talk went; null before there was one. */
  readonly lastSecret: SecretOutcome | null;
  /** Wall time in ms since 1970: ringing since, connected since; 0 when not yet. */
  readonly ringingSinceMs: number;
  readonly connectedSinceMs: number;
  readonly endedAtMs: number;
  /** When the wrap-up expires; 0 outside wrap-up. */
  readonly wrapUpUntilMs: number;
}
/** Why this agent got the call; the desk says it in its own language. */
export interface RoutedBecause {
  /**
   * `transferred`: another agent passed it on to this one; `dialled`: the agent called; `picked_up`: the agent took it out of turn; `retrieved`: out of
   * a parking place; `parked_back`: nobody took up what this agent had parked.
   */
  readonly how: 'advised' | 'skill' | 'longest_idle' | 'transferred' | 'dialled' | 'picked_up' | 'retrieved' | 'parked_back';
  /** The skill that decided; '' for `longest_idle`. */
  readonly skill: string;
  readonly advice: AdviceOutcome;
  /** The cloud's own words, when its advice was followed. */
  readonly reason: AdviceReason | null;
}
export interface DeskQueue {
  readonly queue: QueueName;
  readonly waiting: number;
  readonly longestWaitMs: number;
  readonly readyAgents: number;
}
export interface DeskView {
  readonly agent: {
    readonly id: AgentId;
    readonly name: string;
    readonly state: AgentStateName;
    readonly reason: string;
    readonly sinceMs: number;
    /** Not ready for this reason once the call is over; '' for none. */
    readonly afterwards: string;
  };
  readonly call: DeskCall | null;
  readonly queues: readonly DeskQueue[];
  /** Agents who could be asked now, at most 50. */
  readonly colleagues: ReadonlyArray<{ readonly id: AgentId; readonly name: string }>;
  /** Calls this agent could pick up, what rings longest first; at most 10. */
  readonly pickable: readonly DeskPickable[];
  /** Calls in parking places, at most as many as there are. */
  readonly parked: readonly DeskParked[];
  /** Queues a caller can be passed on to. */
  readonly transferQueues: readonly QueueName[];
  /** Calls of other agents, at most 50; null for who may not supervise. */
  readonly team: readonly DeskTeamCall[] | null;
  readonly link: LinkStatus;
  readonly reasons: readonly string[];
  readonly dispositions: readonly string[];
  /** What a caller can be asked to key; at most 16. `zh` and `en` may be ''. */
  readonly secrets: ReadonlyArray<{ readonly hook: string; readonly zh: string; readonly en: string }>;
  readonly serverTimeMs: number;
}
/** Parameters of a mediasoup consumer the desk must build, once per offered call, before it is answered. */
export interface ConsumeOffer {
  readonly callId: CallId;
  readonly consumerId: string;
  readonly producerId: string;
  readonly kind: 'audio';
  readonly rtpParameters: unknown;
}
export type DeskPush =
  | { readonly push: 'view'; readonly view: DeskView }
  | { readonly push: 'media.consume'; readonly offer: ConsumeOffer }
  /** The media worker died: build transports, microphone and consumer anew. */
  | { readonly push: 'media.rejoin' }
  /** Signed in elsewhere, or the session ended; the desk shows the sign-in page. */
  | { readonly push: 'bye'; readonly why: 'signed_in_elsewhere' | 'session_ended' | 'site_stopping' };

// HTTP, same origin, cookie session:
export const SignInRequest = Type.Object(
  { agent: Type.String({ minLength: 1, maxLength: 48 }), password: Type.String({ minLength: 1, maxLength: 256 }) },
  { additionalProperties: false },
);
export type SignInRequest = Static<typeof SignInRequest>;
/** Reply of `POST /api/sign-in` and `GET /api/session`. */
export interface SessionReply {
  readonly agent: { readonly id: AgentId; readonly name: string };
  readonly site: string;
  readonly language: 'zh' | 'en';
  readonly roles: readonly string[];
  /** What is still to be done before the session has any right; `open`: nothing. */
  readonly stage: 'second_factor' | 'password_change' | 'factor_enrolment' | 'open';
}
