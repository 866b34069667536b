import { describe, expect, it } from 'vitest';
import type { AdviceRequest } from '@keepline/contracts/advice';
import type { EndVerdict } from '@keepline/contracts/events';
import { newId } from '@keepline/contracts/ids';
import { madeEvent } from '../../testing/made-event.ts';
import { textField } from '../cloud-event.ts';
import { BOUNDS, Experience } from './experience.ts';
import { CROWD, MIN_CALLS, routeAdvice } from './route-advice.ts';

const CALLER = '13800138000';
const callerRef = textField(madeEvent(0, 'call.offered', { callerNumber: CALLER }), 'callerRef');
const request: AdviceRequest = {
  requestId: newId('req', 1_790_000_000_000),
  site: 'demo',
  callRef: '',
  callerRef: '',
  queue: 'service',
  skill: '',
  choices: [],
  readySkills: ['cards', 'loans', 'care'],
  waiting: 0,
  hour: 9,
};

function oneCall(known: Experience, n: number, verdict: EndVerdict, choice = 'cards', skill = 'loans'): void {
  const callId = newId('call', 1_790_000_000_000 + n);
  known.learn(madeEvent(n, 'call.offered', { callId, callerNumber: CALLER }));
  known.learn(madeEvent(n, 'ivr.chosen', { callId, choice }));
  known.learn(madeEvent(n, 'routing.decided', { callId, skill }));
  known.learn(madeEvent(n, 'call.ended', { callId, verdict }));
}
const advise = (known: Experience, change: Partial<AdviceRequest>, retentionSkill = '', utcHour = 0) =>
  routeAdvice({ ...request, ...change }, known, { retentionSkill }, utcHour);

describe('route advice', () => {
  it('a caller who gave up waiting meets the skill kept for that, until one call was served', () => {
    const known = new Experience();
    oneCall(known, 1, 'abandoned_in_queue');
    expect(advise(known, { callerRef }, 'care')).toMatchObject({
      skill: 'care',
      reason: { zh: '该客户此前曾放弃等待 1 次。', en: 'This caller gave up waiting before (1).' },
    });
    expect(advise(known, { callerRef }, '')).toBeUndefined();
    expect(advise(known, { callerRef, readySkills: ['cards'] }, 'care')).toBeUndefined();
    oneCall(known, 2, 'completed');
    expect(advise(known, { callerRef }, 'care')).toBeUndefined();
  });

  it('callers who withhold their number are not one caller', () => {
    const known = new Experience();
    const callId = newId('call', 1);
    known.learn(madeEvent(1, 'call.offered', { callId, callerNumber: 'anonymous' }));
    known.learn(madeEvent(1, 'call.ended', { callId, verdict: 'abandoned_in_queue' }));
    expect(advise(known, { callerRef: '' }, 'care')).toBeUndefined();
  });

  it(`prefers the skill that served this menu choice, once ${MIN_CALLS} calls stand behind it`, () => {
    const known = new Experience();
    for (let i = 0; i < MIN_CALLS - 1; i++) oneCall(known, i, 'completed');
    expect(advise(known, { choices: ['cards'] })).toMatchObject({ skill: 'cards', confidence: 0.6 });
    oneCall(known, 9, 'completed');
    expect(advise(known, { choices: ['cards'] })).toMatchObject({ skill: 'loans', confidence: 1 });
    expect(advise(known, { choices: ['cards'], readySkills: ['cards'] })).toMatchObject({ skill: 'cards' });
  });

  it('follows the flow when nothing is known, and never names a skill that nobody ready has', () => {
    const known = new Experience();
    expect(advise(known, { skill: 'loans' })).toMatchObject({ skill: 'loans' });
    expect(advise(known, { skill: 'mortgage' })).toBeUndefined();
    expect(advise(known, {})).toBeUndefined();
  });

  it('in the busiest hour with many waiting, anyone ready is better than the right one later', () => {
    const known = new Experience();
    const offered = madeEvent(1, 'call.offered');
    known.learn(offered);
    const hour = Number(offered.time.slice(11, 13));
    expect(advise(known, { waiting: CROWD }, '', hour)).toMatchObject({ skill: 'cards', confidence: 0.4 });
    expect(advise(known, { waiting: CROWD }, '', (hour + 1) % 24)).toBeUndefined();
    expect(advise(known, { waiting: CROWD - 1 }, '', hour)).toBeUndefined();
  });

  it('forgets the oldest calls instead of growing', () => {
    const known = new Experience();
    const first = newId('call', 1);
    const abandon = (callId: typeof first): void => known.learn(madeEvent(1, 'call.ended', { callId, verdict: 'abandoned_in_queue' }));
    known.learn(madeEvent(1, 'call.offered', { callId: first, callerNumber: CALLER }));
    for (let i = 0; i < BOUNDS.calls; i++)
      known.learn({ ...madeEvent(2, 'call.offered'), data: { callId: `call-${i}`, callerRef: 'caller-x' } });
    abandon(first);
    expect(known.abandonedBy(callerRef)).toBe(0);
  });
});
