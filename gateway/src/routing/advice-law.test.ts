/** Whatever the cloud answers, and whenever: an agent or a queue that the local rules forbid is never chosen. */
import type { AdviceReply } from '@keepline/contracts/advice';
import type { CallId } from '@keepline/contracts/ids';
import { parseSite } from '@keepline/contracts/site-file';
import { FakeClock } from '@keepline/testkit/fake-clock';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Dispatcher } from './dispatcher.ts';
import { Roster } from './roster.ts';

const limits = { maxWaiting: 50, maxWaitSeconds: 60, offerSeconds: 20, wrapUpSeconds: 30 };
const SITE = parseSite({
  queues: [
    { name: 'service', ...limits },
    { name: 'vip', ...limits },
  ],
  agents: [
    { id: 'li', name: 'Li', skills: ['cards'], queues: ['service'] },
    { id: 'wang', name: 'Wang', skills: ['loans', 'cards'], queues: ['service', 'vip'] },
    { id: 'chen', name: 'Chen', skills: ['senior'], queues: ['vip'] },
    { id: 'zhao', name: 'Zhao', skills: [], queues: ['service'] },
  ],
});
const servedBy = (queue: string): string[] => SITE.agents.filter(({ queues }) => queues.includes(queue)).map(({ id }) => id);

/** Skills that exist, skills that do not, and the names of agents and queues, which are no skills. */
const skill = fc.oneof(
  fc.constantFrom('cards', 'loans', 'senior', 'li', 'chen', 'vip', 'service', '*', '__proto__'),
  fc.string({ minLength: 1, maxLength: 64 }),
);
const reply: fc.Arbitrary<AdviceReply | 'not_asked'> = fc.oneof(
  skill.map(
    (named): AdviceReply => ({
      outcome: 'answered',
      answer: { requestId: 'r', skill: named, reason: { zh: '由', en: 'why' }, confidence: 1, model: 'm' },
      tookMs: 3,
    }),
  ),
  fc.constantFrom<AdviceReply | 'not_asked'>(
    'not_asked',
    { outcome: 'timeout', tookMs: 150 },
    { outcome: 'invalid', tookMs: 1 },
    { outcome: 'no_advice', tookMs: 1 },
  ),
);
const call = fc.record({
  queue: fc.constantFrom('service', 'vip'),
  skill: fc.constantFrom('', 'cards', 'senior'),
  reply,
  afterMs: fc.nat({ max: 150 }),
});

it('law: only a ready agent of the queue of the call is chosen, and the trace tells what was asked and what came back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 8 }), fc.subarray(SITE.agents.map(({ id }) => id)), async (calls, ready) => {
      const clock = new FakeClock();
      const roster = new Roster(SITE.agents, SITE.queues, clock);
      const replies = new Map<CallId, (typeof calls)[number]>();
      const dispatcher = new Dispatcher({
        roster,
        queues: SITE.queues,
        clock,
        ask: ({ callId }) =>
          new Promise((resolve) => {
            const mine = replies.get(callId);
            clock.after(mine?.afterMs ?? 0, () => resolve(mine?.reply ?? 'not_asked'));
          }),
      });
      for (const id of ready) {
        roster.apply(id, { do: 'sign_in' });
        roster.apply(id, { do: 'ready' });
      }
      const chosen: string[] = [];
      for (const [n, wish] of calls.entries()) {
        const callId: CallId = `call-${n}`;
        replies.set(callId, wish);
        void dispatcher.enqueue({ callId, queue: wish.queue, skill: wish.skill, queuedAtMs: clock.now() }).assigned.then((assigned) => {
          if (assigned.to !== 'agent') return;
          const { decision } = assigned;
          chosen.push(decision.agentId);
          expect(servedBy(wish.queue)).toContain(decision.agentId);
          expect(ready).toContain(decision.agentId);
          expect(decision.queue).toBe(wish.queue);
          expect(decision.advice.asked).toEqual(
            wish.reply === 'not_asked' ? null : expect.objectContaining({ queue: wish.queue, skill: wish.skill }),
          );
          expect(decision.advice.outcome).toBe(wish.reply === 'not_asked' ? 'not_asked' : wish.reply.outcome);
        });
      }
      await clock.advanceAsync(200);
      expect(new Set(chosen).size).toBe(chosen.length);
    }),
    { numRuns: 200 },
  );
});
