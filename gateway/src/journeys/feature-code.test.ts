import { describe, expect, it } from 'vitest';
import { readFeatureCode } from './feature-code.ts';

describe('a feature code', () => {
  it.each([
    ['*8', { act: 'call.pickup' }],
    ['*701', { act: 'call.retrieve', slot: 701 }],
    ['*88', { act: 'call.retrieve', slot: 88 }],
    ['8', null],
    ['701', null],
    ['*', null],
    ['*0701', null],
    ['*123456', null],
    ['*8;phone-context=x', null],
    ['13800138000', null],
  ])('%s', (dialled, code) => expect(readFeatureCode(dialled, '*8')).toEqual(code));

  it('of pickup can be turned off, and its number is then a place like any other', () => {
    expect(readFeatureCode('', '')).toBeNull();
    expect(readFeatureCode('*8', '')).toEqual({ act: 'call.retrieve', slot: 8 });
  });
});
