import { describe, expect, it } from 'vitest';
import { share } from '../../fixtures/rtp/goertzel.ts';
import { ALAW_SILENCE, alawToLinear, alawToUlaw, linearToAlaw, linearToUlaw, ulawToAlaw, ulawToLinear } from './g711.ts';

const codes = Array.from({ length: 256 }, (_, code) => code);
const loop = (bytes: readonly number[]): number[] => Array.from({ length: 800 }, (_, i) => bytes[i % bytes.length] ?? 0);
/** The 1 kHz reference of 0 dBm0, ITU-T G.711 tables 5 and 6. */
const ALAW_REFERENCE = [0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4];
const ULAW_REFERENCE = [0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e];

describe('G.711', () => {
  it.each([
    ['A-law', ALAW_REFERENCE, alawToLinear],
    ['µ-law', ULAW_REFERENCE, ulawToLinear],
  ] as const)('reads the reference tone of the Recommendation in %s as 1 kHz, 3.14 to 3.17 dB below full scale', (_, reference, decode) => {
    const samples = loop(reference).map(decode);
    expect(share(samples, 1000)).toBeGreaterThan(0.999);
    const peak = Math.sqrt((2 * samples.reduce((sum, sample) => sum + sample * sample, 0)) / samples.length);
    expect(20 * Math.log10(peak / 32_124)).toBeCloseTo(-3.15, 0);
  });

  it('translates each reference tone into the other, code by code', () => {
    const bytes = Uint8Array.from(ULAW_REFERENCE);
    ulawToAlaw(bytes, 0, bytes.length);
    expect([...bytes]).toEqual(ALAW_REFERENCE);
    alawToUlaw(bytes, 0, bytes.length);
    expect([...bytes]).toEqual(ULAW_REFERENCE);
  });

  it('gives every code back from the value it stands for', () => {
    for (const code of codes) {
      expect(linearToAlaw(alawToLinear(code))).toBe(code);
      if (code !== 0x7f) expect(linearToUlaw(ulawToLinear(code))).toBe(code); // 0x7f is the second zero
    }
  });

  it('is monotonic and within half a step of the value, from one end to the other', () => {
    let last = -40_000;
    for (let sample = -32_768; sample <= 32_767; sample += 7) {
      const value = alawToLinear(linearToAlaw(sample));
      expect(value).toBeGreaterThanOrEqual(last);
      expect(Math.abs(value - sample)).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 30));
      last = value;
    }
  });

  it('knows silence, and translates only what it is told to', () => {
    expect(linearToAlaw(0)).toBe(ALAW_SILENCE);
    expect(linearToUlaw(0)).toBe(0xff);
    const bytes = Uint8Array.from([0xff, 0xff, 0xff]);
    ulawToAlaw(bytes, 1, 2);
    expect([...bytes]).toEqual([0xff, ALAW_SILENCE, 0xff]);
  });
});
