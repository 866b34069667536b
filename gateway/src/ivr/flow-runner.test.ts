import type { Flow } from '@keepline/contracts/flow';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { describe, expect, it } from 'vitest';
import type { LegEnd, PlayEnd } from '../calls/leg.ts';
import { runFlow } from './flow-runner.ts';

const text = { zh: '文', en: 'text' };
const flow: Flow = {
  flow: 'main',
  version: 1,
  language: 'zh',
  start: 'menu',
  nodes: {
    menu: {
      do: 'menu',
      prompt: 'choices',
      retryPrompt: 'again',
      waitMs: 4000,
      attempts: 2,
      choices: { '1': { label: 'cards', next: 'note' } },
      otherwise: 'bye',
    },
    note: { do: 'play', prompt: 'note', next: 'cards' },
    cards: { do: 'enqueue', queue: 'service', skill: 'cards', overflow: 'bye' },
    bye: { do: 'hangup', prompt: 'bye' },
  },
  prompts: { choices: text, again: text, bye: text, note: text },
};

/** A leg whose sound ends when the test says so; like a real one, a new `play` stops the one before. */
class StageLeg {
  readonly played: string[] = [];
  readonly listeners = new Set<(digit: string) => void>();
  readonly #end = Promise.withResolvers<LegEnd>();
  readonly ended = this.#end.promise;
  #sound: PromiseWithResolvers<PlayEnd> | undefined;
  readonly audio = {
    play: (prompts: readonly string[]): Promise<PlayEnd> => {
      this.#sound?.resolve('stopped');
      this.played.push(prompts.join('+'));
      this.#sound = Promise.withResolvers();
      return this.#sound.promise;
    },
    stopPlaying: (): void => {
      this.played.push('-');
      this.#sound?.resolve('stopped');
    },
  };
  onDigit(listener: (digit: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  press(digit: string): void {
    for (const listener of this.listeners) listener(digit);
  }
  async soundEnds(): Promise<void> {
    this.#sound?.resolve('finished');
    await settled();
  }
  async soundFails(): Promise<void> {
    this.#sound?.reject(new Error('no such prompt'));
    await settled();
  }
  hangUp(): void {
    this.#end.resolve('hung_up');
  }
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

function stage(at?: string) {
  const leg = new StageLeg();
  const clock = new FakeClock();
  const chosen: object[] = [];
  const faults: unknown[] = [];
  const run = runFlow({
    flow,
    leg,
    clock,
    onChoice: (choice) => chosen.push(choice),
    onFault: (fault) => faults.push(fault),
    ...(at === undefined ? {} : { at }),
  });
  return { leg, clock, chosen, faults, result: run.result };
}

describe('a flow on a leg', () => {
  it('stops the prompt at a key, tells the choice by its label, and hands over to the queue', async () => {
    const { leg, chosen, result } = stage();
    leg.press('1');
    await settled();
    await leg.soundEnds();
    expect(await result).toEqual({ go: 'enqueue', queue: 'service', skill: 'cards', overflow: 'bye' });
    expect(leg.played).toEqual(['choices', '-', 'note']);
    expect(chosen).toEqual([{ node: 'menu', choice: 'cards' }]);
    expect(leg.listeners.size).toBe(0);
  });

  it('does not take the end of a prompt that was cut off for the end of the next one', async () => {
    const { leg } = stage();
    leg.press('1'); // stops "choices" and starts "note" in one go
    await settled();
    expect(leg.played).toEqual(['choices', '-', 'note']);
  });

  it('waits for a key only after the prompt, and a key disarms the wait', async () => {
    const { leg, clock } = stage();
    clock.advance(60_000);
    expect(leg.played).toEqual(['choices']);
    await leg.soundEnds();
    clock.advance(3999);
    expect(leg.played).toEqual(['choices']);
    clock.advance(1);
    expect(leg.played).toEqual(['choices', 'again+choices']);
    await leg.soundEnds();
    leg.press('1');
    expect(clock.pending).toBe(0);
  });

  it('begins at the overflow of a queue when told to, and leaves the leg to whoever runs the call', async () => {
    const { leg, result } = stage('bye');
    expect(leg.played).toEqual(['bye']);
    await leg.soundEnds();
    expect(await result).toEqual({ go: 'hangup' });
  });

  it('ends when the caller is gone: no timer, no listener and no sound after that', async () => {
    const { leg, clock, result } = stage();
    await leg.soundEnds();
    leg.hangUp();
    expect(await result).toEqual({ go: 'ended' });
    expect(clock.pending).toBe(0);
    expect(leg.listeners.size).toBe(0);
    expect(leg.played).toEqual(['choices']);
  });

  it('ends at once on a leg that was over before it began', async () => {
    const leg = new StageLeg();
    leg.hangUp();
    const { result } = runFlow({ flow, leg, clock: new FakeClock(), onChoice: () => {} });
    expect(await result).toEqual({ go: 'ended' });
  });

  it('goes on when a prompt cannot be played: a caller is better off in silence than stuck', async () => {
    const { leg, clock, faults } = stage();
    await leg.soundFails();
    expect(faults).toHaveLength(1);
    expect(clock.pending).toBe(1); // it waits for the key all the same
  });
});
