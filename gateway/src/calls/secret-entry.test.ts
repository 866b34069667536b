import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginEntry, digitsOf, type EntryInput, type SecretEntry, stepEntry } from './secret-entry.ts';

const TERMS = { minDigits: 4, maxDigits: 6 };
const keys = (text: string): EntryInput[] => Array.from(text, (digit) => ({ on: 'digit', digit }));
const timeout: EntryInput = { on: 'timeout' };
const aborted: EntryInput = { on: 'given_up', as: 'aborted' };

function run(...inputs: EntryInput[]): { readonly entry: SecretEntry; readonly handed: string[] } {
  let entry = beginEntry();
  const handed: string[] = [];
  for (const input of inputs) {
    const next = stepEntry(entry, TERMS, input);
    entry = next.entry;
    if (next.hand !== undefined) handed.push(next.hand);
  }
  return { entry, handed };
}

describe('a secret keyed in a talk', () => {
  it.each([
    ['ended by #', keys('1234#'), '1234'],
    ['ended by its length', keys('123456'), '123456'],
    ['ended by waiting', [...keys('12345'), timeout], '12345'],
    ['begun anew by *', keys('99*1234#'), '1234'],
    ['with a key no caller has', keys('12A34#'), '1234'],
  ])('is handed over once, %s, and is kept no longer', (_, inputs, keyed) => {
    expect(run(...inputs, ...keys('77'), timeout)).toEqual({ handed: [keyed], entry: { at: 'checking' } });
  });

  it.each([
    ['too short', keys('123#'), 'incomplete'],
    ['not begun', [timeout], 'incomplete'],
    ['given up by the agent', [...keys('12'), aborted], 'aborted'],
    ['given up while it is checked', [...keys('1234#'), aborted], 'aborted'],
    ['over with the talk', [{ on: 'given_up', as: 'ended' } as const], 'ended'],
    ['accepted', [...keys('1234#'), { on: 'answered', answer: 'accepted' } as const], 'accepted'],
    ['refused, and given up too late', [...keys('1234#'), { on: 'answered', answer: 'refused' } as const, aborted], 'refused'],
  ])('is over when it is %s', (_, inputs, outcome) => expect(run(...inputs).entry).toEqual({ at: 'over', outcome }));

  it('whatever comes in whatever order: at most one entry is handed over, of a length that was asked for', () => {
    const input = fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...Array.from('0123456789*#')).map((digit): EntryInput => ({ on: 'digit', digit })) },
      { weight: 2, arbitrary: fc.constant(timeout) },
      { weight: 1, arbitrary: fc.constantFrom<EntryInput>({ on: 'answered', answer: 'accepted' }, aborted) },
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        const { entry, handed } = run(...inputs);
        expect(handed.length).toBeLessThanOrEqual(1);
        for (const keyed of handed) expect(keyed).toMatch(/^[0-9]{4,6}$/);
        expect(digitsOf(entry)).toBeLessThan(TERMS.maxDigits);
        if (handed.length > 0) expect(JSON.stringify(entry)).not.toMatch(/[0-9]/);
      }),
    );
  });
});
