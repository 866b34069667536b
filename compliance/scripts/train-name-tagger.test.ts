/** The training is the same on every machine, to the byte, and a small one already learns. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { WEIGHTS_LENGTH } from '../src/anonymise/reading/name-tagger.ts';
import { nameWeights } from '../src/anonymise/reading/name-weights.ts';
import { makeTexts } from './name-texts.ts';
import { train } from './train-name-tagger.ts';

const SMALL = 400;
const hashOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

describe('training of the tagger of names', () => {
  it('makes the same texts and the same weights everywhere; another grammar, feature or dictionary needs a training anew', () => {
    expect(hashOf(JSON.stringify(makeTexts(1, 300)))).toBe('35a4d1faaffabf31');
    const weights = train(SMALL);
    expect(weights.length).toBe(WEIGHTS_LENGTH);
    expect(hashOf(new Uint8Array(weights.buffer))).toBe('c012915421e23d19');
  });

  it('is committed whole', () => {
    expect(nameWeights().length).toBe(WEIGHTS_LENGTH);
    expect(nameWeights().filter((weight) => weight !== 0).length).toBeGreaterThan(100_000);
  });

  it('labels what it made: every label is a name of two to five characters within its text', () => {
    for (const { text, names } of makeTexts(7, 500))
      for (const { start, end } of names) expect(text.slice(start, end)).toMatch(/^[\u4e00-\u9fff]{2,6}$/);
  });
});
