import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AFTER_SAMPLES, BEFORE_SAMPLES, Silences } from './silences.ts';
import { ALAW_SILENCE } from './wav.ts';

const SAID = 0x11;

describe('silences of a recording', () => {
  it('leave no sample of a pause on either channel and every other as it was, however the audio is cut', () => {
    const pause = fc.record({ gap: fc.integer({ min: 4000, max: 20_000 }), length: fc.integer({ min: 0, max: 20_000 }) });
    fc.assert(
      fc.property(fc.array(pause, { maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 12 }), (pauses, cuts) => {
        const silences = new Silences();
        const silent = new Set<number>();
        let at = 0;
        for (const { gap, length } of pauses) {
          const from = at + gap;
          at = from + length;
          silences.begin(from);
          silences.begin(from + 1); // asked for twice is asked for once
          silences.end(at);
          silences.end(at + 5000);
          for (let i = Math.max(0, from - BEFORE_SAMPLES); i < at + AFTER_SAMPLES; i++) silent.add(i);
        }
        let start = 0;
        const wrong: number[] = [];
        for (const cut of [...cuts, 30_000]) {
          const alaw = new Uint8Array(cut * 2).fill(SAID);
          silences.apply(start, alaw);
          for (let i = 0; i < cut; i++) {
            const wanted = silent.has(start + i) ? ALAW_SILENCE : SAID;
            if (alaw[2 * i] !== wanted || alaw[2 * i + 1] !== wanted) wrong.push(start + i);
          }
          start += cut;
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('go on to the end while nobody resumes', () => {
    const silences = new Silences();
    silences.begin(8000);
    const alaw = new Uint8Array(16_000).fill(SAID);
    silences.apply(3_000_000, alaw);
    expect(new Set(alaw)).toEqual(new Set([ALAW_SILENCE]));
  });
});
