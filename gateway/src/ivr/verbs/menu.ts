/**
 * `menu`: plays the choices and takes one key. A key stops the prompt (barge-in); a key that is not offered, or none within `waitMs`
 * after the prompt, costs one attempt; after the last one the call goes on at `otherwise`.
 */
import type { FlowNode } from '@keepline/contracts/flow';
import { type Effect, go, type Pose, stay, type Turn, type Verb } from './verb.ts';

export function menu(name: string, node: Extract<FlowNode, { do: 'menu' }>): Verb {
  const choices = new Map(Object.entries(node.choices));

  const missed = ({ at, attempt }: Pose): Turn =>
    attempt < node.attempts
      ? stay('playing', attempt + 1, { do: 'play', prompts: [node.retryPrompt, node.prompt] })
      : go(node.otherwise, ...silence(at));

  const pressed = (pose: Pose, digit: string): Turn => {
    const choice = choices.get(digit);
    return choice ? go(choice.next, ...silence(pose.at), { do: 'choose', node: name, choice: choice.label }) : missed(pose);
  };

  return {
    exits: [
      ...Array.from(choices, ([digit, { next }]) => ({ as: `choices/${digit}/next`, to: next, by: 'caller' as const })),
      { as: 'otherwise', to: node.otherwise, by: 'itself' },
    ],
    prompts: [node.prompt, node.retryPrompt],
    enter: () => stay('playing', 1, { do: 'play', prompts: [node.prompt] }),
    react(pose, input) {
      if (input.on === 'digit') return pressed(pose, input.digit);
      if (input.on === 'playEnded' && pose.at === 'playing') return stay('collecting', pose.attempt, { do: 'collect', ms: node.waitMs });
      if (input.on === 'timeout' && pose.at === 'collecting') return missed(pose);
      return undefined;
    },
  };
}

const silence = (at: Pose['at']): Effect[] => (at === 'playing' ? [{ do: 'stopPlaying' }] : []);
