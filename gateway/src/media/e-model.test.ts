/** The E-model against the figures ITU-T publishes with it, and its shape by properties. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { delayImpairment, lossImpairment, mosOf, ratingOf } from './e-model.ts';
import { estimate } from './leg-quality.ts';

describe('the E-model (ITU-T G.107)', () => {
  it('has R = 93.2 with every parameter at its default (§7.7)', () => {
    expect(ratingOf({ oneWayMs: 0, lossPercent: 0 })).toBeCloseTo(93.2, 1);
    expect(mosOf(93.2)).toBeCloseTo(4.41, 2);
  });

  it.each([
    [90, 4.34],
    [80, 4.03],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
  ])('gives R = %d the score %d (Table B.1)', (rating, score) => {
    expect(Math.abs(mosOf(rating) - score)).toBeLessThan(0.01);
  });

  it('costs little up to 150 ms and much from 300 ms on, as G.114 draws from it', () => {
    expect(delayImpairment(100)).toBeLessThan(4);
    expect(ratingOf({ oneWayMs: 150, lossPercent: 0 })).toBeGreaterThan(88);
    expect(ratingOf({ oneWayMs: 300, lossPercent: 0 })).toBeLessThan(75);
    expect(ratingOf({ oneWayMs: 400, lossPercent: 0 })).toBeLessThan(65);
  });

  it('halves the scale at a loss of Bpl, which is what Bpl means (§7.5)', () => {
    expect(lossImpairment(4.3)).toBeCloseTo(95 / 2, 6);
    expect(lossImpairment(0)).toBe(0);
  });

  it('never rises with delay or loss, and stays between 1 and 4.5', () => {
    const way = fc.double({ min: 0, max: 2000, noNaN: true });
    const loss = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(way, way, loss, loss, (a, b, c, d) => {
        const [near, far] = [Math.min(a, b), Math.max(a, b)];
        const [clean, lossy] = [Math.min(c, d), Math.max(c, d)];
        expect(ratingOf({ oneWayMs: near, lossPercent: clean })).toBeGreaterThanOrEqual(
          ratingOf({ oneWayMs: far, lossPercent: lossy }) - 0.5,
        );
        const mos = mosOf(ratingOf({ oneWayMs: far, lossPercent: lossy }));
        expect(mos).toBeGreaterThanOrEqual(1);
        expect(mos).toBeLessThanOrEqual(4.5);
      }),
    );
  });
});

describe('the estimate of a leg', () => {
  it.each([
    [500, 0, 2, 10, 4.38],
    [500, 0, 2, null, 4.38],
    [495, 5, 5, 40, 3.77],
    [450, 50, 60, 300, 1.01],
  ])('of %d packets, %d lost, %d ms jitter and %s ms round trip is about %d', (packets, lost, jitterMs, roundTripMs, mos) => {
    expect(Math.abs((estimate(packets, lost, jitterMs, roundTripMs) ?? 0) - mos)).toBeLessThan(0.05);
  });
  it('is none where there was nothing to hear', () => {
    expect(estimate(10, 400, 0, 0)).toBeNull();
  });
});
