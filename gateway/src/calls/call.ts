/**
 * What a call is, pure core: its facts and how each thing that happens changes them. Times are wall ms since 1970 as told by the
 * journey; `0` means not yet. Inputs that make no sense in a state throw, so a journey cannot tell an impossible story.
 */
import type { RoutedBecause } from '@keepline/contracts/agent-protocol';
import type { AgentId, CallId } from '@keepline/contracts/ids';
import type { RecordingPolicy } from '@keepline/contracts/recording-policy';
import type { CallFacts, CalledBack } from './call-control.ts';
import { CallStateRefused } from './errors.ts';

export type CallInput =
  | { readonly do: 'choose'; readonly label: string }
  /** `sinceMs`: the place of a caller who was in this queue before. */
  | { readonly do: 'queue'; readonly queue: string; readonly skill: string; readonly sinceMs?: number }
  | { readonly do: 'call_back'; readonly queue: string; readonly skill: string; readonly sinceMs: number; readonly calledBack: CalledBack }
  | { readonly do: 'offer'; readonly agentId: AgentId; readonly because: RoutedBecause }
  | { readonly do: 'return_to_queue' }
  | { readonly do: 'lose_agent' }
  | { readonly do: 'transfer' }
  | { readonly do: 'park'; readonly slot: number; readonly parkedBy: AgentId }
  | { readonly do: 'connect' }
  | { readonly do: 'dial_out'; readonly agentId: AgentId }
  | { readonly do: 'dialling' | 'pass_out' }
  | ({ readonly do: 'parties' } & Pick<CallFacts, 'parties' | 'conference' | 'lastConsult'>)
  | { readonly do: 'record'; readonly recording: boolean; readonly policy: RecordingPolicy }
  | { readonly do: 'pause'; readonly untilMs: number; readonly ranOut: boolean }
  | ({ readonly do: 'collect' } & Pick<CallFacts, 'collecting' | 'lastSecret'>)
  | { readonly do: 'hold' | 'resume' | 'end' | 'dispose' }
  | { readonly do: 'overflow' }
  | { readonly do: 'mute'; readonly muted: boolean }
  | { readonly do: 'wrap_up'; readonly untilMs: number };

const NO_DIGITS = { collecting: null, lastSecret: null } as const;

export function newCall(callId: CallId, callerNumber: string, callerName: string, nowMs: number): CallFacts {
  return {
    callId,
    state: 'in_flow',
    direction: 'in',
    calledBack: null,
    parties: [],
    conference: false,
    lastConsult: null,
    parked: null,
    callerNumber,
    callerName,
    queue: '',
    skill: '',
    path: [],
    agentId: null,
    routedBecause: null,
    muted: false,
    recording: false,
    recordingPolicy: 'always',
    pausedUntilMs: 0,
    pauseRanOut: false,
    ...NO_DIGITS,
    startedAtMs: nowMs,
    queuedAtMs: 0,
    offeredAtMs: 0,
    connectedAtMs: 0,
    endedAtMs: 0,
    wrapUpUntilMs: 0,
    waitMs: 0,
  };
}

/** Nobody but caller and agent, and no digits asked for. */
const ALONE = { parties: [], conference: false, lastConsult: null, ...NO_DIGITS } as const;
const DIALLED: RoutedBecause = { how: 'dialled', skill: '', advice: 'not_asked', reason: null };

/** Menu choices kept of one call; more would be a caller playing with a looping flow. */
const PATH_MAX = 32;

/** @throws CallStateRefused */
export function step(call: CallFacts, input: CallInput, nowMs: number): CallFacts {
  switch (`${call.state} ${input.do}` as const) {
    case 'in_flow choose':
      return { ...call, path: [...call.path, input.do === 'choose' ? input.label : ''].slice(-PATH_MAX) };
    case 'in_flow dial_out':
      return input.do === 'dial_out'
        ? {
            ...call,
            state: 'offered',
            direction: 'out',
            agentId: input.agentId,
            routedBecause: DIALLED,
            queuedAtMs: nowMs,
            offeredAtMs: nowMs,
          }
        : call;
    case 'offered dialling':
      return { ...call, state: 'dialling' };
    case 'in_flow pass_out':
      return { ...call, state: 'outside' };
    case 'in_flow park':
      return input.do === 'park' ? { ...call, state: 'parked', parked: { slot: input.slot, sinceMs: nowMs, by: input.parkedBy } } : call;
    case 'in_flow call_back':
      return input.do === 'call_back'
        ? {
            ...call,
            state: 'queued',
            direction: 'out',
            calledBack: input.calledBack,
            queue: input.queue,
            skill: input.skill,
            queuedAtMs: input.sinceMs,
          }
        : call;
    case 'parked queue':
    case 'outside queue':
    case 'in_flow queue':
      return input.do === 'queue'
        ? { ...call, state: 'queued', parked: null, queue: input.queue, skill: input.skill, queuedAtMs: input.sinceMs ?? nowMs }
        : call;
    case 'queued overflow':
      return { ...call, state: 'in_flow' };
    case 'queued offer':
      return input.do === 'offer'
        ? {
            ...call,
            state: 'offered',
            agentId: input.agentId,
            routedBecause: input.because,
            offeredAtMs: nowMs,
            waitMs: nowMs - call.queuedAtMs,
          }
        : call;
    case 'offered return_to_queue':
      return { ...call, state: 'queued', agentId: null, routedBecause: null, offeredAtMs: 0 };
    case 'connected lose_agent':
    case 'held lose_agent':
      // The caller keeps the place that the wait so far has earned, and the longest wait begins to count from there.
      return {
        ...call,
        state: 'queued',
        ...ALONE,
        agentId: null,
        routedBecause: null,
        queuedAtMs: nowMs - call.waitMs,
        offeredAtMs: 0,
        connectedAtMs: 0,
        recording: false,
        muted: false,
      };
    case 'connected transfer':
    case 'held transfer':
      // Passed on: to be queued anew, with a wait that begins anew.
      return {
        ...call,
        state: 'in_flow',
        ...ALONE,
        agentId: null,
        routedBecause: null,
        offeredAtMs: 0,
        connectedAtMs: 0,
        recording: false,
        muted: false,
      };
    case 'offered connect':
    case 'dialling connect':
      return { ...call, state: 'connected', connectedAtMs: nowMs, waitMs: nowMs - call.queuedAtMs };
    case 'connected parties':
    case 'held parties':
      return input.do === 'parties'
        ? { ...call, parties: input.parties, conference: input.conference, lastConsult: input.lastConsult }
        : call;
    case 'connected record':
    case 'held record':
      return input.do === 'record'
        ? { ...call, recording: input.recording, recordingPolicy: input.policy, pausedUntilMs: 0, pauseRanOut: false }
        : call;
    case 'connected pause':
    case 'held pause':
      return input.do === 'pause' ? { ...call, pausedUntilMs: input.untilMs, pauseRanOut: input.ranOut } : call;
    case 'connected collect':
    case 'held collect':
      return input.do === 'collect' ? { ...call, collecting: input.collecting, lastSecret: input.lastSecret } : call;
    case 'connected mute':
    case 'held mute':
      return { ...call, muted: input.do === 'mute' && input.muted };
    case 'connected hold':
      return { ...call, state: 'held' };
    case 'held resume':
      return { ...call, state: 'connected' };
    case 'in_flow end':
    case 'queued end':
    case 'offered end':
    case 'parked end':
    case 'outside end':
      return { ...call, state: 'ended', parked: null, endedAtMs: nowMs, agentId: null };
    case 'dialling end':
    case 'connected end':
    case 'held end':
      return { ...call, ...ALONE, state: 'wrap_up', endedAtMs: nowMs, recording: false, muted: false };
    case 'wrap_up wrap_up':
      return input.do === 'wrap_up' ? { ...call, wrapUpUntilMs: input.untilMs } : call;
    case 'wrap_up dispose':
      return { ...call, state: 'ended' };
    default:
      throw new CallStateRefused(call.callId, input.do.replaceAll('_', ' '), call.state.replaceAll('_', ' '));
  }
}
