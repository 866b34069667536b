/** Agreeing on a call-back by keys: the number read back, another keyed, what is refused, and that no way leads round in circles. */
import type { Flow } from '@keepline/contracts/flow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFlow } from './flow-check.ts';
import { begin, type FlowState, step } from './flow-step.ts';
import type { Effect, Input } from './verbs/verb.ts';

const words = { zh: '话', en: 'word' };
const digits = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`digit-${n}`, words]));
const document = {
  ...{ flow: 'main', version: 1, language: 'zh', start: 'wait' },
  nodes: {
    wait: { do: 'enqueue', queue: 'service', overflow: 'bye', callback: { key: '9', prompt: 'offer', next: 'back' } },
    back: {
      ...{ do: 'callback', queue: 'service', prompt: 'number', confirmPrompt: 'confirm', keyPrompt: 'key', refusedPrompt: 'refused' },
      ...{ attempts: 2, accepted: 'bye', declined: 'wait' },
    },
    bye: { do: 'hangup' },
  },
  prompts: { offer: words, number: words, confirm: words, key: words, refused: words, ...digits },
};
const flow: Flow = checkFlow(document, 'test', ['service']);

/** Feeds inputs to the node; the house says yes to numbers it knows. */
function walk(inputs: readonly Input[]): { readonly state: FlowState; readonly effects: readonly Effect[] } {
  let { state, effects } = begin(flow, 'back');
  for (const input of inputs) {
    const next = step(flow, state, input);
    state = next.state;
    effects = [...effects, ...next.effects];
  }
  return { state, effects };
}
const keys = (text: string): Input[] => Array.from(text, (digit) => ({ on: 'digit', digit }));
const OWN: Input = { on: 'number', number: '13800138000' };
const played = (effects: readonly Effect[]): string[] => effects.flatMap((effect) => (effect.do === 'play' ? effect.prompts : []));

describe('a call-back by keys', () => {
  it('reads the number of the caller back and books it when it is confirmed', () => {
    const { state, effects } = walk([OWN, ...keys('1'), { on: 'booked', booked: true }]);
    expect(effects[0]).toEqual({ do: 'checkNumber', number: null });
    expect(played(effects)).toEqual(['number', ...Array.from('13800138000', (digit) => `digit-${digit}`), 'confirm']);
    expect(effects).toContainEqual({ do: 'book', queue: 'service', skill: '', number: '13800138000' });
    expect(effects.at(-1)).toEqual({ do: 'leave', result: { go: 'hangup' } });
    expect(state.keyed).toBeUndefined();
  });

  it('takes another number, which is read back too', () => {
    const { effects } = walk([OWN, ...keys('2010*01088886666#'), { on: 'number', number: '01088886666' }, ...keys('1')]);
    expect(effects).toContainEqual({ do: 'checkNumber', number: '01088886666' });
    expect(effects.at(-1)).toEqual({ do: 'book', queue: 'service', skill: '', number: '01088886666' });
  });

  it('asks for a number where there is none, and gives up after the attempts', () => {
    const refused: Input = { on: 'number', number: '' };
    const { effects } = walk([refused, ...keys('110#'), refused]);
    expect(played(effects)).toEqual(['refused', 'key']);
    expect(effects.at(-1)).toMatchObject({ do: 'leave', result: { go: 'enqueue', queue: 'service' } });
  });

  it('goes on waiting for any other key, and where the house books nothing', () => {
    for (const inputs of [
      [OWN, ...keys('5')],
      [OWN, ...keys('1'), { on: 'booked', booked: false } as const],
    ])
      expect(walk(inputs).effects.at(-1)).toMatchObject({ do: 'leave', result: { go: 'enqueue', callback: { key: '9' } } });
  });

  it('books nothing that was not read back and confirmed, whatever is keyed', () => {
    const input: fc.Arbitrary<Input> = fc.oneof(
      fc.constantFrom(...Array.from('0123456789*#')).map((digit): Input => ({ on: 'digit', digit })),
      fc.constantFrom<Input>({ on: 'playEnded' }, { on: 'timeout' }, { on: 'booked', booked: true }),
      fc.constantFrom('', '13800138000', '01088886666').map((number): Input => ({ on: 'number', number })),
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        let { state } = begin(flow, 'back');
        let heard = '';
        const confirmed: boolean[] = [];
        for (const one of inputs) {
          const next = step(flow, state, one);
          for (const effect of next.effects) {
            if (effect.do === 'play')
              heard = effect.prompts
                .filter((name) => name.startsWith('digit-'))
                .map((name) => name.slice(6))
                .join('');
            if (effect.do === 'book') confirmed.push(effect.number === heard);
            if (effect.do === 'checkNumber') confirmed.push((effect.number ?? '').length <= 18);
          }
          state = next.state;
        }
        expect(confirmed.every(Boolean)).toBe(true);
      }),
    );
  });

  it('is refused where a digit has no words, and where the offer leads nowhere', () => {
    const { 'digit-7': _, ...without } = document.prompts as Record<string, object>;
    expect(() => checkFlow({ ...document, prompts: without }, 'test', ['service'])).toThrow('digit-7');
    const lost = {
      ...document,
      nodes: { ...document.nodes, wait: { ...document.nodes.wait, callback: { key: '9', prompt: 'offer', next: 'none' } } },
    };
    expect(() => checkFlow(lost, 'test', ['service'])).toThrow('/nodes/wait/callback/next');
  });
});
