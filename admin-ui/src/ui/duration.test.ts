import { describe, expect, it } from 'vitest';
import { durationText } from './duration.ts';

describe('a duration on the screen', () => {
  it('is short below an hour and whole above', () => {
    expect([0, 999, 7000, 59_999, 60_000, 750_000, 3_599_999, 3_600_000, 3_723_000].map(durationText)).toEqual([
      '0:00',
      '0:00',
      '0:07',
      '0:59',
      '1:00',
      '12:30',
      '59:59',
      '1:00:00',
      '1:02:03',
    ]);
  });

  it('is never negative, when the clocks of desk and gateway are apart', () => {
    expect(durationText(-5000)).toBe('0:00');
  });
});
