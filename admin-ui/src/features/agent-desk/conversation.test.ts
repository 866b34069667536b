import type { DeskCall, DeskParty } from '@keepline/contracts/agent-protocol';
import { describe, expect, it } from 'vitest';
import { firstView, ringingCall } from '../../../test/views.ts';
import { type HearingLine, hearingOf, isBetweenTwo, targetOf } from './conversation.ts';

const ASKED: DeskParty = { role: 'consulted', name: '王磊', state: 'talking', mode: null };
const BOSS: DeskParty = { role: 'supervisor', name: '陈敏', state: 'talking', mode: 'whisper' };
const callOf = (call: Partial<DeskCall>): DeskCall => ({ ...ringingCall(), state: 'connected', ...call });

describe('who hears whom', () => {
  it.each<[Partial<DeskCall>, HearingLine['key'][]]>([
    [{}, []],
    [{ parties: [{ ...ASKED, state: 'ringing' }], state: 'held' }, ['rings_held']],
    [{ parties: [{ ...ASKED, state: 'ringing' }] }, ['rings']],
    [{ parties: [ASKED], state: 'held' }, ['consult']],
    [{ parties: [ASKED] }, ['waits']],
    [{ parties: [ASKED], conference: true }, ['conference']],
    [{ parties: [ASKED], conference: true, state: 'held' }, ['consult']],
    [{ parties: [{ ...BOSS, state: 'ringing' }] }, ['joins']],
    [{ parties: [ASKED, BOSS], state: 'held' }, ['consult', 'whisper']],
    [{ parties: [{ ...BOSS, mode: 'monitor' }] }, ['monitor']],
    [{ part: 'supervisor', ofAgent: '李静', mode: 'barge' }, ['self_barge']],
    [{ part: 'supervisor', ofAgent: '李静', mode: 'monitor', state: 'ringing' }, []],
    [{ part: 'consulted', ofAgent: '李静' }, ['asked']],
    [{ part: 'consulted', ofAgent: '李静', conference: true }, ['conference']],
  ])('of %o is said as %o', (call, keys) => {
    expect(hearingOf(callOf(call)).map(({ key }) => key)).toEqual(keys);
  });

  it('goes back and forth by hold and resume only between two that do not hear each other', () => {
    expect(isBetweenTwo(callOf({ parties: [ASKED] }))).toBe(true);
    expect(isBetweenTwo(callOf({ parties: [ASKED], conference: true }))).toBe(false);
    expect(isBetweenTwo(callOf({ parties: [{ ...ASKED, state: 'ringing' }] }))).toBe(false);
    expect(isBetweenTwo(callOf({ parties: [BOSS] }))).toBe(false);
  });
});

describe('whom a call is passed on to', () => {
  const draft = { kind: 'outside', queue: 'service', agentId: 'agent2', number: ' 021 5555 0100 ' } as const;
  const view = { ...firstView(), colleagues: [{ id: 'agent2', name: '王磊' }] };

  it('is what was chosen of the kind that is shown', () => {
    expect(targetOf(draft, view)).toEqual({ kind: 'outside', number: '021 5555 0100' });
    expect(targetOf({ ...draft, kind: 'agent' }, view)).toEqual({ kind: 'agent', agentId: 'agent2' });
    expect(targetOf({ ...draft, kind: 'queue' }, view)).toEqual({ kind: 'queue', queue: 'service' });
  });

  it('is nobody while nothing is chosen, nor a colleague who has become busy meanwhile', () => {
    expect(targetOf({ ...draft, number: '  ' }, view)).toBeNull();
    expect(targetOf({ ...draft, number: '0'.repeat(33) }, view)).toBeNull();
    expect(targetOf({ ...draft, kind: 'queue', queue: '' }, view)).toBeNull();
    expect(targetOf({ ...draft, kind: 'agent' }, { ...view, colleagues: [] })).toBeNull();
  });
});
