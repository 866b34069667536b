import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitString, objectId, octetString, sequence, time, unsigned } from './der.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('DER', () => {
  it('keeps whole numbers positive with a leading zero (X.690 §8.3)', () => {
    expect(hex(unsigned(0n))).toBe('020100');
    expect(hex(unsigned(127n))).toBe('02017f');
    expect(hex(unsigned(128n))).toBe('02020080');
    expect(hex(unsigned(256n))).toBe('02020100');
  });

  it('packs object identifiers in base 128 (X.690 §8.19)', () => {
    expect(hex(objectId('1.2.840.10045.4.3.2'))).toBe('06082a8648ce3d040302');
    expect(hex(objectId('2.5.29.17'))).toBe('0603551d11');
  });

  it('writes each length in its shortest form (X.690 §10.1)', () => {
    expect(hex(octetString(new Uint8Array(127))).slice(0, 4)).toBe('047f');
    expect(hex(octetString(new Uint8Array(128))).slice(0, 6)).toBe('048180');
    expect(hex(octetString(new Uint8Array(256))).slice(0, 8)).toBe('04820100');
  });

  it('switches from UTCTime to GeneralizedTime in 2050 (RFC 5280 §4.1.2.5)', () => {
    expect(Buffer.from(time(Date.UTC(2049, 11, 31, 23, 59, 59))).toString('latin1')).toBe('\x17\x0d491231235959Z');
    expect(Buffer.from(time(Date.UTC(2050, 0, 1))).toString('latin1')).toBe('\x18\x0f20500101000000Z');
  });

  it('counts the bits that a bit string does not use', () => {
    expect(hex(bitString(Uint8Array.of(0x80), 7))).toBe('03020780');
  });

  it('nests so that the length of a sequence is that of its members', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (parts) => {
        const members = parts.map(octetString);
        const whole = sequence(...members);
        expect(Buffer.from(whole).subarray(-Math.max(1, Buffer.concat(members).length))).toEqual(
          members.length === 0 ? Buffer.from([0]) : Buffer.concat(members),
        );
      }),
    );
  });
});
