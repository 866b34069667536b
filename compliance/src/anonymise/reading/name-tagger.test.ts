/** The best spans are the best there are, and features depend on the text alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FEATURES, featuresOf, SLOTS } from './name-features.ts';
import { bestSpans, spanScore, TAGS } from './name-tagger.ts';
import { segmentsOf } from './segments.ts';

/** Best sum over all ways to choose spans of two units and more without overlap, tried one by one. */
function bestSum(scores: Int32Array, from: number): number {
  const units = scores.length / TAGS;
  if (from >= units) return 0;
  let best = bestSum(scores, from + 1);
  for (let end = from + 2; end <= units; end += 1) best = Math.max(best, spanScore(scores, from, end) + bestSum(scores, end));
  return best;
}

describe('the tagger of names', () => {
  it('chooses spans that no other choice outweighs, in order, each with its own score', () => {
    const unit = fc.tuple(...Array.from({ length: TAGS }, () => fc.integer({ min: -50, max: 50 })));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 9 }), (units) => {
        const scores = Int32Array.from(units.flat());
        const spans = bestSpans(scores);
        expect(spans.reduce((sum, { score }) => sum + score, 0)).toBe(bestSum(scores, 0));
        for (const [i, { start, end, score }] of spans.entries()) {
          expect(end - start).toBeGreaterThanOrEqual(2);
          expect(start).toBeGreaterThanOrEqual(spans[i - 1]?.end ?? 0);
          expect(score).toBe(spanScore(scores, start, end));
        }
      }),
    );
  });

  it('looks at Chinese characters only, each with features of its own that fit the table', () => {
    const text = '我叫王小明,A1';
    const rows = featuresOf(text, segmentsOf(text));
    expect(rows.length).toBe(text.length * FEATURES);
    const counts = Array.from(
      text,
      (_, at) => rows.slice(at * FEATURES, (at + 1) * FEATURES).filter((slot) => slot > 0 && slot < SLOTS).length,
    );
    expect(counts).toEqual([...Array.from({ length: 5 }, () => FEATURES), 0, 0, 0]);
  });
});
