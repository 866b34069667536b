import { describe, expect, it } from 'vitest';
import { type CallInput, newCall, step } from './call.ts';
import type { CallFacts } from './call-control.ts';
import { endVerdict } from './end-verdict.ts';

const told = (...inputs: [CallInput, number][]): CallFacts =>
  inputs.reduce((call, [input, at]) => step(call, input, at), newCall('call-1', '13800138000', '', 1000));

const CONNECTED: [CallInput, number][] = [
  [{ do: 'choose', label: 'cards' }, 2000],
  [{ do: 'queue', queue: 'service', skill: 'cards' }, 3000],
  [{ do: 'offer', agentId: 'li', because: { how: 'longest_idle', skill: '', advice: 'timeout', reason: null } }, 5000],
  [{ do: 'connect' }, 9000],
];

describe('a call', () => {
  it('remembers when it joined the queue, and counts the wait up to the answer', () => {
    expect(told(...CONNECTED)).toMatchObject({ state: 'connected', queuedAtMs: 3000, connectedAtMs: 9000, waitMs: 6000, path: ['cards'] });
  });

  it('keeps its place in the queue when an agent does not take it', () => {
    const back = told(...CONNECTED.slice(0, 3), [{ do: 'return_to_queue' }, 8000]);
    expect(back).toMatchObject({ state: 'queued', agentId: null, queuedAtMs: 3000 });
  });

  it('whose agent is lost waits again, at the place its wait has earned', () => {
    expect(told(...CONNECTED, [{ do: 'lose_agent' }, 60_000])).toMatchObject({
      state: 'queued',
      agentId: null,
      queuedAtMs: 54_000,
      connectedAtMs: 0,
      recording: false,
    });
  });

  it('ends in wrap-up when an agent talked, and at once when none did', () => {
    expect(told(...CONNECTED, [{ do: 'end' }, 20_000])).toMatchObject({ state: 'wrap_up', agentId: 'li', recording: false });
    expect(told(...CONNECTED.slice(0, 3), [{ do: 'end' }, 20_000])).toMatchObject({ state: 'ended', agentId: null });
  });

  it('cannot be held twice, resumed unheld or disposed while people talk', () => {
    const refused = expect.objectContaining({ code: 'CALL_STATE_REFUSED' });
    expect(() => told(...CONNECTED, [{ do: 'hold' }, 1], [{ do: 'hold' }, 1])).toThrow(refused);
    expect(() => told(...CONNECTED, [{ do: 'resume' }, 1])).toThrow(refused);
    expect(() => told(...CONNECTED, [{ do: 'dispose' }, 1])).toThrow(refused);
  });
});

describe('the verdict', () => {
  it.each([
    ['in_flow', 'hung_up', null, 'abandoned_in_ivr', 'caller'],
    ['in_flow', 'closed_by_site', 'flow', 'completed', 'flow'],
    ['queued', 'hung_up', null, 'abandoned_in_queue', 'caller'],
    ['queued', 'closed_by_site', 'site', 'interrupted', 'site'],
    ['offered', 'hung_up', null, 'abandoned_in_queue', 'caller'],
    ['connected', 'hung_up', null, 'completed', 'caller'],
    ['held', 'closed_by_site', 'agent', 'completed', 'agent'],
    ['connected', 'media_lost', null, 'media_lost', 'network'],
    ['connected', 'closed_by_site', 'network', 'media_lost', 'network'], // the agent's leg was lost, so we hung up
  ] as const)('of a call %s whose leg ended by %s (asked by %s) is %s by %s', (state, end, asked, verdict, by) => {
    expect(endVerdict(state, end, asked)).toEqual({ verdict, by });
  });
});

describe('a call out', () => {
  it('is the agent’s before the customer answers, and owes an outcome also when nobody did', () => {
    let call = newCall('call-2', '13900001111', '', 100);
    for (const input of [{ do: 'dial_out', agentId: 'li' }, { do: 'dialling' }] as const) call = step(call, input, 200);
    expect(call).toMatchObject({ state: 'dialling', direction: 'out', agentId: 'li', routedBecause: { how: 'dialled' } });
    expect(step(call, { do: 'end' }, 300)).toMatchObject({ state: 'wrap_up', connectedAtMs: 0 });
    expect(step(call, { do: 'connect' }, 300)).toMatchObject({ state: 'connected', connectedAtMs: 300 });
  });

  it('and who is in it beside caller and agent is forgotten when the talk is over, passed on or lost', () => {
    const party = { role: 'consulted', agentId: 'wang', number: '', state: 'talking', mode: null, muted: false } as const;
    let call = newCall('call-2', '13900001111', '', 100);
    for (const input of [{ do: 'dial_out', agentId: 'li' }, { do: 'dialling' }, { do: 'connect' }] as const) call = step(call, input, 200);
    call = step(call, { do: 'parties', parties: [party], conference: true, lastConsult: 'answered' }, 300);
    for (const over of ['end', 'transfer', 'lose_agent'] as const)
      expect(step(call, { do: over }, 400)).toMatchObject({ parties: [], conference: false, lastConsult: null });
  });
});
