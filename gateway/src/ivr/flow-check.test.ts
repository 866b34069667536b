import { join } from 'node:path';
import { messageOf } from '@keepline/contracts/errors';
import { describe, expect, it } from 'vitest';
import { checkFlow } from './flow-check.ts';
import { readFlowFile } from './flow-store.ts';

const text = { zh: '文', en: 'text' };
const sound = {
  flow: 'main',
  version: 1,
  language: 'zh',
  start: 'hello',
  nodes: {
    hello: { do: 'play', prompt: 'hello', next: 'menu' },
    menu: { do: 'menu', prompt: 'menu', retryPrompt: 'again', choices: { '1': { label: 'cards', next: 'cards' } }, otherwise: 'cards' },
    cards: { do: 'enqueue', queue: 'service', overflow: 'bye' },
    bye: { do: 'hangup' },
  },
  prompts: { hello: text, menu: text, again: text },
};
type Document = typeof sound;
const faultsOf = (change: (document: Document) => void): string[] => {
  const document = structuredClone(sound);
  change(document);
  try {
    checkFlow(document, 'main.yaml', ['service']);
    return [];
  } catch (fault) {
    expect(fault).toMatchObject({ code: 'FLOW_INVALID', offending: 'main.yaml' });
    return messageOf(fault).split('\n  ').slice(1);
  }
};

describe('a sound flow', () => {
  it('gets its defaults, and the document given is left alone', () => {
    const before = JSON.stringify(sound);
    const flow = checkFlow(sound, 'main.yaml', ['service']);
    expect(flow.nodes['menu']).toMatchObject({ waitMs: 5000, attempts: 3 });
    expect(flow.nodes['cards']).toMatchObject({ skill: '' });
    expect(JSON.stringify(sound)).toBe(before);
  });

  it('is what the sample flow is, in both languages', async () => {
    const flow = await readFlowFile(join(import.meta.dirname, '../../flows/main.yaml'), ['service']);
    expect(flow.language).toBe('zh');
    expect(Object.values(flow.prompts).every((prompt) => prompt.zh !== '' && prompt.en !== '')).toBe(true);
  });

  it('may go in circles as long as the caller chooses to', () => {
    expect(faultsOf((flow) => (flow.nodes.menu.choices['1'].next = 'hello'))).toEqual([]);
  });
});

describe('a faulty flow', () => {
  it('is told of every fault at once, each with its place', () => {
    const faults = faultsOf((flow) => {
      flow.start = 'nowhere';
      flow.nodes.hello.prompt = 'unspoken';
      flow.nodes.menu.otherwise = 'gone';
      flow.nodes.cards.queue = 'vip';
      Object.assign(flow, { colour: 'red' });
    });
    expect(faults).toEqual(['/ must not have additional properties: colour']); // the outline first: nothing inside can be trusted yet
    const inside = faultsOf((flow) => {
      flow.start = 'nowhere';
      flow.nodes.hello.prompt = 'unspoken';
      flow.nodes.menu.otherwise = 'gone';
      flow.nodes.cards.queue = 'vip';
      Object.assign(flow.nodes, { odd: { do: 'sing' }, 'Bad Name': { do: 'hangup' }, short: { do: 'play', prompt: 'hello' } });
    });
    expect(inside).toEqual([
      '/nodes/odd/do must be one of play, menu, secret, enqueue, callback, hangup',
      '/nodes/Bad Name is not a name (a-z, 0-9, - and _)',
      '/nodes/short must have required properties next: next',
      '/start names the node nowhere, which is not there',
      '/nodes/hello plays unspoken, which has no text in /prompts',
      '/nodes/menu/otherwise names the node gone, which is not there',
      '/nodes/cards/queue names vip, which is no queue of the site',
    ]);
  });

  it.each([
    [
      'a node nobody reaches',
      (f: Document) => Object.assign(f.nodes, { attic: { do: 'hangup' } }),
      '/nodes/attic cannot be reached from hello',
    ],
    ['a menu without choices', (f: Document) => Object.assign(f.nodes.menu, { choices: {} }), '/nodes/menu/choices offers nothing'],
    [
      'a choice on two keys at once',
      (f: Document) => Object.assign(f.nodes.menu.choices, { '12': { label: 'x', next: 'cards' } }),
      '/nodes/menu/choices/12 is not a key (0-9, * or #)',
    ],
    [
      'announcements that play for ever',
      (f: Document) => Object.assign(f.nodes, { cards: { do: 'play', prompt: 'hello', next: 'hello' } }),
      '/nodes/hello leads back to itself without asking the caller: hello → menu → cards → hello',
    ],
    [
      'a queue whose overflow is the same queue',
      (f: Document) => Object.assign(f.nodes.cards, { overflow: 'cards' }),
      '/nodes/cards leads back to itself without asking the caller: cards → cards',
    ],
  ])('with %s is refused', (_, change, fault) => {
    expect(faultsOf(change)).toContain(fault);
  });

  it.each([undefined, null, 7, [], 'flow', {}, { nodes: { __proto__: null } }])('that is no document at all is refused: %j', (document) => {
    expect(() => checkFlow(document, 'main.yaml', [])).toThrow(expect.objectContaining({ code: 'FLOW_INVALID' }));
  });
});
