import type { CallId } from '@keepline/contracts/ids';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { match, type ReadyAgent, type WaitingCall } from './match.ts';

const call = (n: number, more: Partial<WaitingCall> = {}): WaitingCall => ({
  callId: `call-${n}`,
  queue: 'service',
  skill: '',
  queuedAtMs: n,
  advice: { skill: '' },
  ...more,
});
const agent = (id: string, idleSinceMs: number, skills: string[] = []): ReadyAgent => ({ id, queues: ['service'], skills, idleSinceMs });

describe('matching', () => {
  it('gives the longest waiting call to the agent idle longest', () => {
    expect(match([call(1), call(2)], [agent('new', 50), agent('old', 10)])).toEqual([
      { callId: 'call-1', agentId: 'old', decided: true },
      { callId: 'call-2', agentId: 'new', decided: true },
    ]);
  });

  it('prefers the skill the flow asked for, and takes anyone when nobody has it', () => {
    const agents = [agent('any', 1), agent('cards', 2, ['cards'])];
    expect(match([call(1, { skill: 'cards' })], agents)[0]?.agentId).toBe('cards');
    expect(match([call(1, { skill: 'loans' })], agents)[0]?.agentId).toBe('any');
  });

  it('lets advice weigh more than the flow, but only among agents of the queue', () => {
    const agents = [
      agent('cards', 1, ['cards']),
      agent('senior', 2, ['senior']),
      { ...agent('elsewhere', 0, ['senior']), queues: ['other'] },
    ];
    expect(match([call(1, { skill: 'cards', advice: { skill: 'senior' } })], agents)[0]?.agentId).toBe('senior');
  });

  it('keeps an agent free for a call whose advice is still pending, so that a later call does not overtake it', () => {
    const pairings = match([call(1, { advice: 'pending' }), call(2)], [agent('only', 1)]);
    expect(pairings).toEqual([{ callId: 'call-1', agentId: 'only', decided: false }]);
  });

  it('never gives a call to a queue the agent does not serve, nor one agent twice, nor leaves a pair unmatched', () => {
    const queue = fc.constantFrom('a', 'b');
    const agents = fc.uniqueArray(
      fc.record({
        id: fc.string({ minLength: 1, maxLength: 4 }),
        queues: fc.subarray(['a', 'b']),
        skills: fc.subarray(['x', 'y']),
        idleSinceMs: fc.nat(100),
      }),
      { selector: (one) => one.id, maxLength: 8 },
    );
    const calls = fc.array(fc.record({ queue, skill: fc.constantFrom('', 'x', 'z') }), { maxLength: 12 });
    fc.assert(
      fc.property(agents, calls, (ready, wishes) => {
        const waiting = wishes.map((wish, i) => call(i, wish));
        const pairings = match(waiting, ready);
        expect(new Set(pairings.map((p) => p.agentId)).size).toBe(pairings.length);
        const taken = new Map<CallId, string>(pairings.map((p) => [p.callId, p.agentId]));
        for (const one of waiting) {
          const served = ready.find((free) => free.id === taken.get(one.callId));
          if (served) expect(served.queues).toContain(one.queue);
          else expect(ready.some((free) => free.queues.includes(one.queue) && ![...taken.values()].includes(free.id))).toBe(false);
        }
      }),
    );
  });
});
