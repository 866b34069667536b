import { describe, expect, it } from 'vitest';
import { callsByAgent, isInCall } from './desk-calls.ts';
import { deskView, looksSame, type ViewFacts } from './desk-view.ts';
import { callIdOf, FakeCall } from './testing/desk-doubles.ts';

const facts = (call?: FakeCall): ViewFacts => ({
  agent: { id: 'li', name: '李静' },
  duty: { state: 'in_call', reason: '', sinceMs: 7, afterwards: 'lunch' },
  nameOf: (agentId) => `name of ${agentId}`,
  announce: true,
  colleagues: [],
  pickable: [],
  parked: [],
  transferQueues: ['service'],
  team: null,
  call: call?.facts(),
  queues: [],
  link: { state: 'up', sinceMs: 1, why: '', backlog: 0, oldestUnsentMs: 0 },
  reasons: ['break'],
  dispositions: ['resolved'],
  secrets: [],
  nowMs: 9,
});
const call = (more: object) => new FakeCall({ callId: callIdOf(1), agentId: 'li', ...more });

describe('the view of a desk', () => {
  it('shows the call with its number masked and its times', () => {
    const view = deskView(facts(call({ state: 'wrap_up', wrapUpUntilMs: 99 })));
    expect(view.call).toMatchObject({
      state: 'wrap_up',
      callerNumber: '138******78',
      ringingSinceMs: 3,
      connectedSinceMs: 4,
      wrapUpUntilMs: 99,
    });
    expect(JSON.stringify(view)).not.toContain('13812345678');
  });

  it.each([
    ['offered', 'ringing'],
    ['connected', 'connected'],
    ['held', 'held'],
    ['dialling', 'dialling'],
    ['outside', undefined],
    ['in_flow', undefined],
    ['queued', undefined],
    ['ended', undefined],
  ] as const)('a call that is %s is %s at the desk', (state, shown) => {
    expect(deskView(facts(call({ state }))).call?.state).toBe(shown);
  });

  it('never shows the call of another agent, whatever it is given', () => {
    expect(deskView(facts(call({ agentId: 'wang' }))).call).toBeNull();
  });

  const supervisor = { role: 'supervisor', agentId: 'zhao', number: '', state: 'talking', mode: 'whisper', muted: false } as const;
  const consulted = { role: 'consulted', agentId: null, number: '13900001111', state: 'ringing', mode: null, muted: false } as const;

  it('names who else is in the call: an outside number masked, a supervisor only where that is announced', () => {
    const shown = facts(call({ parties: [consulted, supervisor] }));
    expect(deskView(shown).call?.parties).toEqual([
      { role: 'consulted', name: '139******11', state: 'ringing', mode: null },
      { role: 'supervisor', name: 'name of zhao', state: 'talking', mode: 'whisper' },
    ]);
    expect(deskView({ ...shown, announce: false }).call?.parties).toHaveLength(1);
    expect(JSON.stringify(deskView(shown))).not.toContain('13900001111');
  });

  it('shows a guest the call as one of its own that it did not route', () => {
    const shown = facts(call({ agentId: 'wang', state: 'held', parties: [{ ...supervisor, agentId: 'li' }] }));
    expect(deskView(shown).call).toMatchObject({
      part: 'supervisor',
      state: 'connected',
      ofAgent: 'name of wang',
      parties: [],
      mode: 'whisper',
    });
    expect(deskView(facts(call({ parties: [consulted, supervisor] }))).call?.mode).toBeNull();
  });

  it('looks the same when only the time of the server moved on', () => {
    const view = deskView(facts());
    expect(looksSame(view, { ...view, serverTimeMs: 10 })).toBe(true);
    expect(looksSame(view, { ...view, reasons: [] })).toBe(false);
    expect(looksSame(undefined, view)).toBe(false);
  });
});

describe('the call of an agent', () => {
  it('is the one in progress before the one that waits for its outcome', () => {
    const calls = [call({ state: 'connected' }), new FakeCall({ callId: callIdOf(2), agentId: 'li', state: 'wrap_up' })];
    for (const all of [calls, calls.toReversed()]) {
      expect(callsByAgent({ all: () => all }).get('li')?.callId).toBe(callIdOf(1));
    }
  });

  it('keeps the agent in a call from the offer to the end of talking, not through wrap-up', () => {
    const states = ['in_flow', 'queued', 'offered', 'connected', 'held', 'wrap_up', 'ended'] as const;
    expect(states.filter((state) => isInCall({ all: () => [call({ state })] }, 'li'))).toEqual(['offered', 'connected', 'held']);
  });
});
