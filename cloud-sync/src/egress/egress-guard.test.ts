import { describe, expect, it } from 'vitest';
import type { AdviceRequest } from '@keepline/contracts/advice';
import type { CloudEvent, EventType } from '@keepline/contracts/events';
import { newId } from '@keepline/contracts/ids';
import { madeEvent, SAMPLES } from '../testing/made-event.ts';
import { ALLOWED } from './allowed-shapes.ts';
import { inspectAdvice, inspectEvent } from './egress-guard.ts';

const isType = (text: string): text is EventType => text in SAMPLES;
const inspect = (event: object) => inspectEvent(JSON.stringify(event), 'demo');
const withData = (data: object): object => ({ ...madeEvent(1), data: { ...madeEvent(1).data, ...data } });

describe('egress guard', () => {
  it.for(Object.keys(SAMPLES).filter(isType))('lets %s pass as the anonymiser makes it', (type) => {
    const event: CloudEvent = madeEvent(1, type);
    expect(inspect(event)).toEqual({ clean: true });
    // Both lists name the same fields: a field that only one of them knows is a mistake in one of them.
    expect(Object.keys(event.data).toSorted()).toEqual(Object.keys(ALLOWED[type]).toSorted());
  });

  it('stops an event that skipped the anonymiser, whatever field it hides in', () => {
    const raw = { ...madeEvent(1, 'call.offered'), data: SAMPLES['call.offered'] };
    expect(inspect(raw)).toMatchObject({ clean: false });
    const offered = madeEvent(1, 'call.offered');
    for (const field of Object.keys(offered.data)) {
      for (const value of ['13800138000', '11010519491231002X', '6222020200112233446', 'li@example.com', '王小明', 13_800_138_000]) {
        expect(inspect({ ...offered, data: { ...offered.data, [field]: value } }), `${field}=${value}`).toMatchObject({ clean: false });
      }
    }
  });

  it('names the field and the finding, never the value, and not even the name of a field it does not know', () => {
    expect(inspect(withData({ by: '13800138000' }))).toEqual({ clean: false, why: 'mobile_number in by' });
    expect(inspect(withData({ '13800138000': true }))).toEqual({ clean: false, why: 'unknown_field' });
    expect(inspect(withData({ toString: 'x' }))).toEqual({ clean: false, why: 'unknown_field' });
  });

  it.for([
    ['unknown_type', { type: 'cn.keepline.call.recorded_audio.v1' }],
    ['unknown_type', { type: 'cn.keepline.call.held.v2' }],
    ['unknown_attribute', { subject: '13800138000' }],
    ['foreign_source', { source: '/keepline/other' }],
    ['bad_shape in id', { id: 'evt-13800138000' }],
    ['bad_shape in time', { time: 'noon' }],
    ['bad_shape in data', { data: ['13800138000'] }],
    ['bad_envelope', { datacontenttype: 'text/plain' }],
  ] as const)('stops an envelope with %s', ([why, change]) => {
    expect(inspect({ ...madeEvent(1), ...change })).toEqual({ clean: false, why });
  });

  it('stops what is no JSON, no object, or too large', () => {
    expect(inspectEvent('{', 'demo')).toEqual({ clean: false, why: 'not_an_event' });
    expect(inspectEvent('[]', 'demo')).toEqual({ clean: false, why: 'not_an_event' });
    expect(inspectEvent(JSON.stringify(withData({ by: 'x'.repeat(9000) })), 'demo')).toEqual({ clean: false, why: 'too_large' });
  });

  it('passes an identifier whose random digits look like a mobile number: it is well formed, and one call in a hundred thousand has one', () => {
    expect(inspect(withData({ callId: 'call-01a20599-b148-7665-9554-713800138000' }))).toEqual({ clean: true });
  });

  it('stops an advice request with a number in any text', () => {
    const request: AdviceRequest = {
      requestId: newId('req', 1_790_000_000_000),
      site: 'demo',
      callRef: `call-${'b'.repeat(32)}`,
      callerRef: '',
      queue: 'service',
      skill: '',
      choices: ['cards'],
      readySkills: ['cards', 'loans'],
      waiting: 3,
      hour: 10,
    };
    expect(inspectAdvice(request, 'demo')).toEqual({ clean: true });
    expect(inspectAdvice({ ...request, callerRef: 'caller-13800138000' }, 'demo')).toEqual({
      clean: false,
      why: 'mobile_number in callerRef',
    });
    expect(inspectAdvice({ ...request, choices: ['cards', '13800138000'] }, 'demo')).toEqual({
      clean: false,
      why: 'mobile_number in choices',
    });
    expect(inspectAdvice({ ...request, site: 'other' }, 'demo')).toEqual({ clean: false, why: 'foreign_source' });
  });
});
