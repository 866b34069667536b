/**
 * `callback`: agrees on a call-back. The number of the caller is read back digit by digit: 1 confirms it, 2 keys another (`#` ends it, `*` begins it
 * anew), any other key goes on waiting. Whether a number may be called, and whether the call is owed, is asked of the house.
 */
import type { FlowNode } from '@keepline/contracts/flow';
import { type Effect, go, type Pose, type Turn, type Verb } from './verb.ts';

/** Longest number of the world plan (E.164 §6.1) with its prefix. */
const NUMBER_DIGITS_MAX = 18;
const DIGIT_PROMPTS = Array.from({ length: 10 }, (_, digit) => `digit-${digit}`);
type Stage = NonNullable<Pose['stage']>;

/** Prompts that say a number. */
export const spelt = (number: string): string[] => Array.from(number.replaceAll(/[^0-9]/g, ''), (digit) => `digit-${digit}`);

export function callback(node: Extract<FlowNode, { do: 'callback' }>): Verb {
  const { waitMs, attempts, queue, skill } = node;
  const at = (where: Pose['at'], stage: Stage, attempt: number, keyed: string, ...effects: Effect[]): Turn => ({
    stay: { at: where, stage, attempt, keyed },
    effects,
  });
  const askKeys = (attempt: number, ...before: string[]): Turn =>
    at('playing', 'keying', attempt, '', { do: 'play', prompts: [...before, node.keyPrompt] });
  const readBack = (attempt: number, number: string): Turn =>
    at('playing', 'confirming', attempt, number, { do: 'play', prompts: [node.prompt, ...spelt(number), node.confirmPrompt] });
  const check = (pose: Pose): Turn =>
    at('handing', 'checking', pose.attempt, '', ...quiet(pose), { do: 'checkNumber', number: pose.keyed ?? '' });
  const again = ({ attempt }: Pose, next: (attempt: number) => Turn): Turn => (attempt < attempts ? next(attempt + 1) : go(node.declined));

  const keying = (pose: Pose, digit: string): Turn => {
    const keyed = pose.keyed ?? '';
    if (digit === '#') return check(pose);
    const next = digit === '*' ? '' : keyed + digit;
    return next.length >= NUMBER_DIGITS_MAX
      ? check({ ...pose, keyed: next })
      : at('collecting', 'keying', pose.attempt, next, ...quiet(pose), { do: 'collect', ms: waitMs });
  };
  const confirming = (pose: Pose, digit: string): Turn => {
    const number = pose.keyed ?? '';
    if (digit === '1') return at('handing', 'booking', pose.attempt, '', ...quiet(pose), { do: 'book', queue, skill, number });
    if (digit !== '2') return go(node.declined, ...quiet(pose));
    const turn = again(pose, (attempt) => askKeys(attempt));
    return { ...turn, effects: [...quiet(pose), ...turn.effects] };
  };
  return {
    exits: [
      { as: 'accepted', to: node.accepted, by: 'caller' },
      { as: 'declined', to: node.declined, by: 'itself' },
    ],
    prompts: [node.prompt, node.confirmPrompt, node.keyPrompt, node.refusedPrompt, ...DIGIT_PROMPTS],
    isSecret: true,
    enter: () => at('handing', 'checking', 1, '', { do: 'checkNumber', number: null }),
    react(pose, input) {
      const { stage } = pose;
      if (input.on === 'digit') {
        if (stage === 'keying') return keying(pose, input.digit);
        return stage === 'confirming' ? confirming(pose, input.digit) : { stay: pose, effects: [] };
      }
      if (input.on === 'number' && stage === 'checking')
        return input.number === '' ? again(pose, (attempt) => askKeys(attempt, node.refusedPrompt)) : readBack(pose.attempt, input.number);
      if (input.on === 'booked' && stage === 'booking') return go(input.booked ? node.accepted : node.declined);
      if (input.on === 'playEnded' && pose.at === 'playing')
        return { stay: { ...pose, at: 'collecting' }, effects: [{ do: 'collect', ms: waitMs }] };
      if (input.on !== 'timeout' || pose.at !== 'collecting') return undefined;
      if (stage === 'keying') return pose.keyed === '' ? again(pose, (attempt) => askKeys(attempt)) : check(pose);
      return again(pose, (attempt) => readBack(attempt, pose.keyed ?? ''));
    },
  };
}

const quiet = (pose: Pose): Effect[] => (pose.at === 'playing' ? [{ do: 'stopPlaying' }] : []);
