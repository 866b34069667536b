import type { AdviceReply } from '@keepline/contracts/advice';
import { parseSite } from '@keepline/contracts/site-file';
import type { CallId } from '@keepline/contracts/ids';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { describe, expect, it } from 'vitest';
import { type Assigned, type AskAdvice, Dispatcher } from './dispatcher.ts';
import { Roster } from './roster.ts';

const SITE = parseSite({
  queues: [{ name: 'service', maxWaiting: 2, maxWaitSeconds: 60, offerSeconds: 20, wrapUpSeconds: 30 }],
  agents: [
    { id: 'li', name: 'Li', skills: ['cards'] },
    { id: 'wang', name: 'Wang', skills: ['loans'] },
    { id: 'phone', name: 'Phone', skills: [], phone: 'sip:100@127.0.0.1' },
  ],
});

function house(ask: AskAdvice = async () => 'not_asked') {
  const clock = new FakeClock();
  const roster = new Roster(SITE.agents, SITE.queues, clock);
  const dispatcher = new Dispatcher({ roster, queues: SITE.queues, clock, ask });
  const ready = (id: string): void => {
    roster.apply(id, { do: 'sign_in' });
    roster.apply(id, { do: 'ready' });
  };
  const join = (n: number, skill = '') => dispatcher.enqueue({ callId: `call-${n}`, queue: 'service', skill, queuedAtMs: clock.now() });
  return { clock, roster, dispatcher, ready, join };
}
const agentOf = (assigned: Assigned): string => (assigned.to === 'agent' ? assigned.decision.agentId : 'overflow');
const CALLED_BEFORE = { zh: '曾来电', en: 'called before' };
const answer = (skill: string): AdviceReply => ({
  outcome: 'answered',
  answer: { requestId: 'r', skill, reason: CALLED_BEFORE, confidence: 1, model: 'm' },
  tookMs: 5,
});

describe('the dispatcher', () => {
  it('gives a call to an agent who becomes ready, and marks the agent offered', async () => {
    const { roster, ready, join } = house();
    const waiting = join(1);
    ready('li');
    expect(agentOf(await waiting.assigned)).toBe('li');
    expect(roster.state('li')).toMatchObject({ at: 'offered', callId: 'call-1' });
  });

  it('decides locally when advice runs into its deadline, and says how long that took', async () => {
    const clockedReply = Promise.withResolvers<AdviceReply>();
    const { clock, ready, join } = house(() => clockedReply.promise);
    ready('li');
    const waiting = join(1);
    clock.advance(150);
    clockedReply.resolve({ outcome: 'timeout', tookMs: 150 });
    const assigned = await waiting.assigned;
    expect(assigned).toMatchObject({
      to: 'agent',
      decision: { agentId: 'li', adviceUsed: false, delayMs: 150, advice: { outcome: 'timeout' } },
    });
  });

  it('follows advice to a skill and explains it, beside what it would have done alone', async () => {
    const { ready, join } = house(async () => answer('loans'));
    ready('li');
    ready('wang');
    const assigned = await join(1, 'cards').assigned;
    expect(assigned).toMatchObject({
      to: 'agent',
      decision: { agentId: 'wang', adviceUsed: true, because: { how: 'advised', skill: 'loans', reason: CALLED_BEFORE } },
    });
    if (assigned.to === 'agent') expect(assigned.decision.localRanking[0]?.agentId).toBe('li');
  });

  it('ignores advice to a skill nobody has', async () => {
    const { ready, join } = house(async () => answer('surgeon'));
    ready('li');
    expect(await join(1, 'cards').assigned).toMatchObject({ decision: { agentId: 'li', adviceUsed: false } });
  });

  it('adds no delay when the agent becomes ready after the advice is in', async () => {
    const { clock, ready, join } = house(async () => answer('cards'));
    const waiting = join(1);
    await clock.advanceAsync(5000);
    ready('li');
    expect(await waiting.assigned).toMatchObject({ decision: { delayMs: 0, waitedMs: 5000 } });
  });

  it('sends a call to the overflow after the longest wait, and no earlier although it came back from an agent', async () => {
    const { clock, ready, join, dispatcher, roster } = house();
    ready('li');
    const first = join(1);
    expect(agentOf(await first.assigned)).toBe('li');
    await clock.advanceAsync(15_000);
    roster.applyFor('li', 'call-1', { do: 'decline', why: 'no_answer' });
    const again = dispatcher.enqueue({ callId: 'call-1', queue: 'service', skill: '', queuedAtMs: clock.now() - 15_000 });
    let assigned: Assigned | undefined;
    void again.assigned.then((value) => (assigned = value));
    await clock.advanceAsync(44_999);
    expect(assigned).toBeUndefined();
    await clock.advanceAsync(1);
    expect(assigned).toEqual({ to: 'overflow' });
  });

  it('refuses more calls than the queue may hold, and unknown queues', () => {
    const { join, dispatcher } = house();
    join(1);
    join(2);
    expect(() => join(3)).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }));
    expect(() => dispatcher.enqueue({ callId: 'call-9', queue: 'nowhere', skill: '', queuedAtMs: 0 })).toThrow(
      expect.objectContaining({ code: 'QUEUE_UNKNOWN' }),
    );
  });

  it('forgets a caller who left, and gives the agent to the next', async () => {
    const { ready, join } = house();
    join(1).leave();
    const second = join(2);
    ready('li');
    expect(await second.assigned).toMatchObject({ decision: { callId: 'call-2' } });
  });

  it('never leaves an agent offered or in wrap-up for ever, even if every message is lost', async () => {
    const { clock, roster, ready, join } = house();
    ready('li');
    await join(1).assigned;
    await clock.advanceAsync(30_000);
    expect(roster.state('li')).toMatchObject({ at: 'not_ready', reason: 'no_answer' });
    const callId: CallId = 'call-2';
    for (const input of [{ do: 'ready' }, { do: 'offer', callId }, { do: 'take' }, { do: 'hang_up' }] as const) roster.apply('li', input);
    expect(roster.wrapUpUntilMs('li')).toBe(clock.now() + 30_000);
    await clock.advanceAsync(30_000);
    expect(roster.state('li')).toMatchObject({ at: 'not_ready', reason: 'wrap_up_expired' });
  });

  it('takes a phone that did not answer back after its rest', async () => {
    const { clock, roster, join } = house();
    roster.startPhones();
    await join(1).assigned;
    roster.applyFor('phone', 'call-1', { do: 'decline', why: 'no_answer' });
    expect(roster.state('phone').at).toBe('not_ready');
    await clock.advanceAsync(30_000);
    expect(roster.state('phone').at).toBe('ready');
  });
});
