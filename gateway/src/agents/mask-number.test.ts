import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskNumber } from './mask-number.ts';

describe('a masked number', () => {
  it.each([
    ['13812345678', '138******78'],
    ['+8613812345678', '+86138******78'],
    ['008613812345678', '0086138******78'],
    ['02088886666', '020******66'],
    ['+442071234567', '+442*******67'],
    ['95588', '*****'],
    ['12345678', '********'],
    ['anonymous', '*********'],
    ['', ''],
    ['138-1234-5678', '*************'],
  ])('%s is shown as %s', (number, shown) => {
    expect(maskNumber(number)).toBe(shown);
  });

  it('shows five digits of the subscriber at most and hides four at least', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+?\d{1,20}$/), (number) => {
        const shown = maskNumber(number).replace(/^(\+86|0086)(?=1)/, '');
        expect(shown.replaceAll(/\D/g, '').length).toBeLessThanOrEqual(5);
        expect(shown === '' || /\*{4}/.test(shown) || !/\d/.test(shown)).toBe(true);
      }),
    );
  });
});
