/**
 * `secret`: asks for a card number or a PIN and hands the keys to one hook of the site, and to nobody else. `#` ends the entry, `*` begins it
 * anew. Keys pressed before are thrown away, and keys pressed meanwhile never reach a menu behind it.
 */
import type { FlowNode } from '@keepline/contracts/flow';
import { type Effect, go, type Pose, type SecretOutcome, type Turn, type Verb } from './verb.ts';

export function secret(name: string, node: Extract<FlowNode, { do: 'secret' }>): Verb {
  const { minDigits, maxDigits, waitMs, attempts } = node;
  const told = (outcome: SecretOutcome): Effect => ({ do: 'tellSecret', node: name, outcome });
  const at = (where: Pose['at'], attempt: number, keyed: string, ...effects: Effect[]): Turn => ({
    stay: { at: where, attempt, keyed },
    effects,
  });
  const missed = ({ attempt }: Pose, outcome: SecretOutcome): Turn =>
    attempt < attempts
      ? at('playing', attempt + 1, '', told(outcome), { do: 'play', prompts: [node.retryPrompt, node.prompt] })
      : go(node.refused, { do: 'stopPlaying' }, told(outcome));
  const complete = (pose: Pose, keyed: string): Turn =>
    keyed.length < minDigits
      ? missed(pose, 'incomplete')
      : at('handing', pose.attempt, '', ...quiet(pose), { do: 'hand', node: name, hook: node.hook, keyed });
  const pressed = (pose: Pose, digit: string): Turn => {
    if (pose.at === 'handing') return { stay: pose, effects: [] };
    const keyed = pose.keyed ?? '';
    if (digit === '#') return complete(pose, keyed);
    const next = digit === '*' ? '' : keyed + digit;
    return next.length >= maxDigits
      ? complete(pose, next)
      : at('collecting', pose.attempt, next, ...quiet(pose), { do: 'collect', ms: waitMs });
  };
  return {
    exits: [
      { as: 'accepted', to: node.accepted, by: 'caller' },
      { as: 'unavailable', to: node.unavailable, by: 'caller' },
      { as: 'refused', to: node.refused, by: 'itself' },
    ],
    prompts: [node.prompt, node.retryPrompt],
    isSecret: true,
    enter: () => at('playing', 1, '', { do: 'play', prompts: [node.prompt] }),
    react(pose, input) {
      if (input.on === 'digit') return pressed(pose, input.digit);
      if (input.on === 'playEnded' && pose.at === 'playing') return at('collecting', pose.attempt, '', { do: 'collect', ms: waitMs });
      if (input.on === 'timeout' && pose.at === 'collecting') return complete(pose, pose.keyed ?? '');
      if (input.on !== 'answered' || pose.at !== 'handing') return undefined;
      if (input.answer === 'refused') return missed(pose, 'refused');
      return go(input.answer === 'accepted' ? node.accepted : node.unavailable, told(input.answer));
    },
  };
}

const quiet = (pose: Pose): Effect[] => (pose.at === 'playing' ? [{ do: 'stopPlaying' }] : []);
