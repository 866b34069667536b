import { describe, expect, it } from 'vitest';
import type { AdviceRequest } from '@keepline/contracts/advice';
import { newId } from '@keepline/contracts/ids';
import type { LinkState } from '@keepline/contracts/link';
import { FakeClock } from '@keepline/testkit/fake-clock';
import type { Asked } from '../nats/cloud-connection.ts';
import { Advisor } from './ask.ts';

const request: AdviceRequest = {
  requestId: newId('req', 1_790_000_000_000),
  site: 'demo',
  callRef: `call-${'b'.repeat(32)}`,
  callerRef: `caller-${'c'.repeat(32)}`,
  queue: 'service',
  skill: '',
  choices: ['cards'],
  readySkills: ['cards'],
  waiting: 1,
  hour: 9,
};
const answer = { requestId: request.requestId, skill: 'cards', reason: { zh: '已选', en: 'chosen' }, confidence: 0.6, model: 'test' };

function advising(reply: () => Promise<Asked> | Asked, hedgeMs = 0) {
  const clock = new FakeClock();
  const world = { link: 'up' as LinkState, asked: [] as string[], noted: [] as string[], book: [] as string[], connected: true };
  const connection = {
    ask: async (_subject: string, body: string): Promise<Asked> => {
      world.asked.push(body);
      return reply();
    },
  };
  const advisor = new Advisor({
    site: 'demo',
    deadlineMs: 150,
    hedgeMs,
    rules: { failures: 3, retryMs: 5000 },
    clock,
    connection: () => (world.connected ? connection : undefined),
    linkState: () => world.link,
    note: ({ on }) => world.noted.push(on),
    log: { warn: () => {} },
    book: {
      sent: (type, body) => void world.book.push(`${type} ${body.length}`),
      stopped: (type) => void world.book.push(`${type} stopped`),
    },
  });
  return { clock, world, advisor };
}
const ok = (value: unknown): Asked => ({ ok: true, text: JSON.stringify(value) });

describe('asking for advice', () => {
  it('returns the answer of the cloud', async () => {
    const { advisor, world } = advising(() => ok(answer));
    expect(await advisor.ask(request)).toEqual({ outcome: 'answered', answer, tookMs: 0 });
    expect(world.noted).toEqual(['advice_answered']);
    expect(world.book).toEqual([`request.advice ${JSON.stringify(request).length}`]);
  });

  it('holds the deadline by its own clock when nothing comes back', async () => {
    const { advisor, clock, world } = advising(() => new Promise<Asked>(() => {}));
    const asked = advisor.ask(request);
    await clock.advanceAsync(149);
    let settled = false;
    void asked.then(() => (settled = true));
    await clock.advanceAsync(0);
    expect(settled).toBe(false);
    await clock.advanceAsync(1);
    expect(await asked).toEqual({ outcome: 'timeout', tookMs: 150 });
    expect(world.noted).toEqual(['advice_timeout']);
  });

  it('asks once by default; with hedging a second time, only after the wait, and takes whichever answer comes first', async () => {
    const never = (): Promise<Asked> => new Promise(() => {});
    const once = advising(never);
    const alone = once.advisor.ask(request);
    await once.clock.advanceAsync(150);
    expect((await alone).outcome).toBe('timeout');
    expect(once.world.asked).toHaveLength(1);

    const quick = advising(() => ok(answer), 50);
    expect((await quick.advisor.ask(request)).outcome).toBe('answered');
    await quick.clock.advanceAsync(150);
    expect(quick.world.asked).toHaveLength(1);
    expect(quick.clock.pending).toBe(0);

    let questions = 0;
    const hedged = advising(() => (++questions === 1 ? never() : ok(answer)), 50);
    const asked = hedged.advisor.ask(request);
    await hedged.clock.advanceAsync(49);
    expect(hedged.world.asked).toHaveLength(1);
    await hedged.clock.advanceAsync(1);
    expect(await asked).toMatchObject({ outcome: 'answered', tookMs: 50 });
    expect(hedged.world.asked).toEqual([hedged.world.asked[0], hedged.world.asked[0]]);
    expect(hedged.clock.pending).toBe(0);
  });

  it('asks nobody while the link is down, and tries one question after the wait when it is back', async () => {
    const { advisor, clock, world } = advising(() => ok(answer));
    world.link = 'down';
    expect((await advisor.ask(request)).outcome).toBe('link_down');
    world.link = 'probing';
    expect((await advisor.ask(request)).outcome).toBe('breaker_open');
    expect(world.asked).toEqual([]);
    clock.advance(5000);
    expect((await advisor.ask(request)).outcome).toBe('answered');
    expect(advisor.breaker()).toBe('closed');
  });

  it('a service that knows no better works: its empty replies open no breaker, however many come', async () => {
    const { advisor } = advising(() => ({ ok: true, text: '' }));
    for (let i = 0; i < 10; i++) expect((await advisor.ask(request)).outcome).toBe('no_advice');
    expect(advisor.breaker()).toBe('closed');
  });

  it('opens at once when nobody serves', async () => {
    const { advisor } = advising(() => ({ ok: false, why: 'no_responders' }));
    expect((await advisor.ask(request)).outcome).toBe('no_responders');
    expect((await advisor.ask(request)).outcome).toBe('breaker_open');
  });

  it.for([
    ['of another question', { ...answer, requestId: 'req-other' }],
    ['with a field too many', { ...answer, agent: 'li.jing' }],
    ['without a skill', { ...answer, skill: '' }],
    ['that is no object', 'cards'],
    ['that is too large', { ...answer, reason: { zh: '已选', en: 'x'.repeat(5000) } }],
  ] as const)('an answer %s is invalid', async ([, wrong]) => {
    const { advisor } = advising(() => ok(wrong));
    expect((await advisor.ask(request)).outcome).toBe('invalid');
  });

  it('a question with personal data does not leave the site', async () => {
    const { advisor, world } = advising(() => ok(answer));
    expect((await advisor.ask({ ...request, callerRef: 'caller-13800138000' })).outcome).toBe('invalid');
    expect(world.asked).toEqual([]);
    expect(advisor.breaker()).toBe('closed');
  });
});
