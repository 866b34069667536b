/**
 * Runs a flow on a caller's leg: the only place that plays its prompts, listens to keys and arms its timer. Keys are neither logged nor
 * kept; what a caller chose is told by its label. The runner does not end the leg: whoever runs the call does, and knows why.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { Flow } from '@keepline/contracts/flow';
import type { Leg } from '../calls/leg.ts';
import { begin, type FlowStep, step } from './flow-step.ts';
import type { HookAnswer } from './secret-hook.ts';
import type { Effect, FlowResult, Input, SecretOutcome } from './verbs/verb.ts';

export type { FlowResult } from './verbs/verb.ts';

export interface FlowRun {
  readonly flow: Flow;
  readonly leg: Pick<Leg, 'audio' | 'onDigit' | 'ended'>;
  readonly clock: Pick<Clock, 'after'>;
  /** The caller chose; `choice` is the label in the flow. Called before the next node is entered. */
  readonly onChoice: (chosen: { readonly node: string; readonly choice: string }) => void;
  /** Gives what the caller keyed to a hook of the site; never rejects. Absent where no flow asks for a secret. */
  readonly hand?: (secret: { readonly node: string; readonly hook: string; readonly keyed: string }) => Promise<HookAnswer>;
  /** A secret was keyed, or not. */
  readonly onSecret?: (told: { readonly node: string; readonly outcome: SecretOutcome }) => void;
  /** Where call-backs are agreed on; absent where none are. `check` gives the one spelling of a number, null the caller's own; '' refuses it. */
  readonly callbacks?: {
    readonly check: (number: string | null) => string;
    /** Resolves true when the call is owed, durably; never rejects. */
    readonly book: (wish: { readonly queue: string; readonly skill: string; readonly number: string }) => Promise<boolean>;
  };
  /** Where to begin when not at the start: `overflow` of the result before. */
  readonly at?: string;
  /** A prompt could not be played; the flow goes on without it. */
  readonly onFault?: (fault: unknown) => void;
}

/** @returns `result`, which settles once and never rejects. @throws FlowNodeUnknown when `at` is not in this flow */
export function runFlow({ flow, leg, clock, onChoice, at, onFault, hand, onSecret, callbacks }: FlowRun): {
  readonly result: Promise<FlowResult>;
} {
  const { promise, resolve } = Promise.withResolvers<FlowResult>();
  const first = begin(flow, at);
  let state = first.state;
  let sound = 0; // counts what is played, so that the end of a prompt that was cut off is not taken for the end of the next
  let disarm = (): void => {};
  const stopListening = leg.onDigit((digit) => feed({ on: 'digit', digit }));

  const play = (prompts: readonly string[]): void => {
    sound += 1;
    const mine = sound;
    const ended = (): void => {
      if (mine === sound) feed({ on: 'playEnded' });
    };
    leg.audio.play(prompts).then(ended, (fault: unknown) => {
      onFault?.(fault);
      ended();
    });
  };
  const finish = (result: FlowResult): void => {
    sound += 1;
    stopListening();
    resolve(result);
  };
  const perform = (effect: Effect): void => {
    switch (effect.do) {
      case 'play':
        return play(effect.prompts);
      case 'stopPlaying':
        sound += 1;
        return leg.audio.stopPlaying();
      case 'collect':
        disarm = clock.after(effect.ms, () => feed({ on: 'timeout' }));
        return;
      case 'choose':
        return onChoice({ node: effect.node, choice: effect.choice });
      case 'hand': {
        const { node, hook, keyed } = effect;
        const answer = hand?.({ node, hook, keyed }) ?? Promise.resolve('unavailable' as const);
        return void answer.then((given) => feed({ on: 'answered', answer: given }));
      }
      case 'checkNumber': {
        const number = callbacks?.check(effect.number) ?? '';
        return queueMicrotask(() => feed({ on: 'number', number }));
      }
      case 'book': {
        const { queue, skill, number } = effect;
        const booking = callbacks?.book({ queue, skill, number }) ?? Promise.resolve(false);
        return void booking.then((booked) => feed({ on: 'booked', booked }));
      }
      case 'tellSecret':
        return onSecret?.({ node: effect.node, outcome: effect.outcome });
      case 'leave':
        return finish(effect.result);
    }
  };
  const take = (next: FlowStep): void => {
    if (next.state !== state) disarm();
    state = next.state;
    for (const effect of next.effects) perform(effect);
  };
  const feed = (input: Input): void => take(step(flow, state, input));

  take(first);
  void leg.ended.then(() => feed({ on: 'callerGone' }));
  return { result: promise };
}
