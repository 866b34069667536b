/** `play`: says something and goes on. It is heard to its end whatever is pressed; keys pressed meanwhile answer the menu that follows. */
import type { FlowNode } from '@keepline/contracts/flow';
import { go, stay, type Verb } from './verb.ts';

export const play = (node: Extract<FlowNode, { do: 'play' }>): Verb => ({
  exits: [{ as: 'next', to: node.next, by: 'itself' }],
  prompts: [node.prompt],
  enter: () => stay('playing', 1, { do: 'play', prompts: [node.prompt] }),
  react: (_, input) => (input.on === 'playEnded' ? go(node.next) : undefined),
});
