import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Anonymiser, type RawAdviceRequest } from './anonymise.ts';
import { ADVICE, eventOf, NOW, SAMPLES, TYPES } from './event-samples.ts';

const anonymiser = new Anonymiser({ key: new Uint8Array(32).fill(7), site: 'demo' });
const outgoing = (type: string, fields: object, more?: object) => anonymiser.event(eventOf(type, fields, more));

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
