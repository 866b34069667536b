import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DOWN_AFTER, NEW_TRUNK, speaksFor, stepHealth, UP_AFTER } from './trunk-health.ts';

const after = (...results: boolean[]): string => results.reduce(stepHealth, NEW_TRUNK).at;

describe('the health of a trunk', () => {
  it('is unknown, then up at the first answer, down after two faults, and up only after three answers', () => {
    expect(after()).toBe('unknown');
    expect(after(true)).toBe('up');
    expect(after(false)).toBe('unknown');
    expect(after(false, false)).toBe('down');
    expect(after(true, false)).toBe('up');
    expect(after(true, false, true, false)).toBe('up');
    expect(after(true, false, false)).toBe('down');
    expect(after(false, false, true, true)).toBe('down');
    expect(after(false, false, true, true, false, true, true)).toBe('down');
    expect(after(false, false, true, true, true)).toBe('up');
  });

  it('never changes between up and down without enough results in a row', () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1 }), (results) => {
        let health = NEW_TRUNK;
        for (const [i, isGood] of results.entries()) {
          const next = stepHealth(health, isGood);
          if (health.at === 'up' && next.at === 'down')
            expect(results.slice(i + 1 - DOWN_AFTER, i + 1)).toEqual(Array(DOWN_AFTER).fill(false));
          if (health.at === 'down' && next.at === 'up') expect(results.slice(i + 1 - UP_AFTER, i + 1)).toEqual(Array(UP_AFTER).fill(true));
          expect(next.against).toBeLessThan(UP_AFTER);
          health = next;
        }
      }),
    );
  });

  it('takes every answer for a sign of life but a fault of the way', () => {
    expect([200, 403, 404, 405, 481].every((status) => speaksFor({ status }))).toBe(true);
    expect([408, 500, 503].some((status) => speaksFor({ status }))).toBe(false);
    expect(speaksFor('timeout')).toBe(false);
  });
});
