/** `enqueue`: hands the call to a queue. The flow sees it again at `overflow` when the queue is full or its longest wait is over. */
import type { FlowNode } from '@keepline/contracts/flow';
import { leave, type Verb } from './verb.ts';

export const enqueue = (node: Extract<FlowNode, { do: 'enqueue' }>): Verb => ({
  exits: [{ as: 'overflow', to: node.overflow, by: 'itself' }],
  prompts: [],
  enter: () => leave({ go: 'enqueue', queue: node.queue, skill: node.skill, overflow: node.overflow }),
  react: () => undefined,
});
