/** `hangup`: says goodbye if it has words for it, and ends the call. */
import type { FlowNode } from '@keepline/contracts/flow';
import { leave, stay, type Verb } from './verb.ts';

export const hangup = ({ prompt }: Extract<FlowNode, { do: 'hangup' }>): Verb => ({
  exits: [],
  prompts: prompt === undefined ? [] : [prompt],
  enter: () => (prompt === undefined ? leave({ go: 'hangup' }) : stay('playing', 1, { do: 'play', prompts: [prompt] })),
  react: (_, input) => (input.on === 'playEnded' ? leave({ go: 'hangup' }) : undefined),
});
