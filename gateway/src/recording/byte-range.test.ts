import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wantedBytes } from './byte-range.ts';

describe('the Range header (RFC 9110 §14.1.2)', () => {
  it.each([
    ['bytes=0-499', { of: 'part', start: 0, end: 500 }],
    ['bytes=500-999', { of: 'part', start: 500, end: 1000 }],
    ['bytes=9500-', { of: 'part', start: 9500, end: 10_000 }],
    ['bytes=-500', { of: 'part', start: 9500, end: 10_000 }],
    ['bytes=-20000', { of: 'part', start: 0, end: 10_000 }],
    ['bytes=9999-20000', { of: 'part', start: 9999, end: 10_000 }],
    ['bytes=10000-', { of: 'none' }],
    ['bytes=-0', { of: 'none' }],
    ['bytes=5-4', { of: 'whole' }],
    ['bytes=-', { of: 'whole' }],
    ['bytes=0-0,5-9', { of: 'whole' }],
    ['samples=0-1', { of: 'whole' }],
    [undefined, { of: 'whole' }],
  ])('%s of 10000 bytes', (header, wanted) => {
    expect(wantedBytes(header, 10_000)).toEqual(wanted);
  });

  it('never asks for a byte that is not there, whatever is sent', () => {
    const header = fc.oneof(
      fc.string(),
      fc.tuple(fc.option(fc.nat()), fc.option(fc.nat())).map(([a, b]) => `bytes=${a ?? ''}-${b ?? ''}`),
    );
    fc.assert(
      fc.property(header, fc.nat(), (text, size) => {
        const wanted = wantedBytes(text, size);
        if (wanted.of !== 'part') return;
        expect(wanted.start).toBeGreaterThanOrEqual(0);
        expect(wanted.start).toBeLessThan(wanted.end);
        expect(wanted.end).toBeLessThanOrEqual(size);
      }),
    );
  });
});
