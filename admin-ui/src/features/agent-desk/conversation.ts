/**
 * A conversation with more than two, pure: who hears whom, as lines the screen puts into words, and whom a call may be passed on to. What is
 * said here of each state follows the table by which the gateway mixes.
 */
import type { DeskAsk, DeskCall, DeskParty, DeskTarget, DeskView } from '@keepline/contracts/agent-protocol';
import type { SuperviseMode } from '@keepline/contracts/events';

/** What is done with whom the agent chooses. */
export type Purpose = 'transfer' | 'consult' | 'dial';
export const PURPOSE_ASKS = { transfer: 'call.transfer', consult: 'call.consult', dial: 'call.dial' } as const satisfies Record<
  Purpose,
  DeskAsk
>;
/** Kinds of targets for each purpose; the first is shown first. A queue cannot be asked, and only a number can be called. */
export const PURPOSE_KINDS: Readonly<Record<Purpose, readonly DeskTarget['kind'][]>> = {
  transfer: ['queue', 'agent', 'outside'],
  consult: ['agent', 'outside'],
  dial: ['outside'],
};
export const NUMBER_MAX_LENGTH = 32;

/** How a supervisor can be in a call, from the least to the most. */
export const SUPERVISE_MODES: readonly SuperviseMode[] = ['monitor', 'whisper', 'barge'];

export interface HearingLine {
  /** Text below `talk.hears`. */
  readonly key: 'rings_held' | 'rings' | 'consult' | 'waits' | 'conference' | 'joins' | SuperviseMode | `self_${SuperviseMode}` | 'asked';
  readonly name: string;
}

/** Whom the agent of this call has asked, or is ringing to ask. */
export function consultedIn(call: DeskCall): DeskParty | undefined {
  return call.parties.find(({ role }) => role === 'consulted');
}

/**
 * Whether this desk speaks with somebody: while the caller is held, with whoever was consulted, or a supervisor who is there to talk. A
 * supervisor who listens speaks with nobody.
 */
export function isSpeaking(call: DeskCall): boolean {
  if (call.state === 'held') return call.parties.some(({ state, mode }) => state === 'talking' && mode !== 'monitor');
  return call.state === 'connected' && !(call.part === 'supervisor' && call.mode === 'monitor');
}

/** Whether hold and resume go back and forth between the customer and whom the agent consulted. */
export function isBetweenTwo(call: DeskCall): boolean {
  return !call.conference && consultedIn(call)?.state === 'talking';
}

/** Who hears whom, one line for each party beside agent and customer. */
export function hearingOf(call: DeskCall): readonly HearingLine[] {
  if (call.part === 'consulted') return [{ key: call.conference ? 'conference' : 'asked', name: call.ofAgent }];
  if (call.part === 'supervisor') return call.state === 'ringing' ? [] : [{ key: `self_${call.mode ?? 'monitor'}`, name: call.ofAgent }];
  return call.parties.map((party) => ({
    key: party.role === 'supervisor' ? supervising(party) : consulting(call, party),
    name: party.name,
  }));
}

function supervising({ state, mode }: DeskParty): HearingLine['key'] {
  return state === 'ringing' ? 'joins' : (mode ?? 'monitor');
}

function consulting({ state, conference }: DeskCall, party: DeskParty): HearingLine['key'] {
  if (party.state === 'ringing') return state === 'held' ? 'rings_held' : 'rings';
  if (state === 'held') return 'consult';
  return conference ? 'conference' : 'waits';
}

/** What is chosen so far; each kind keeps its own while another is looked at. */
export interface TargetDraft {
  readonly kind: DeskTarget['kind'];
  readonly queue: string;
  readonly agentId: string;
  readonly number: string;
}

/** @returns null while nothing is chosen, and for a colleague who is not ready any more */
export function targetOf({ kind, queue, agentId, number }: TargetDraft, view: DeskView): DeskTarget | null {
  switch (kind) {
    case 'queue':
      return view.transferQueues.includes(queue) ? { kind, queue } : null;
    case 'agent':
      return view.colleagues.some(({ id }) => id === agentId) ? { kind, agentId } : null;
    case 'outside': {
      const dialled = number.trim();
      return dialled === '' || dialled.length > NUMBER_MAX_LENGTH ? null : { kind, number: dialled };
    }
    default:
      return kind satisfies never;
  }
}
