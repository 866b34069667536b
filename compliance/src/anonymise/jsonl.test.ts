import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeeplineError } from '@keepline/contracts/errors';
import { anonymiseLine, LineCutter } from './jsonl.ts';

const thrownBy = (line: string): unknown => {
  try {
    return anonymiseLine(line, 3);
  } catch (error) {
    return error;
  }
};

describe('a line', () => {
  it('comes back with its id, redacted, with offsets into the text given', () => {
    expect(JSON.parse(anonymiseLine('{"id":"a","text":"😀手机13800001234。"}', 1))).toEqual({
      id: 'a',
      text: '😀手机[MOBILE]。',
      entities: [{ type: 'MOBILE', start: 4, end: 15 }],
    });
  });

  it.for(['', '{', '[]', '"x"', '{"id":"a"}', '{"id":{},"text":"x"}', '{"id":1,"text":2}'])('%s is refused', (line) => {
    expect(thrownBy(line)).toMatchObject({ code: 'ANONYMISE_LINE_INVALID', offending: 3 });
  });

  it('a refusal quotes nothing of the line: it goes to a log', () => {
    const error = thrownBy('{"id":1,"text":"13800001234"');
    expect(error).toBeInstanceOf(KeeplineError);
    expect(`${String(error)}${JSON.stringify(error)}${String(error instanceof Error ? error.cause : '')}`).not.toContain('1380000');
  });
});

describe('cutting lines', () => {
  it('gives the same lines however the bytes arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '手', '😀') })), fc.integer({ min: 1, max: 7 }), (lines, step) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const cutter = new LineCutter();
        const cut = Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) => cutter.push(bytes.subarray(i * step, (i + 1) * step)));
        expect([...cut.flat(), ...cutter.end()]).toEqual(lines.map((text, i) => ({ number: i + 1, text })));
      }),
    );
  });

  it('refuses a line over the limit and goes on with the next', () => {
    const cutter = new LineCutter(4);
    const lines = ['12', '345\nok', '\n6'].flatMap((piece) => cutter.push(Buffer.from(piece)));
    expect(lines).toMatchObject([
      { number: 1, error: { code: 'ANONYMISE_LINE_TOO_LONG' } },
      { number: 2, text: 'ok' },
    ]);
    expect(cutter.end()).toEqual([{ number: 3, text: '6' }]);
  });
});
