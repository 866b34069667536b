/**
 * What the desk knows and what the agent may do now, pure: `step` takes what happened and returns the next state, the questions below
 * it read the state. The gateway's view is the truth; the desk adds only what the gateway cannot know (the connection, the sound
 * devices, what is being asked, the wrap-up being typed). Times are in ms; `…Since` of the view are wall times of the gateway.
 */
import type { DeskAsk, DeskCall, DeskPush, DeskView } from '@keepline/contracts/agent-protocol';
import { consultedIn, isSpeaking } from './conversation.ts';

/** A fault as the screen shows it: texts by code, with the sender's words where the desk knows no better. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}
export type Connection =
  | { readonly at: 'connecting' }
  | { readonly at: 'open' }
  | { readonly at: 'lost'; readonly attempt: number; readonly retryAtMs: number };
export type Sound = { readonly at: 'off' | 'starting' | 'ready' } | { readonly at: 'failed'; readonly trouble: Trouble };
export type ByeReason = Extract<DeskPush, { push: 'bye' }>['why'];
/** The wrap-up as typed so far; it survives a lost connection, and belongs to one call. */
export interface WrapUpDraft {
  readonly callId: string;
  readonly disposition: string;
  readonly note: string;
}
export interface DeskState {
  readonly connection: Connection;
  readonly sound: Sound;
  readonly view: DeskView | null;
  /** Gateway wall time minus own monotonic time, so that a clock set wrong here, or set anew, bends no timer. */
  readonly serverOffsetMs: number;
  readonly asking: readonly DeskAsk[];
  readonly draft: WrapUpDraft | null;
  /** Muted here already, before the gateway has said so: silence must not wait for the network. */
  readonly muteWanted: boolean | null;
  /** Answered here, though the view still says ringing: it must not ring on, nor be answered twice. */
  readonly answeredCallId: string | null;
  readonly trouble: Trouble | null;
  readonly bye: ByeReason | null;
}
export type DeskInput =
  | { readonly is: 'opened' }
  | { readonly is: 'lost'; readonly attempt: number; readonly retryAtMs: number }
  | { readonly is: 'view'; readonly view: DeskView; readonly monotonicMs: number }
  | { readonly is: 'bye'; readonly why: ByeReason }
  | { readonly is: 'asked'; readonly ask: DeskAsk }
  | { readonly is: 'settled'; readonly ask: DeskAsk; readonly trouble: Trouble | null }
  | { readonly is: 'sound'; readonly sound: Sound }
  | { readonly is: 'mute_wanted'; readonly muted: boolean }
  | { readonly is: 'draft'; readonly draft: WrapUpDraft }
  | { readonly is: 'trouble_read' };

export const NOTE_MAX_LENGTH = 2000;

export const firstState: DeskState = {
  connection: { at: 'connecting' },
  sound: { at: 'off' },
  view: null,
  serverOffsetMs: 0,
  asking: [],
  draft: null,
  muteWanted: null,
  answeredCallId: null,
  trouble: null,
  bye: null,
};

export function step(state: DeskState, input: DeskInput): DeskState {
  switch (input.is) {
    case 'opened':
      return { ...state, connection: { at: 'open' }, bye: state.bye === 'site_stopping' ? null : state.bye };
    case 'lost':
      return { ...state, connection: { at: 'lost', attempt: input.attempt, retryAtMs: input.retryAtMs } };
    case 'view':
      return takeView(state, input.view, input.monotonicMs);
    case 'bye':
      return { ...state, bye: input.why };
    case 'asked':
      return { ...state, asking: [...state.asking, input.ask], trouble: null };
    case 'settled':
      return takeSettled(state, input.ask, input.trouble);
    case 'sound':
      return { ...state, sound: input.sound };
    case 'mute_wanted':
      return { ...state, muteWanted: input.muted };
    case 'draft':
      return { ...state, draft: { ...input.draft, note: input.draft.note.slice(0, NOTE_MAX_LENGTH) } };
    case 'trouble_read':
      return { ...state, trouble: null };
    default:
      return input satisfies never;
  }
}

function takeView(state: DeskState, view: DeskView, monotonicMs: number): DeskState {
  const sameCall = view.call !== null && view.call.callId === state.view?.call?.callId;
  const stillRings = sameCall && view.call?.state === 'ringing';
  return {
    ...state,
    view,
    answeredCallId: stillRings ? state.answeredCallId : null,
    serverOffsetMs: view.serverTimeMs - monotonicMs,
    draft: view.call !== null && state.draft?.callId === view.call.callId ? state.draft : null,
    muteWanted: sameCall && isStillWanted(state, view) ? state.muteWanted : null,
  };
}

/** Both ways the doubt goes to silence: a wish to be muted stays until the gateway shares it, a wish to be heard ends with its request. */
function isStillWanted(state: DeskState, view: DeskView): boolean {
  return state.muteWanted === true ? view.call?.muted === false : state.asking.includes('call.mute');
}

function takeSettled(state: DeskState, ask: DeskAsk, trouble: Trouble | null): DeskState {
  const first = state.asking.indexOf(ask);
  const asking = first < 0 ? state.asking : state.asking.toSpliced(first, 1);
  const muteWanted = ask === 'call.mute' && trouble !== null && state.muteWanted === false ? null : state.muteWanted;
  const answeredCallId = ask === 'call.answer' && trouble === null ? (callOf(state)?.callId ?? null) : state.answeredCallId;
  return { ...state, asking, muteWanted, answeredCallId, trouble: trouble ?? state.trouble };
}

/** Wall time at the gateway, ms since 1970. */
export function serverNowMs(state: DeskState, monotonicMs: number): number {
  return monotonicMs + state.serverOffsetMs;
}

export function callOf(state: DeskState): DeskCall | null {
  return state.view?.call ?? null;
}

export function isMuted(state: DeskState): boolean {
  return state.muteWanted ?? callOf(state)?.muted ?? false;
}

/** Whether the microphone may be heard: in a conversation and not muted, never else. */
export function isMicrophoneOpen(state: DeskState): boolean {
  const call = callOf(state);
  return call !== null && isSpeaking(call) && !isMuted(state);
}

function isAnswered(state: DeskState): boolean {
  return state.asking.includes('call.answer') || (state.answeredCallId !== null && state.answeredCallId === callOf(state)?.callId);
}

/** Rings only while the gateway is there to take the answer. */
export function isRinging(state: DeskState): boolean {
  const call = callOf(state);
  return call !== null && isOffered(call) && state.connection.at === 'open' && !isAnswered(state);
}

/** Whether somebody else's call rings here. A call the agent asked for is none, though a telephone on the table may ring for it. */
export function isOffered(call: DeskCall): boolean {
  return call.state === 'ringing' && (call.part === 'consulted' || (call.part === 'agent' && call.direction === 'in'));
}

/** The state by its name: a call somebody asked for, and that rings on the table, is being dialled, or come into. */
export function phaseOf(call: DeskCall): DeskCall['state'] | 'joining' {
  if (call.state !== 'ringing' || isOffered(call)) return call.state;
  return call.part === 'supervisor' ? 'joining' : 'dialling';
}

/** The wrap-up as it stands, empty when nothing was typed for this call. */
export function draftOf(state: DeskState, callId: string): WrapUpDraft {
  return state.draft?.callId === callId ? state.draft : { callId, disposition: '', note: '' };
}

/** What the agent may ask for now; the gateway decides again when asked. */
export function allowedAsks(state: DeskState): ReadonlySet<DeskAsk> {
  const allowed = new Set<DeskAsk>();
  const view = state.view;
  if (!view || state.connection.at !== 'open') return allowed;
  if (mayBeReady(state, view.agent)) allowed.add('agent.ready');
  if (view.agent.state !== 'signed_out') allowed.add('agent.not_ready');
  if (isFree(state, view)) for (const ask of ['call.dial', 'call.pickup', 'call.retrieve'] as const) allowed.add(ask);
  if (view.team !== null && (isFree(state, view) || isSupervising(view))) allowed.add('call.supervise');
  for (const ask of asksOfCall(state, view.call)) allowed.add(ask);
  for (const ask of state.asking) allowed.delete(ask);
  return allowed;
}

function mayBeReady({ sound }: DeskState, { state, afterwards }: DeskView['agent']): boolean {
  // During a call: to stay ready after all.
  if (state === 'in_call' || state === 'wrap_up') return afterwards !== '';
  // While sound is on its way, ready would be refused; without sound it may be right, for an agent with a telephone on the table.
  return (state === 'not_ready' || state === 'signed_out') && sound.at !== 'starting';
}

/** Whether becoming ready or not ready counts from the end of the call on. */
export function isAfterwards(state: DeskState): boolean {
  const at = state.view?.agent.state;
  return at === 'offered' || at === 'in_call' || at === 'wrap_up';
}

const isSupervising = ({ call }: DeskView): boolean => call?.part === 'supervisor' && call.state === 'connected';

/** Whether this desk may come into that call of another, or change how it is in it: one at a time. */
export function maySupervise(state: DeskState, callId: string): boolean {
  const call = callOf(state);
  return allowedAsks(state).has('call.supervise') && (call === null || call.callId === callId);
}

/** Free for a call of the agent's own asking. */
function isFree({ sound }: DeskState, { agent, call }: DeskView): boolean {
  return call === null && (agent.state === 'ready' || agent.state === 'not_ready') && sound.at !== 'starting';
}

function tapeAsks({ recording, pausedUntilMs, recordingPolicy, collecting }: DeskCall): readonly DeskAsk[] {
  if (collecting) return []; // the recording is paused until the last key
  const isOnDemand = recordingPolicy === 'on_demand';
  if (!recording) return isOnDemand ? ['recording.start'] : [];
  return [pausedUntilMs > 0 ? 'recording.resume' : 'recording.pause', ...(isOnDemand ? (['recording.stop'] as const) : [])];
}

/** Asked for while both talk, given up at any time. */
function secretAsks({ view }: DeskState, { collecting, state }: DeskCall): readonly DeskAsk[] {
  if (collecting) return ['secret.abort'];
  return state === 'connected' && (view?.secrets.length ?? 0) > 0 ? ['secret.collect'] : [];
}

function asksOfCall(state: DeskState, call: DeskCall | null): readonly DeskAsk[] {
  if (!call) return [];
  switch (call.state) {
    case 'ringing':
      if (!isOffered(call)) return ['call.hangup'];
      // One answer to a ringing call: a decline after an answer already on its way would end a call the caller can hear.
      return isAnswered(state) || state.asking.includes('call.decline') ? [] : ['call.answer', 'call.decline'];
    case 'dialling':
      return ['call.hangup'];
    case 'connected':
      if (call.part !== 'agent') return isSpeaking(call) ? ['call.mute', 'call.hangup'] : ['call.hangup'];
      return ['call.hold', 'call.mute', ...tapeAsks(call), ...secretAsks(state, call), ...partiesAsks(call), 'call.hangup'];
    case 'held':
      return [
        'call.resume',
        ...(isSpeaking(call) ? (['call.mute'] as const) : []),
        ...tapeAsks(call),
        ...secretAsks(state, call),
        ...partiesAsks(call),
        'call.hangup',
      ];
    case 'wrap_up':
      return draftOf(state, call.callId).disposition === '' ? ['call.schedule'] : ['call.schedule', 'call.dispose'];
    default:
      return call.state satisfies never;
  }
}

/** One is asked at a time; whoever is there is let go before somebody else is chosen. */
function partiesAsks(call: DeskCall): readonly DeskAsk[] {
  const consulted = consultedIn(call);
  if (!consulted) return ['call.transfer', 'call.consult', 'call.park'];
  if (consulted.state === 'ringing') return ['call.release'];
  return call.conference ? ['call.complete', 'call.release'] : ['call.conference', 'call.complete', 'call.release'];
}
