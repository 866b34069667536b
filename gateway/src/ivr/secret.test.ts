import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../certificate/self-signed.ts';
import { checkFlow } from './flow-check.ts';
import { begin, type FlowState, step } from './flow-step.ts';
import { askHook } from './secret-hook.ts';
import type { Effect, Input } from './verbs/verb.ts';

const word = { zh: '请', en: 'Please' };
const SECRET = { do: 'secret', prompt: 'ask', minDigits: 4, maxDigits: 6, attempts: 2, hook: 'verify', retryPrompt: 'again' };
const document = {
  ...{ flow: 'main', version: 1, language: 'zh', start: 'hello', prompts: { hello: word, ask: word, again: word, choose: word } },
  nodes: {
    hello: { do: 'play', prompt: 'hello', next: 'card' },
    card: { ...SECRET, accepted: 'menu', refused: 'bye', unavailable: 'bye' },
    menu: { do: 'menu', prompt: 'choose', choices: { '1': { label: 'one', next: 'bye' } }, retryPrompt: 'again', otherwise: 'bye' },
    bye: { do: 'hangup' },
  },
};
const flow = checkFlow(document, 'test', [], ['verify']);

/** What the inputs cause, beginning where the card number is asked for. */
function run(...inputs: Input[]): { readonly state: FlowState; readonly effects: readonly Effect[] } {
  let { state } = begin(flow, 'card');
  const effects: Effect[] = [];
  for (const input of inputs) {
    const next = step(flow, state, input);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}
const keys = (text: string): Input[] => Array.from(text, (digit) => ({ on: 'digit', digit }));
const answered = (answer: 'accepted' | 'refused' | 'unavailable'): Input => ({ on: 'answered', answer });
const handed = (effects: readonly Effect[]): string[] => effects.flatMap((effect) => (effect.do === 'hand' ? [effect.keyed] : []));
const outcomes = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) => (effect.do === 'tellSecret' ? [effect.outcome] : []));

describe('a secret in a flow', () => {
  it.each([
    ['ended by #', keys('1234#'), '1234'],
    ['ended by its length', keys('123456'), '123456'],
    ['ended by waiting', [...keys('12345'), { on: 'timeout' } as const], '12345'],
    ['begun anew by *', keys('99*1234#'), '1234'],
  ])('is handed over once, %s', (_, inputs, keyed) => expect(handed(run(...inputs).effects)).toEqual([keyed]));

  it('goes on by the answer, tries again after a no, and is given up after as many tries', () => {
    expect(run(...keys('1234#'), answered('accepted'))).toMatchObject({ state: { node: 'menu' } });
    const twice = run(...keys('1234#'), answered('refused'), ...keys('1235#'), answered('refused'));
    expect(outcomes(twice.effects)).toEqual(['refused', 'refused']);
    expect(twice.state.at).toBe('left');
    expect(outcomes(run(...keys('1234#'), answered('unavailable')).effects)).toEqual(['unavailable']);
    expect(outcomes(run(...keys('1#')).effects)).toEqual(['incomplete']);
  });

  it('whatever is pressed: nothing of it is kept after it was handed over, reaches the menu behind it, or is any other effect', () => {
    const digit = fc.constantFrom(...Array.from('0123456789*#'));
    fc.assert(
      fc.property(fc.array(digit, { maxLength: 40 }), (pressed) => {
        let { state } = begin(flow); // the greeting plays: what is pressed now is thrown away
        for (const each of pressed) ({ state } = step(flow, state, { on: 'digit', digit: each }));
        ({ state } = step(flow, state, { on: 'playEnded' }));
        expect(state).toMatchObject({ node: 'card', ahead: '', keyed: '' });
        for (const each of pressed) {
          const next = step(flow, state, { on: 'digit', digit: each });
          ({ state } = next);
          for (const effect of next.effects) if (effect.do !== 'hand') expect(JSON.stringify(effect)).not.toMatch(/"keyed"/);
          if (state.at === 'left') return;
          expect(state.ahead).toBe('');
          if (state.at === 'handing') expect(state.keyed).toBe('');
        }
        if (state.at !== 'handing') return;
        ({ state } = step(flow, state, answered('accepted')));
        expect(state).toMatchObject({ node: 'menu', ahead: '' });
        expect(state.keyed).toBeUndefined();
      }),
    );
  });

  it('is refused by the checker where its hook is none of the site, or its lengths contradict each other', () => {
    expect(() => checkFlow(document, 'test', [])).toThrow('/nodes/card/hook names verify');
    const wrong = { ...document, nodes: { ...document.nodes, card: { ...document.nodes.card, maxDigits: 2 } } };
    expect(() => checkFlow(wrong, 'test', [], ['verify'])).toThrow('/nodes/card/maxDigits');
  });
});

describe('the hook of a secret', () => {
  let server: Server;
  let url: string;
  let authority: Buffer;
  let got: string;
  let says: { status: number; body: string };

  beforeAll(async () => {
    const { certificate, privateKey } = selfSigned(['127.0.0.1'], Date.now() - 3_600_000, Date.now() + 3_600_000);
    authority = Buffer.from(certificate);
    server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
      got = '';
      request.on('data', (part: Buffer) => (got += part.toString()));
      request.on('end', () => response.writeHead(says.status).end(says.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/verify`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.each([
    [200, '{"accepted":true}', 'accepted'],
    [200, '{"accepted":false}', 'refused'],
    [200, '{"accepted":"yes"}', 'unavailable'],
    [200, 'yes', 'unavailable'],
    [200, `{"accepted":true,"more":"${'x'.repeat(5000)}"}`, 'unavailable'],
    [500, '{"accepted":true}', 'unavailable'],
  ])('%d %s is %s', async (status, body, answer) => {
    says = { status, body };
    expect(await askHook({ url }, authority, { digits: '1234' })).toBe(answer);
    expect(JSON.parse(got)).toEqual({ digits: '1234' });
  });

  it('that nobody certified, or that is not there, gets nothing', async () => {
    got = '';
    expect(await askHook({ url }, undefined, { digits: '1234' })).toBe('unavailable');
    expect(got).toBe('');
    expect(await askHook({ url: 'https://127.0.0.1:1/' }, authority, {})).toBe('unavailable');
  });
});
