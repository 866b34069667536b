import { describe, expect, it } from 'vitest';
import { decodeAlaw, encodeAlaw, tone, toneShare } from './tone.ts';

describe('test tones', () => {
  it('are told apart by their frequency', () => {
    const heard = tone([440], 500);
    expect(toneShare(heard, 440)).toBeGreaterThan(0.95);
    expect(toneShare(heard, 620)).toBeLessThan(0.01);
    expect(toneShare(new Int16Array(4000), 440)).toBe(0);
  });

  it('survive A-law, whose every code decodes to a sample that encodes to the same code', () => {
    for (let code = 0; code < 256; code++) expect(encodeAlaw(decodeAlaw(code))).toBe(code);
    const heard = tone([440], 500).map((sample) => decodeAlaw(encodeAlaw(sample)));
    expect(toneShare(heard, 440)).toBeGreaterThan(0.95);
  });

  it('know the silence of A-law, which is 0xD5 (ITU-T G.711)', () => {
    expect(encodeAlaw(0)).toBe(0xd5);
  });
});
