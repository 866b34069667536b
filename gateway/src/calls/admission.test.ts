/** Overload by its laws: no flutter, no deafness, and calls in progress never count against themselves. Issue 3. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Admission,
  CALM_LOOKS,
  CALM_SHARE,
  look,
  refusalFor,
  type Strain,
  STRAINED_LOOKS,
  type StrainLimits,
  TAKING_CALLS,
} from './admission.ts';

const LIMITS: StrainLimits = { loopDelayMs: 200, edgeLateMs: 150, recorderQueuePercent: 50 };
const CALM: Strain = { loopDelayMs: 1, edgeLateMs: 2, recorderQueuePercent: 0 };
const BUSY: Strain = { ...CALM, edgeLateMs: 149 };
const STRAINED: Strain = { ...CALM, edgeLateMs: 150 };

const after = (strains: readonly Strain[], from: Admission = TAKING_CALLS): Admission =>
  strains.reduce((state, strain) => look(state, strain, LIMITS), from);
const times = (count: number, strain: Strain): Strain[] => Array.from({ length: count }, () => strain);

const value = (limit: number) => fc.double({ min: 0, max: limit * 4, noNaN: true });
const anyStrain: fc.Arbitrary<Strain> = fc.record({ loopDelayMs: value(200), edgeLateMs: value(150), recorderQueuePercent: value(50) });
const pressureOf = (strain: Strain): number =>
  Math.max(
    strain.loopDelayMs / LIMITS.loopDelayMs,
    strain.edgeLateMs / LIMITS.edgeLateMs,
    strain.recorderQueuePercent / LIMITS.recorderQueuePercent,
  );

describe('admission of calls', () => {
  it('refuses after strain that lasts, names it, and takes calls again after calm that lasts', () => {
    expect(after(times(STRAINED_LOOKS - 1, STRAINED)).shedding).toBeNull();
    const shedding = after(times(STRAINED_LOOKS, STRAINED));
    expect(shedding.shedding).toBe('edgeLateMs');
    expect(after(times(CALM_LOOKS - 1, CALM), shedding).shedding).toBe('edgeLateMs');
    expect(after(times(CALM_LOOKS, CALM), shedding)).toEqual(TAKING_CALLS);
  });

  it('forgives strain that was interrupted, and is not calmed by load just below the limit', () => {
    const hiccups = [...times(STRAINED_LOOKS - 1, STRAINED), CALM, ...times(STRAINED_LOOKS - 1, STRAINED)];
    expect(after(hiccups).shedding).toBeNull();
    expect(after([...times(STRAINED_LOOKS, STRAINED), ...times(50, BUSY)]).shedding).toBe('edgeLateMs');
    expect(after(times(50, BUSY)).shedding).toBeNull();
  });

  it('says what strains it now, when that changes', () => {
    const disk: Strain = { ...CALM, recorderQueuePercent: 90 };
    expect(after([...times(STRAINED_LOOKS, STRAINED), disk]).shedding).toBe('recorderQueuePercent');
  });

  it('never changes its mind on fewer looks than it must, whatever it sees', () => {
    fc.assert(
      fc.property(fc.array(anyStrain, { maxLength: 200 }), (strains) => {
        let state = TAKING_CALLS;
        const seen: number[] = [];
        for (const strain of strains) {
          const next = look(state, strain, LIMITS);
          seen.push(pressureOf(strain));
          if (state.shedding === null && next.shedding !== null) expect(Math.min(...seen.slice(-STRAINED_LOOKS))).toBeGreaterThanOrEqual(1);
          if (state.shedding !== null && next.shedding === null)
            expect(Math.max(...seen.slice(-CALM_LOOKS))).toBeLessThanOrEqual(CALM_SHARE);
          if ((state.shedding === null) !== (next.shedding === null)) seen.length = 0; // the next change needs looks of its own
          expect(next.looks).toBeLessThan(Math.max(STRAINED_LOOKS, CALM_LOOKS));
          state = next;
        }
      }),
    );
  });

  it('always comes to refuse under lasting strain and to take calls in lasting calm, from any past', () => {
    fc.assert(
      fc.property(fc.array(anyStrain, { maxLength: 60 }), (past) => {
        expect(after(times(STRAINED_LOOKS, STRAINED), after(past)).shedding).not.toBeNull();
        expect(after(times(CALM_LOOKS, CALM), after(past)).shedding).toBeNull();
      }),
    );
  });

  it('more strain never admits what less strain refused', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyStrain, fc.double({ min: 1, max: 3, noNaN: true })), { maxLength: 60 }), (pairs) => {
        const scaled = pairs.map(([{ loopDelayMs, edgeLateMs, recorderQueuePercent }, by]) => ({
          loopDelayMs: loopDelayMs * by,
          edgeLateMs: edgeLateMs * by,
          recorderQueuePercent: recorderQueuePercent * by,
        }));
        const [less, more] = [after(pairs.map(([strain]) => strain)).shedding, after(scaled).shedding];
        expect(less === null || more !== null).toBe(true);
      }),
    );
  });

  it('takes exactly as many calls as are allowed, and none while it sheds', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.integer({ min: 1, max: 1000 }), (calls, maxCalls) => {
        expect(refusalFor(TAKING_CALLS, calls, maxCalls)).toBe(calls < maxCalls ? null : 'too_many_calls');
        expect(refusalFor({ shedding: 'loopDelayMs', looks: 0 }, calls, maxCalls)).not.toBeNull();
      }),
    );
  });
});
