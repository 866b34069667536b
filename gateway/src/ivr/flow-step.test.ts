import type { Flow } from '@keepline/contracts/flow';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { begin, ENTERED_MAX, type FlowStep, step } from './flow-step.ts';
import type { Input } from './verbs/verb.ts';

const text = { zh: '文', en: 'text' };
const flow: Flow = {
  flow: 'main',
  version: 1,
  language: 'zh',
  start: 'hello',
  nodes: {
    hello: { do: 'play', prompt: 'hello', next: 'menu' },
    menu: {
      do: 'menu',
      prompt: 'choices',
      retryPrompt: 'again',
      waitMs: 4000,
      attempts: 2,
      choices: { '1': { label: 'cards', next: 'cards' }, '9': { label: 'repeat', next: 'menu' } },
      otherwise: 'bye',
    },
    cards: { do: 'enqueue', queue: 'service', skill: 'cards', overflow: 'bye' },
    bye: { do: 'hangup', prompt: 'bye' },
  },
  prompts: { hello: text, choices: text, again: text, bye: text },
};
const playEnded: Input = { on: 'playEnded' };
const timeout: Input = { on: 'timeout' };
const key = (digit: string): Input => ({ on: 'digit', digit });
const walk = (...inputs: Input[]): FlowStep => inputs.reduce((last, input) => step(flow, last.state, input), begin(flow));

describe('play', () => {
  it('says its prompt and goes on when it has ended; keys do not cut it short', () => {
    expect(begin(flow).effects).toEqual([{ do: 'play', prompts: ['hello'] }]);
    expect(walk(key('1')).effects).toEqual([]);
    expect(walk(playEnded)).toEqual({
      state: { node: 'menu', at: 'playing', attempt: 1, entered: 2, ahead: '' },
      effects: [{ do: 'play', prompts: ['choices'] }],
    });
  });
});

describe('keys pressed ahead', () => {
  it('answer the menu after the announcement, which is heard to its end', () => {
    const pressed = step(flow, walk(key('1')).state, playEnded);
    expect(pressed.effects).toContainEqual({ do: 'choose', node: 'menu', choice: 'cards' });
    expect(pressed.effects).not.toContainEqual({ do: 'play', prompts: ['choices'] });
  });

  it('that the menu does not offer cost one attempt, as if pressed there', () => {
    expect(step(flow, walk(key('5')).state, playEnded)).toMatchObject({
      state: { node: 'menu', attempt: 2, ahead: '' },
      effects: [{ do: 'play', prompts: ['again', 'choices'] }],
    });
  });

  it('are kept up to a bound', () => {
    expect(walk(...'1'.repeat(100).split('').map(key)).state.ahead).toHaveLength(8);
  });
});

describe('menu', () => {
  it('stops its prompt at a key that is offered, tells the label and goes there', () => {
    expect(walk(playEnded, key('1')).effects).toEqual([
      { do: 'stopPlaying' },
      { do: 'choose', node: 'menu', choice: 'cards' },
      { do: 'leave', result: { go: 'enqueue', queue: 'service', skill: 'cards', overflow: 'bye' } },
    ]);
  });

  it('waits after its prompt, and takes a key then too', () => {
    expect(walk(playEnded, playEnded).effects).toEqual([{ do: 'collect', ms: 4000 }]);
    expect(walk(playEnded, playEnded, key('1')).effects[0]).toEqual({ do: 'choose', node: 'menu', choice: 'cards' });
  });

  it.each([
    ['no key', [playEnded, playEnded, timeout]],
    ['a key that is not offered', [playEnded, playEnded, key('5')]],
    ['a key that is not offered, into the prompt', [playEnded, key('#')]],
    ['a key named like a property of every object', [playEnded, key('constructor')]],
  ])('is played again after %s', (_, inputs) => {
    expect(walk(...inputs)).toEqual({
      state: { node: 'menu', at: 'playing', attempt: 2, entered: 2, ahead: '' },
      effects: [{ do: 'play', prompts: ['again', 'choices'] }],
    });
  });

  it('takes otherwise after its last attempt, and is silent first', () => {
    expect(walk(playEnded, key('5'), key('5')).effects).toEqual([{ do: 'stopPlaying' }, { do: 'play', prompts: ['bye'] }]);
    expect(walk(playEnded, key('5'), playEnded, timeout).effects).toEqual([{ do: 'play', prompts: ['bye'] }]);
  });
});

describe('hangup and the end', () => {
  it('says goodbye first', () => {
    const bye = begin(flow, 'bye');
    expect(bye.effects).toEqual([{ do: 'play', prompts: ['bye'] }]);
    expect(step(flow, bye.state, playEnded).effects).toEqual([{ do: 'leave', result: { go: 'hangup' } }]);
  });

  it('comes at once when the caller is gone, wherever that is, and only once', () => {
    const gone = walk(playEnded, { on: 'callerGone' });
    expect(gone.effects).toEqual([{ do: 'leave', result: { go: 'ended' } }]);
    expect(step(flow, gone.state, { on: 'callerGone' })).toEqual({ state: gone.state, effects: [] });
  });

  it('comes for a stuck key that walks in circles', () => {
    let last = walk(playEnded);
    for (let i = 0; i < ENTERED_MAX && last.state.at !== 'left'; i++) last = step(flow, last.state, key('9'));
    expect(last.effects.at(-1)).toEqual({ do: 'leave', result: { go: 'hangup' } });
    expect(last.state.entered).toBe(ENTERED_MAX);
  });

  it('is refused with a code where a node is not in the flow', () => {
    expect(() => begin(flow, 'constructor')).toThrow(expect.objectContaining({ code: 'FLOW_NODE_UNKNOWN' }));
  });
});

describe('whatever comes in whatever order', () => {
  const input = fc.oneof(
    fc.constantFrom<Input>(playEnded, timeout),
    fc.constantFrom('0', '1', '5', '9', '*', '#').map((digit) => key(digit)),
  );

  it('the flow leaves once, waits only in silence, and never repeats a key', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        let last = begin(flow);
        let playing = false;
        const seen = [];
        let collectedInto = 0;
        for (const next of [undefined, ...inputs]) {
          if (next) last = step(flow, last.state, next);
          if (next?.on === 'playEnded') playing = false;
          for (const effect of last.effects) {
            if (effect.do === 'play') playing = true;
            if (effect.do === 'stopPlaying') playing = false;
            if (effect.do === 'collect' && playing) collectedInto += 1;
            seen.push(effect);
          }
        }
        expect(collectedInto).toBe(0);
        expect(seen.filter((effect) => effect.do === 'leave').length).toBe(last.state.at === 'left' ? 1 : 0);
        expect(seen.every((effect) => effect.do !== 'choose' || ['cards', 'repeat'].includes(effect.choice))).toBe(true);
      }),
    );
  });
});
