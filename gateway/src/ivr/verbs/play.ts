/** `play`: says something and goes on. Keys pressed meanwhile are ignored, so an announcement that must be heard is heard. */
import type { FlowNode } from '@keepline/contracts/flow';
import { go, stay, type Verb } from './verb.ts';

export const play = (node: Extract<FlowNode, { do: 'play' }>): Verb => ({
  exits: [{ as: 'next', to: node.next, by: 'itself' }],
  prompts: [node.prompt],
  enter: () => stay('playing', 1, { do: 'play', prompts: [node.prompt] }),
  react: (_, input) => (input.on === 'playEnded' ? go(node.next) : undefined),
});
