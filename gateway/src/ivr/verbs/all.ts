/** Every verb, by its word in a flow document: the behaviour of a node and the schema it must fit. */
import { CallbackNode, EnqueueNode, type FlowNode, HangupNode, MenuNode, PlayNode, SecretNode } from '@keepline/contracts/flow';
import { callback } from './callback.ts';
import { enqueue } from './enqueue.ts';
import { hangup } from './hangup.ts';
import { menu } from './menu.ts';
import { play } from './play.ts';
import { secret } from './secret.ts';
import type { Verb } from './verb.ts';

export const NODE_SCHEMAS = {
  play: PlayNode,
  menu: MenuNode,
  secret: SecretNode,
  enqueue: EnqueueNode,
  callback: CallbackNode,
  hangup: HangupNode,
} as const;

export function verbOf(name: string, node: FlowNode): Verb {
  switch (node.do) {
    case 'play':
      return play(node);
    case 'menu':
      return menu(name, node);
    case 'secret':
      return secret(name, node);
    case 'enqueue':
      return enqueue(node);
    case 'callback':
      return callback(node);
    case 'hangup':
      return hangup(node);
  }
}
