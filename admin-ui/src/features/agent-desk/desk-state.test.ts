import type { DeskAsk, DeskCall, DeskParty, DeskView } from '@keepline/contracts/agent-protocol';
import type { AgentStateName } from '@keepline/contracts/events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstView, ringingCall } from '../../../test/views.ts';
import {
  allowedAsks,
  type DeskInput,
  type DeskState,
  draftOf,
  firstState,
  isMicrophoneOpen,
  isMuted,
  isRinging,
  maySupervise,
  serverNowMs,
  step,
} from './desk-state.ts';

const CALL = ringingCall();
const ASKED: DeskParty = { role: 'consulted', name: '王磊', state: 'talking', mode: null };
const LISTENS: DeskParty = { role: 'supervisor', name: '陈敏', state: 'talking', mode: 'monitor' };
const viewOf = (call: Partial<DeskCall> | null, more: Partial<DeskView> = {}): DeskInput => ({
  is: 'view',
  view: { ...firstView(), call: call && { ...CALL, ...call }, ...more },
  monotonicMs: 0,
});
const after = (...inputs: DeskInput[]): DeskState => inputs.reduce(step, firstState);
const opened: DeskInput = { is: 'opened' };
const refused: DeskInput = { is: 'settled', ask: 'call.mute', trouble: { code: 'X', message: '', hint: '' } };

describe('what the agent may do', () => {
  it('is nothing before the first view and nothing while the connection is lost', () => {
    expect(allowedAsks(after(opened)).size).toBe(0);
    expect(allowedAsks(after(opened, viewOf({ state: 'connected' }), { is: 'lost', attempt: 1, retryAtMs: 0 })).size).toBe(0);
  });

  it.each<[DeskCall['state'], DeskAsk[]]>([
    ['ringing', ['call.answer', 'call.decline']],
    ['dialling', ['call.hangup']],
    ['connected', ['call.hold', 'call.hangup', 'call.mute', 'call.transfer', 'call.consult', 'call.park']],
    ['held', ['call.resume', 'call.hangup', 'call.transfer', 'call.consult', 'call.park']],
    ['wrap_up', ['call.schedule']],
  ])('follows the state of the call: %s', (state, asks) => {
    const agent = { ...firstView().agent, state: 'in_call' as const };
    const allowed = [...allowedAsks(after(opened, viewOf({ state }, { agent })))];
    expect(allowed.toSorted()).toEqual([...asks, 'agent.not_ready'].toSorted());
  });

  it.each<[AgentStateName, string, DeskAsk[]]>([
    ['offered', '', ['agent.not_ready']],
    ['in_call', '', ['agent.not_ready']],
    ['in_call', 'lunch', ['agent.not_ready', 'agent.ready']],
    ['wrap_up', 'lunch', ['agent.not_ready', 'agent.ready']],
    ['ready', '', ['agent.not_ready']],
  ])('is, while %s, to be not ready afterwards or to take that back: "%s"', (state, afterwards, asks) => {
    const agent = { ...firstView().agent, state, afterwards };
    const allowed = [...allowedAsks(after(opened, viewOf({ state: 'wrap_up' }, { agent })))];
    expect(allowed.filter((ask) => ask.startsWith('agent.')).toSorted()).toEqual(asks);
  });

  it.each<[string, Partial<DeskCall>, DeskAsk[]]>([
    ['stop ringing', { parties: [{ ...ASKED, state: 'ringing' }] }, ['call.release']],
    ['bring together, complete or let go', { parties: [ASKED] }, ['call.conference', 'call.complete', 'call.release']],
    ['complete or let go', { parties: [ASKED], conference: true }, ['call.complete', 'call.release']],
    ['choose whom, beside a supervisor', { parties: [LISTENS] }, ['call.transfer', 'call.consult']],
    ['leave to another the call that is hers', { part: 'consulted' }, []],
  ])('with others in the call is to %s', (_, call, asks) => {
    const parties: DeskAsk[] = ['call.transfer', 'call.consult', 'call.conference', 'call.complete', 'call.release'];
    const allowed = allowedAsks(after(opened, viewOf({ state: 'connected', ...call })));
    expect(parties.filter((ask) => allowed.has(ask)).toSorted()).toEqual(asks.toSorted());
  });

  it('is to call out while ready or not ready, without a call, and with sound not on its way', () => {
    const dials = (state: AgentStateName, call: Partial<DeskCall> | null = null): boolean =>
      allowedAsks(after(opened, viewOf(call, { agent: { ...firstView().agent, state } }))).has('call.dial');
    expect(['signed_out', 'not_ready', 'ready', 'in_call'].filter((state) => dials(state as AgentStateName))).toEqual([
      'not_ready',
      'ready',
    ]);
    expect(dials('ready', { state: 'wrap_up' })).toBe(false);
    expect(allowedAsks(after(opened, viewOf(null), { is: 'sound', sound: { at: 'starting' } })).has('call.dial')).toBe(false);
  });

  it('is to come into calls of others only for who may supervise, while free or in that very call', () => {
    const team = [{ callId: CALL.callId, agentName: '王磊', queue: 'service', connectedSinceMs: 1 }];
    const supervises = (call: Partial<DeskCall> | null, more: Partial<DeskView> = { team }): boolean =>
      maySupervise(after(opened, viewOf(call, more)), CALL.callId);
    expect(supervises(null)).toBe(true);
    expect(supervises(null, { team: null })).toBe(false);
    expect(supervises({ state: 'connected', part: 'supervisor', mode: 'monitor' })).toBe(true);
    expect(supervises({ state: 'connected', part: 'supervisor', mode: 'monitor', callId: 'call-other' })).toBe(false);
    expect(supervises({ state: 'ringing', part: 'supervisor', mode: 'monitor' })).toBe(false);
    expect(supervises({ state: 'connected' })).toBe(false);
    expect(supervises({ state: 'wrap_up' })).toBe(false);
  });

  it('is to end a call it asked for while the telephone on the table rings for it, which neither rings here nor is declined', () => {
    const dialled = after(opened, viewOf({ state: 'ringing', direction: 'out' }));
    expect(allowedAsks(dialled)).toContain('call.hangup');
    expect(allowedAsks(dialled)).not.toContain('call.decline');
    expect(isRinging(dialled)).toBe(false);
    expect(isRinging(after(opened, viewOf({ state: 'ringing', direction: 'out', part: 'consulted' })))).toBe(true);
  });

  it('is to finish the wrap-up only with an outcome chosen for this very call', () => {
    const wrapUp = viewOf({ state: 'wrap_up' });
    const draft = { callId: CALL.callId, disposition: 'resolved', note: '' };
    expect(allowedAsks(after(opened, wrapUp)).has('call.dispose')).toBe(false);
    expect(allowedAsks(after(opened, wrapUp, { is: 'draft', draft })).has('call.dispose')).toBe(true);
    expect(allowedAsks(after(opened, wrapUp, { is: 'draft', draft: { ...draft, callId: 'call-other' } })).has('call.dispose')).toBe(false);
  });

  it('is never to ask twice: a decline after an answer on its way would end a call the caller can hear', () => {
    const answering = after(opened, viewOf({ state: 'ringing' }), { is: 'asked', ask: 'call.answer' });
    expect(allowedAsks(answering).has('call.answer')).toBe(false);
    expect(allowedAsks(answering).has('call.decline')).toBe(false);
  });

  it('is not to become ready while sound is on its way, which the gateway would refuse', () => {
    expect(allowedAsks(after(opened, viewOf(null), { is: 'sound', sound: { at: 'starting' } })).has('agent.ready')).toBe(false);
    expect(allowedAsks(after(opened, viewOf(null), { is: 'sound', sound: { at: 'ready' } })).has('agent.ready')).toBe(true);
  });
});

describe('the microphone', () => {
  it('is open in a connected call only, as long as nobody else is there', () => {
    const open = (['ringing', 'dialling', 'connected', 'held', 'wrap_up'] as const).filter((state) =>
      isMicrophoneOpen(after(opened, viewOf({ state }))),
    );
    expect(open).toEqual(['connected']);
    expect(isMicrophoneOpen(after(opened, viewOf(null)))).toBe(false);
  });

  it.each<[boolean, DeskParty]>([
    [true, ASKED],
    [false, { ...ASKED, state: 'ringing' }],
    [true, { ...LISTENS, mode: 'barge' }],
    [true, { ...LISTENS, mode: 'whisper' }],
    [false, LISTENS],
  ])('is %s to somebody to talk to while the caller hears music: %o', (isOpen, party) => {
    const held = { state: 'held', parties: [party] } as const;
    const state = after(opened, viewOf(held));
    expect(isMicrophoneOpen(state)).toBe(isOpen);
    expect(allowedAsks(state).has('call.mute')).toBe(isOpen);
    expect(isMicrophoneOpen(after(opened, viewOf({ ...held, muted: true })))).toBe(false);
  });

  it('of a supervisor who only listens is closed, and opens with the whisper', () => {
    const inside = (mode: DeskCall['mode']): DeskState => after(opened, viewOf({ state: 'connected', part: 'supervisor', mode }));
    expect(['monitor', 'whisper', 'barge'].map((mode) => isMicrophoneOpen(inside(mode as DeskCall['mode'])))).toEqual([false, true, true]);
    expect(allowedAsks(inside('monitor'))).not.toContain('call.mute');
  });

  it('closes at the press of mute, before the gateway knows', () => {
    const muting = after(opened, viewOf({ state: 'connected' }), { is: 'mute_wanted', muted: true }, { is: 'asked', ask: 'call.mute' });
    expect(isMicrophoneOpen(muting)).toBe(false);
  });

  it('stays closed when the gateway refuses the mute, or never hears of it', () => {
    const connected = viewOf({ state: 'connected' });
    const state = after(
      opened,
      connected,
      { is: 'mute_wanted', muted: true },
      { is: 'asked', ask: 'call.mute' },
      refused,
      connected,
      connected,
    );
    expect(isMuted(state)).toBe(true);
    expect(isMuted(step(state, viewOf({ state: 'connected', callId: 'call-next' })))).toBe(false);
  });

  it('stays closed when an unmute is refused', () => {
    const state = after(
      opened,
      viewOf({ state: 'connected', muted: true }),
      { is: 'mute_wanted', muted: false },
      { is: 'asked', ask: 'call.mute' },
      refused,
    );
    expect(isMuted(state)).toBe(true);
  });
});

describe('the ring', () => {
  it('sounds while a call rings here and can be answered, and stops at the press of answer', () => {
    const ringing = after(opened, viewOf({ state: 'ringing' }));
    expect(isRinging(ringing)).toBe(true);
    expect(isRinging(step(ringing, { is: 'asked', ask: 'call.answer' }))).toBe(false);
    const answered = after(
      opened,
      viewOf({ state: 'ringing' }),
      { is: 'asked', ask: 'call.answer' },
      { is: 'settled', ask: 'call.answer', trouble: null },
    );
    expect(isRinging(step(answered, viewOf({ state: 'ringing' })))).toBe(false);
    const offeredAgain = [viewOf(null), viewOf({ state: 'ringing' })].reduce(step, answered);
    expect(isRinging(offeredAgain)).toBe(true);
    expect(isRinging(step(ringing, { is: 'lost', attempt: 1, retryAtMs: 0 }))).toBe(false);
    expect(isRinging(step(ringing, viewOf(null)))).toBe(false);
  });
});

describe('the wrap-up being typed', () => {
  const draft = { callId: CALL.callId, disposition: 'follow_up', note: 'half a sentence' };

  it('survives a lost connection and the view that follows', () => {
    const state = after(
      opened,
      viewOf({ state: 'wrap_up' }),
      { is: 'draft', draft },
      { is: 'lost', attempt: 1, retryAtMs: 0 },
      opened,
      viewOf({ state: 'wrap_up' }),
    );
    expect(draftOf(state, CALL.callId)).toEqual(draft);
  });

  it('never shows in the next call', () => {
    const state = after(opened, viewOf({ state: 'wrap_up' }), { is: 'draft', draft }, viewOf({ state: 'wrap_up', callId: 'call-next' }));
    expect(draftOf(state, 'call-next')).toEqual({ callId: 'call-next', disposition: '', note: '' });
    expect(state.draft).toBeNull();
  });

  it('is cut at what the protocol takes', () => {
    expect(after({ is: 'draft', draft: { ...draft, note: 'x'.repeat(5000) } }).draft?.note).toHaveLength(2000);
  });
});

describe('time', () => {
  it('is the time of the gateway, carried on by the own monotonic clock, so a wrong clock here bends nothing', () => {
    const view = { ...firstView(), serverTimeMs: 1_800_000_000_000 };
    expect(serverNowMs(after({ is: 'view', view, monotonicMs: 5000 }), 65_000)).toBe(1_800_000_060_000);
  });
});

describe('any story', () => {
  const asks: DeskAsk[] = ['agent.ready', 'agent.not_ready', 'call.answer', 'call.mute', 'call.hangup', 'call.dispose'];
  const input: fc.Arbitrary<DeskInput> = fc.oneof(
    fc.constant(opened),
    fc.constant<DeskInput>({ is: 'lost', attempt: 1, retryAtMs: 0 }),
    fc.constantFrom('ringing', 'connected', 'held', 'wrap_up', null).map((state) => viewOf(state && { state })),
    fc.constantFrom(...asks).map((ask): DeskInput => ({ is: 'asked', ask })),
    fc.constantFrom(...asks).map((ask): DeskInput => ({ is: 'settled', ask, trouble: null })),
    fc.boolean().map((muted): DeskInput => ({ is: 'mute_wanted', muted })),
  );

  it('never opens the microphone outside a conversation, and never allows what is being asked', () => {
    fc.assert(
      fc.property(fc.array(input), (inputs) => {
        const state = after(...inputs);
        if (isMicrophoneOpen(state)) expect(state.view?.call?.state).toBe('connected');
        const allowed = allowedAsks(state);
        for (const ask of state.asking) expect(allowed.has(ask)).toBe(false);
      }),
    );
  });
});
