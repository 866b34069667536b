import { AdviceRequest } from '@keepline/contracts/advice';
import { CLOUD_EVENT_MAX_BYTES } from '@keepline/contracts/events';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { Anonymiser } from './anonymise.ts';
import { ADVICE, callId, eventOf, NOW, queue, SAMPLES, TYPES } from './event-samples.ts';
import { POLICY_LAW } from './policy.ts';

const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const anonymiser = new Anonymiser({ key, site: 'demo' });

const outgoing = (type: string, fields: object, more?: object) => anonymiser.event(eventOf(type, fields, more));

describe('an event on its way out', () => {
  it('has a policy for every type of the contract, and leaves as a CloudEvent within the size limit', () => {
    expect(TYPES.toSorted()).toEqual(Object.keys(POLICY_LAW).toSorted());
    for (const type of TYPES) {
      const event = outgoing(type, SAMPLES[type]);
      expect(event).toMatchObject({
        specversion: '1.0',
        source: '/keepline/demo',
        type: `cn.keepline.${type}.v1`,
        time: '2026-11-22T12:00:00.000Z',
        datacontenttype: 'application/json',
      });
      expect(JSON.stringify(event).length).toBeLessThan(CLOUD_EVENT_MAX_BYTES / 4);
    }
  });

  it('keeps what analytics count and loses who it was', () => {
    expect(outgoing('call.ended', SAMPLES['call.ended']).data).toEqual({
      callId,
      verdict: 'completed',
      by: 'caller',
      queue,
      durationMs: 90_000,
      waitMs: 20_000,
      talkMs: 60_000,
      cause: 16,
    });
    expect(Object.keys(outgoing('call.offered', SAMPLES['call.offered']).data)).toEqual(['callId', 'trunk', 'callerRef', 'lineRef']);
    expect(outgoing('call.disposed', SAMPLES['call.disposed']).data).toEqual({
      callId,
      agentRef: expect.stringMatching(/^agent-[a-z]{32}$/),
      disposition: 'resolved',
      wrapUpMs: 9000,
    });
  });

  it.each(['信用卡', 'call me on 138', 'Cards', 'card-62220212345678', 'e5bca0e4bc9f', 'a1b2'])(
    'lets a label pass only as a plain name: %j leaves as other',
    (choice) => {
      expect(outgoing('ivr.chosen', { ...SAMPLES['ivr.chosen'], choice }).data['choice']).toBe('other');
    },
  );

  it('counts callers who withhold their number as nobody, not as one caller', () => {
    for (const callerNumber of ['', 'anonymous']) {
      expect(outgoing('call.offered', { ...SAMPLES['call.offered'], callerNumber }).data['callerRef']).toBe('');
    }
  });
});

describe('correlation', () => {
  const refOf = (callerNumber: string, timeMs: number) =>
    outgoing('call.offered', { ...SAMPLES['call.offered'], callerNumber }, { timeMs }).data['callerRef'];

  it('holds for a caller within an epoch of 90 days, over trunks and towards advice, and ends with it', () => {
    const first = refOf('13812345678', NOW);
    expect(refOf('+86 138 1234 5678', NOW + 86_400_000)).toBe(first);
    expect(anonymiser.advice({ ...ADVICE, callerNumber: '013812345678' }).callerRef).toBe(first);
    expect(refOf('13812345679', NOW)).not.toBe(first);
    expect(refOf('13812345678', NOW + 90 * 86_400_000)).not.toBe(first);
  });

  it('does not hold between sites: each has its own key', () => {
    const other = new Anonymiser({ key: new Uint8Array(32), site: 'demo' });
    expect(other.event(eventOf('call.offered', SAMPLES['call.offered'])).data['callerRef']).not.toBe(refOf('13812345678', NOW));
  });
});

describe('what is not on the list stays on the site', () => {
  const code = (type: string, fields: object, more?: object) => {
    try {
      outgoing(type, fields, more);
      return 'passed';
    } catch (fault) {
      return fault instanceof Error ? fault.name : '';
    }
  };

  it.each(['call.whistled', '', 'constructor', '__proto__', '13812345678'])('a type without a policy: %j', (type) => {
    expect(code(type, {})).toBe('ANONYMISE_TYPE_UNKNOWN');
  });

  it.each(TYPES)('a field without a rule, a field that is missing, a field of another kind: %s', (type) => {
    expect(code(type, { ...SAMPLES[type], extra: 1 })).toBe('ANONYMISE_FIELD_UNKNOWN');
    expect(code(type, JSON.parse(`{"__proto__":1,${JSON.stringify(SAMPLES[type]).slice(1)}`))).toBe('ANONYMISE_FIELD_UNKNOWN');
    const dropped = new Set(['callerName', 'note', 'number', 'name']);
    for (const field of Object.keys(SAMPLES[type]).filter((name) => !dropped.has(name))) {
      for (const wrong of [undefined, null, {}, ['x'], 1e300, -1e300]) {
        expect(`${field} ${code(type, { ...SAMPLES[type], [field]: wrong })}`).toBe(`${field} ANONYMISE_VALUE_REFUSED`);
      }
    }
  });

  it.each([
    ['id', { id: 'evt-13812345678' }],
    ['time', { timeMs: 13_812_345_678 }],
    ['time', { timeMs: '2026-11-22' }],
    ['time', { timeMs: NOW + 0.5 }],
  ])('an envelope whose %s is not of its shape', (_, more) => {
    expect(code('call.held', SAMPLES['call.held'], more)).toBe('ANONYMISE_VALUE_REFUSED');
  });

  it('a site or a key that would weaken everything', () => {
    expect(() => new Anonymiser({ key: new Uint8Array(16), site: 'demo' })).toThrow(
      expect.objectContaining({ code: 'ANONYMISE_KEY_UNFIT' }),
    );
    expect(() => new Anonymiser({ key, site: '上海分行' })).toThrow(expect.objectContaining({ code: 'ANONYMISE_VALUE_REFUSED' }));
  });
});

describe('an advice request', () => {
  it('fits the contract and names no person', () => {
    const request = anonymiser.advice(ADVICE);
    expect(Value.Check(AdviceRequest, request)).toBe(true);
    expect(request).toMatchObject({ site: 'demo', queue, skill: 'cards', choices: ['cards', 'other'], readySkills: ['cards', 'loans'] });
    expect(JSON.stringify(request)).not.toContain(callId);
  });

  it('fits the contract however much routing knows', () => {
    const many = Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? `skill_${i}` : 'a'.repeat(64)));
    expect(Value.Check(AdviceRequest, anonymiser.advice({ ...ADVICE, choices: many, readySkills: many }))).toBe(true);
  });

  it.each([
    ['requestId', { requestId: 'req-13812345678' as const }],
    ['callId', { callId: 'call-x' as const }],
    ['queue', { queue: '张伟' }],
    ['waiting', { waiting: 13_812_345_678 }],
    ['hour', { hour: 24 }],
  ])('with a %s of another shape is not asked', (_, wrong) => {
    expect(() => anonymiser.advice({ ...ADVICE, ...wrong })).toThrow(expect.objectContaining({ code: 'ANONYMISE_VALUE_REFUSED' }));
  });
});
