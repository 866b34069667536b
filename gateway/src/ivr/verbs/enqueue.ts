/**
 * `enqueue`: hands the call to a queue. The flow sees it again at `overflow` when the queue is full or its longest wait is over, and at the node of
 * its call-back offer when the caller presses the key of it.
 */
import type { FlowNode } from '@keepline/contracts/flow';
import { leave, type Verb } from './verb.ts';

export const enqueue = (node: Extract<FlowNode, { do: 'enqueue' }>): Verb => ({
  exits: [
    { as: 'overflow', to: node.overflow, by: 'itself' },
    ...(node.callback ? [{ as: 'callback/next', to: node.callback.next, by: 'caller' as const }] : []),
  ],
  prompts: node.callback ? [node.callback.prompt] : [],
  enter: () =>
    leave({
      ...{ go: 'enqueue', queue: node.queue, skill: node.skill, overflow: node.overflow },
      ...(node.callback && { callback: node.callback }),
    }),
  react: () => undefined,
});
