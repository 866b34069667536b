import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, isWorthAnother, orderTrunks } from './selection.ts';

const candidates = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1 }),
    priority: fc.integer({ min: 0, max: 3 }),
    weight: fc.integer({ min: 0, max: 100 }),
    isUp: fc.boolean(),
    hasRoom: fc.boolean(),
  }),
  { selector: ({ name }) => name, maxLength: 12 },
);
/** Dice that repeat what they are given. */
const dice = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 }).map((throws) => {
  let i = 0;
  return () => throws[i++ % throws.length] ?? 0;
});

describe('the order of trunks', () => {
  it('holds each usable trunk once, never a full one, a sick one only when all are', () => {
    fc.assert(
      fc.property(candidates, dice, (trunks, random) => {
        const order = orderTrunks(trunks, random);
        const open = trunks.filter(({ hasRoom }) => hasRoom);
        const healthy = open.filter(({ isUp }) => isUp);
        const expected = healthy.length > 0 ? healthy : open;
        expect(order.map(({ name }) => name).toSorted()).toEqual(expected.map(({ name }) => name).toSorted());
      }),
    );
  });

  it('never puts a lower priority before a higher one, nor weight 0 before any other of its priority', () => {
    fc.assert(
      fc.property(candidates, dice, (trunks, random) => {
        const order = orderTrunks(trunks, random);
        for (const [i, trunk] of order.entries()) {
          const before = order[i - 1];
          if (before === undefined) continue;
          expect(before.priority).toBeLessThanOrEqual(trunk.priority);
          if (before.priority === trunk.priority && before.weight === 0) expect(trunk.weight).toBe(0);
        }
      }),
    );
  });

  it('gives each trunk of a priority its share', () => {
    const trunk = (name: string, weight: number): Candidate => ({ name, weight, priority: 1, isUp: true, hasRoom: true });
    const trunks = [trunk('a', 1), trunk('b', 3)];
    const steps = 1000;
    const first = Array.from({ length: steps }, (_, i) => orderTrunks(trunks, () => i / steps)[0]?.name);
    expect(first.filter((name) => name === 'a')).toHaveLength(steps / 4);
  });

  it('goes on to the next way for faults of this one, not for the word of the called', () => {
    expect([408, 500, 503, 504].every((status) => isWorthAnother({ status }))).toBe(true);
    expect([403, 404, 480, 486, 488, 603].some((status) => isWorthAnother({ status }))).toBe(false);
    expect(isWorthAnother('timeout') && isWorthAnother('transport')).toBe(true);
  });
});
