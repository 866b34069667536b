/**
 * A flow with prompts of one word, so that tests of what comes after the menu do not sit through a greeting. Same shape as the sample flow.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

const word = (zh: string, en: string): { zh: string; en: string } => ({ zh, en });

/**
 * Puts the flow where the gateway of this data folder looks for it.
 * @param queueByKey further keys of the menu and the queue each leads to
 */
export function writeShortFlow(data: string, queueByKey: Readonly<Record<string, string>> = {}): void {
  mkdirSync(join(data, 'flows'), { recursive: true });
  const further = Object.entries(queueByKey);
  const flow = {
    flow: 'main',
    version: 1,
    language: 'zh',
    start: 'menu',
    nodes: {
      menu: {
        do: 'menu',
        prompt: 'menu',
        waitMs: 5000,
        attempts: 3,
        choices: {
          '1': { label: 'cards', next: 'cards' },
          '2': { label: 'loans', next: 'loans' },
          ...Object.fromEntries(further.map(([key, queue]) => [key, { label: queue, next: queue }])),
        },
        retryPrompt: 'again',
        otherwise: 'bye',
      },
      cards: { do: 'enqueue', queue: 'service', skill: 'cards', overflow: 'bye' },
      loans: { do: 'enqueue', queue: 'service', skill: 'loans', overflow: 'bye' },
      ...Object.fromEntries(further.map(([, queue]) => [queue, { do: 'enqueue', queue, overflow: 'bye' }])),
      bye: { do: 'hangup', prompt: 'bye' },
    },
    prompts: { menu: word('请选择', 'Please choose'), again: word('请再选', 'Again please'), bye: word('再见', 'Goodbye') },
  };
  writeFileSync(join(data, 'flows/main.yaml'), stringify(flow));
}
