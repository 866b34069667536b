import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigitReader } from './dtmf.ts';

const event = (code: number, end: boolean, duration: number): Uint8Array =>
  Uint8Array.from([code, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff]);
/** Packets of one press: updates every 20 ms, then the end three times. */
const press = (code: number, updates = 3): Uint8Array[] => [
  ...Array.from({ length: updates }, (_, i) => event(code, false, 160 * (i + 1))),
  ...Array.from({ length: 3 }, () => event(code, true, 160 * (updates + 1))),
];

describe('keys by RFC 4733', () => {
  it('are reported once per press, though any packets but one are lost', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(15), { minLength: 1, maxLength: 20 }), fc.infiniteStream(fc.nat(5)), (codes, losses) => {
        const reader = new DigitReader();
        let timestamp = 0xffff_f000;
        const read = codes.flatMap((code) => {
          const survivor = losses.next().value ?? 0;
          timestamp = (timestamp + 4000) >>> 0;
          return press(code).map((packet, i) => (i >= survivor ? reader.read(1, timestamp, packet, 0, 4) : undefined));
        });
        expect(read.filter((digit) => digit !== undefined).join('')).toBe(codes.map((code) => '0123456789*#ABCD'[code]).join(''));
      }),
    );
  });

  it('are not repeated by a packet of an earlier press that comes late', () => {
    const reader = new DigitReader();
    expect(reader.read(1, 1000, event(1, false, 160), 0, 4)).toBe('1');
    expect(reader.read(1, 3000, event(2, false, 160), 0, 4)).toBe('2');
    expect(reader.read(1, 1000, event(1, true, 480), 0, 4)).toBeUndefined();
    expect(reader.read(1, 3000, event(2, true, 480), 0, 4)).toBeUndefined();
  });

  it('held longer than 8 s come in segments and are one press (§2.5.1.3)', () => {
    const reader = new DigitReader();
    expect(reader.read(1, 1000, event(5, false, 0xffff), 0, 4)).toBe('5');
    expect(reader.read(1, 1000 + 0xffff, event(5, false, 160), 0, 4)).toBeUndefined();
    expect(reader.read(1, 1000 + 0xffff, event(5, true, 800), 0, 4)).toBeUndefined();
    expect(reader.read(1, 1000 + 2 * 0xffff, event(5, false, 160), 0, 4)).toBe('5');
  });

  it('begin anew with a new SSRC, even with the same timestamp', () => {
    const reader = new DigitReader();
    expect(reader.read(1, 1000, event(5, true, 160), 0, 4)).toBe('5');
    expect(reader.read(2, 1000, event(5, true, 160), 0, 4)).toBe('5');
  });

  it('are nothing when the event is a flash, a tone of a modem, or cut short', () => {
    const reader = new DigitReader();
    expect(reader.read(1, 1, event(16, false, 160), 0, 4)).toBeUndefined();
    expect(reader.read(1, 2, event(32, false, 160), 0, 4)).toBeUndefined();
    expect(reader.read(1, 3, event(1, false, 160), 0, 3)).toBeUndefined();
  });
});
