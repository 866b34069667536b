import { inspect } from 'node:util';
import { AdviceRequest } from '@keepline/contracts/advice';
import { CLOUD_EVENT_MAX_BYTES, type DomainEvent, type EventData, type EventType } from '@keepline/contracts/events';
import { newId } from '@keepline/contracts/ids';
import * as fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { Anonymiser, type RawAdviceRequest } from './anonymise.ts';
import { POLICY } from './policy.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const anonymiser = new Anonymiser({ key, site: 'demo' });

const callId = newId('call', NOW);
const agentId = 'agent1';
const queue = 'service';
const recordingId = newId('rec', NOW);
/** One of each type; the type of this table makes a new event type without a sample a compile error. */
const SAMPLES: { readonly [T in EventType]: EventData[T] } = {
  'call.offered': { callId, trunk: 'local', callerNumber: '13812345678', callerName: '张伟', dialledNumber: '95588' },
  'call.refused': { callId, trunk: 'local', status: 503, why: 'recording_disk_full' },
  'call.answered': { callId, flow: 'main', flowVersion: 1 },
  'ivr.chosen': { callId, node: 'main-menu', choice: 'cards' },
  'call.queued': { callId, queue, skill: '', waiting: 3 },
  'routing.decided': {
    callId,
    decisionId: newId('dec', NOW),
    queue,
    agentId,
    skill: 'cards',
    advice: 'answered',
    adviceUsed: true,
    delayMs: 41.7,
  },
  'call.offered_to_agent': { callId, agentId, attempt: 1 },
  'call.not_taken': { callId, agentId, why: 'no_answer' },
  'call.connected': { callId, agentId, queue, waitMs: 20_000 },
  'call.held': { callId, by: 'agent' },
  'call.resumed': { callId, by: 'agent' },
  'call.ended': { callId, verdict: 'completed', by: 'caller', queue, durationMs: 90_000.4, waitMs: 20_000, talkMs: 60_000 },
  'call.disposed': { callId, agentId, disposition: 'resolved', note: '客户张伟 13812345678', wrapUpMs: 9000 },
  'recording.opened': { callId, recordingId },
  'recording.closed': { callId, recordingId, durationMs: 60_000, outcome: 'complete' },
  'agent.state_changed': { agentId, from: 'ready', to: 'offered', reason: '' },
  'link.changed': { from: 'up', to: 'down', why: 'heartbeats_missed' },
  'quality.sampled': { callId, leg: 'caller', packets: 3000, lost: -1, jitterMs: 1.9 },
};
const TYPES = Object.keys(SAMPLES).filter((type): type is EventType => Object.hasOwn(POLICY, type));
/** Past the types, as a row of the log written by another version could be. */
const eventOf = (type: string, fields: object, more: object = {}): DomainEvent =>
  JSON.parse(JSON.stringify({ id: newId('evt', NOW), type, timeMs: NOW, data: fields, ...more }));
const outgoing = (type: string, fields: object, more?: object) => anonymiser.event(eventOf(type, fields, more));

describe('an event on its way out', () => {
  it('has a policy for every type of the contract, and leaves as a CloudEvent within the size limit', () => {
    expect(TYPES.toSorted()).toEqual(Object.keys(POLICY).toSorted());
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

  it('holds for a caller within a month, over trunks and towards advice, and ends with it', () => {
    const first = refOf('13812345678', NOW);
    expect(refOf('+86 138 1234 5678', NOW + 86_400_000)).toBe(first);
    expect(anonymiser.advice({ ...ADVICE, callerNumber: '013812345678' }).callerRef).toBe(first);
    expect(refOf('13812345679', NOW)).not.toBe(first);
    expect(refOf('13812345678', Date.UTC(2026, 11, 1))).not.toBe(first);
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

  it.each(['call.transferred', '', 'constructor', '__proto__', '13812345678'])('a type without a policy: %j', (type) => {
    expect(code(type, {})).toBe('ANONYMISE_TYPE_UNKNOWN');
  });

  it.each(TYPES)('a field without a rule, a field that is missing, a field of another kind: %s', (type) => {
    expect(code(type, { ...SAMPLES[type], extra: 1 })).toBe('ANONYMISE_FIELD_UNKNOWN');
    expect(code(type, JSON.parse(`{"__proto__":1,${JSON.stringify(SAMPLES[type]).slice(1)}`))).toBe('ANONYMISE_FIELD_UNKNOWN');
    const dropped = new Set(['callerName', 'note']);
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

const ADVICE: RawAdviceRequest = {
  requestId: newId('req', NOW),
  timeMs: NOW,
  callId,
  callerNumber: '13812345678',
  queue,
  skill: 'cards',
  choices: ['cards', '信用卡'],
  readySkills: ['cards', '贵宾', 'loans'],
  waiting: 2,
  hour: 20,
};

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

describe('seeded personal data', () => {
  const canaries = ['13812345678', '110101199003071233', '6222021234567890123', '张伟'];
  /** The ways a value gets spelt on its way through systems. */
  const spellings = (canary: string): string[] => [
    canary,
    Array.from(canary).join(' '),
    Array.from(canary).join('-'),
    Array.from(canary)
      .map((c) => (/\d/.test(c) ? String.fromCharCode(c.charCodeAt(0) + 0xfee0) : c))
      .join(''),
    `客户${canary}来电`,
    `caller_${canary}`,
    `a${canary}b`,
    Buffer.from(canary).toString('base64'),
    Buffer.from(canary).toString('hex'),
    encodeURIComponent(canary),
    Array.from(canary).toReversed().join(''),
  ];
  /** Numbers of which the canary is the whole part, or hides behind the point. */
  const numbers = (canary: string): number[] =>
    /^\d+$/.test(canary) ? [Number(canary), Number(`1381.${canary}`), Number(`0.${canary}`)] : [];
  const forms = canaries.flatMap((canary) => [...spellings(canary), ...numbers(canary)].map((form) => ({ canary, form })));

  /** Everything that is not an identifier of ours, spelt in the one way all spellings share. */
  const found = (text: string, canary: string): boolean => {
    const rest = text.replaceAll(/(?:call|evt|rec|dec|req)-[0-9a-f-]{36}/g, '').normalize('NFKC');
    const squeezed = rest.replaceAll(/[\s-]/g, '');
    return (
      spellings(canary).some((spelling) => rest.includes(spelling) || squeezed.includes(spelling)) || squeezed.includes(canary.slice(0, 8))
    );
  };
  const leaves = (act: () => unknown): string => {
    try {
      return JSON.stringify(act());
    } catch (fault) {
      return inspect(fault, { depth: 5 });
    }
  };

  it('put into any field of any event in any spelling leaves neither as an event nor in the text of an error', () => {
    const place = fc
      .constantFrom(...TYPES)
      .chain((type) => fc.constantFrom(...Object.keys(SAMPLES[type])).map((field) => ({ type, field })));
    fc.assert(
      fc.property(place, fc.constantFrom(...forms), ({ type, field }, { canary, form }) => {
        const text = leaves(() => outgoing(type, { ...SAMPLES[type], [field]: form }));
        expect(found(text, canary) ? `${type}.${field} let ${String(form)} through: ${text}` : '').toBe('');
      }),
      { numRuns: 3000 },
    );
  });

  it('as the name of a field or of a type leaves neither', () => {
    for (const { canary, form } of forms) {
      expect(
        found(
          leaves(() => outgoing('call.held', { ...SAMPLES['call.held'], [form]: 1 })),
          canary,
        ),
      ).toBe(false);
      expect(
        found(
          leaves(() => outgoing(String(form), {})),
          canary,
        ),
      ).toBe(false);
      expect(
        found(
          leaves(() => outgoing('call.held', SAMPLES['call.held'], { id: form, timeMs: NOW })),
          canary,
        ),
      ).toBe(false);
      expect(
        found(
          leaves(() => outgoing('call.held', SAMPLES['call.held'], { timeMs: form })),
          canary,
        ),
      ).toBe(false);
    }
  });

  it('in any part of an advice request leaves neither', () => {
    for (const { canary, form } of forms) {
      const text = String(form);
      const places: Partial<RawAdviceRequest>[] = [
        { requestId: `req-${text}` },
        { callId: `call-${text}` },
        { callerNumber: text },
        { queue: text },
        { skill: text },
        { choices: [text] },
        { readySkills: [text] },
        { waiting: Number(form) },
        { hour: Number(form) },
      ];
      for (const part of places)
        expect(
          found(
            leaves(() => anonymiser.advice({ ...ADVICE, ...part })),
            canary,
          ),
        ).toBe(false);
    }
  });
});
