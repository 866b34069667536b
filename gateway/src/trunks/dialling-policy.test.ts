import { describe, expect, it } from 'vitest';
import { mayDial } from './dialling-policy.ts';

const rules = { areaCode: '10', outbound: 'national', prefix: '', extensions: '' } as const;
const verdict = (number: string, ...allowed: string[]): string => {
  try {
    return mayDial(number, rules, allowed).national;
  } catch (fault) {
    return fault instanceof Error ? fault.name : '';
  }
};

describe('what a desk may dial', () => {
  it.each([
    ['a mobile number', '138 0013 8000', ['1'], '13800138000'],
    ['the same with the country code', '+86 138 0013 8000', ['1'], '13800138000'],
    ['a local number, by its area code', '8888 6666', ['010'], '01088886666'],
    ['a number of another area', '021-6888 6666', ['010'], 'DIAL_NOT_ALLOWED'],
    ['anything where nothing is allowed', '13800138000', [], 'DIAL_NOT_ALLOWED'],
    ['a foreign number by a beginning made for home', '0044 20 7946 0000', ['0'], 'DIAL_NOT_ALLOWED'],
    ['a foreign number by its own beginning', '+44 20 7946 0000', ['0044'], '00442079460000'],
    ['the same written with a plus', '+44 20 7946 0000', ['+44'], '00442079460000'],
    ['an emergency number, whatever is allowed', '110', ['1', '11', '110'], 'DIAL_NOT_ALLOWED'],
    ['what is no number', 'sip:anyone@example.org', ['', '1'], 'DIAL_NUMBER_INVALID'],
    ['a withheld number', 'anonymous', [''], 'DIAL_NUMBER_INVALID'],
  ])('%s', (_, number, allowed, expected) => expect(verdict(number, ...allowed)).toBe(expected));
});
