/**
 * What every verb of a flow answers about its node. Pure: a turn says where the call stands now and what the runner must do.
 * A new verb is one file beside this one, its schema in `contracts/src/flow.ts` and one line in `all.ts`.
 */
import type { SecretOutcome as EverySecretOutcome } from '@keepline/contracts/events';

/** Where a caller is inside a node. */
export interface Pose {
  readonly at: 'playing' | 'collecting' | 'handing' | 'left';
  /** How often the node has been played, from 1. */
  readonly attempt: number;
  /** What was keyed of a secret or of a number so far, or the number read back; gone as soon as it is handed over. */
  readonly keyed?: string;
  /** How far a call-back is agreed on. */
  readonly stage?: 'checking' | 'confirming' | 'keying' | 'booking';
}

/** What became of one try to key a secret; in a flow nobody gives it up but the caller, with the call. */
export type SecretOutcome = Exclude<EverySecretOutcome, 'aborted' | 'ended'>;

export type Input =
  | { readonly on: 'playEnded' }
  /** One key: 0-9, * or #. It is never stored; only the label of the choice it makes is. */
  | { readonly on: 'digit'; readonly digit: string }
  | { readonly on: 'timeout' }
  /** Of the hook a secret was handed to. */
  | { readonly on: 'answered'; readonly answer: Exclude<SecretOutcome, 'incomplete'> }
  /** The number in its one spelling; '' where there is none, or it may not be called. */
  | { readonly on: 'number'; readonly number: string }
  | { readonly on: 'booked'; readonly booked: boolean }
  | { readonly on: 'callerGone' };

/** Whoever presses `key` while waiting goes on at `next`. */
export interface CallbackOffer {
  readonly key: string;
  readonly prompt: string;
  readonly next: string;
}

/** How a call leaves the flow. `overflow` is the node to come back to when nobody answered in the queue. */
export type FlowResult =
  | { readonly go: 'enqueue'; readonly queue: string; readonly skill: string; readonly overflow: string; readonly callback?: CallbackOffer }
  | { readonly go: 'hangup' }
  | { readonly go: 'ended' };

export type Effect =
  | { readonly do: 'play'; readonly prompts: readonly string[] }
  | { readonly do: 'stopPlaying' }
  /** Wait this long for a key, ms. */
  | { readonly do: 'collect'; readonly ms: number }
  | { readonly do: 'choose'; readonly node: string; readonly choice: string }
  /** A secret, for this hook and nobody else. */
  | { readonly do: 'hand'; readonly node: string; readonly hook: string; readonly keyed: string }
  | { readonly do: 'tellSecret'; readonly node: string; readonly outcome: SecretOutcome }
  /** Whether this number may be called; null: the caller's own. */
  | { readonly do: 'checkNumber'; readonly number: string | null }
  | { readonly do: 'book'; readonly queue: string; readonly skill: string; readonly number: string }
  | { readonly do: 'leave'; readonly result: FlowResult };

export type Turn =
  | { readonly stay: Pose; readonly effects: readonly Effect[] }
  | { readonly next: string; readonly effects: readonly Effect[] };

/** Another node this one may lead to, and whether it takes a person's decision to go there. */
export interface Exit {
  /** Where in the node it is written, for messages. */
  readonly as: string;
  readonly to: string;
  readonly by: 'caller' | 'itself';
}

export interface Verb {
  readonly exits: readonly Exit[];
  /** Names of the prompts it plays. */
  readonly prompts: readonly string[];
  /** Asks for a secret: no key may come to it from before, nor go on from it. */
  readonly isSecret?: true;
  enter(): Turn;
  /** Undefined when the input means nothing here. */
  react(pose: Pose, input: Input): Turn | undefined;
}

export const stay = (at: Pose['at'], attempt: number, ...effects: Effect[]): Turn => ({ stay: { at, attempt }, effects });
export const go = (next: string, ...effects: Effect[]): Turn => ({ next, effects });
export const leave = (result: FlowResult): Turn => stay('left', 1, { do: 'leave', result });
