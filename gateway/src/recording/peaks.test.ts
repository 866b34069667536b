import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alawToLinear, linearToAlaw } from '../media/g711.ts';
import { BUCKETS_MAX, PeakMeter, peaksFromBytes, peaksToBytes } from './peaks.ts';
import { ALAW_SILENCE } from './wav.ts';

const silence = (samples: number): Uint8Array => new Uint8Array(samples * 2).fill(ALAW_SILENCE);

describe('the waveform of a recording', () => {
  it('shows each channel at its place', () => {
    const alaw = silence(1600);
    alaw[2 * 450] = linearToAlaw(16_000);
    alaw[2 * 1300 + 1] = linearToAlaw(-32_000);
    const meter = new PeakMeter();
    meter.hear(0, alaw);
    const { bucketSamples, left, right } = meter.finish(1600);
    expect(bucketSamples).toBe(400);
    expect([...left].map((peak) => peak > 100)).toEqual([false, true, false, false]);
    expect([...right].map((peak) => peak > 240)).toEqual([false, false, false, true]);
    expect(left[0]).toBe(0);
  });

  it('is the loudest sample of each bucket, however the audio was cut', () => {
    const audio = fc.uint8Array({ minLength: 2, maxLength: 8000 });
    fc.assert(
      fc.property(audio, fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 20 }), (bytes, cuts) => {
        const alaw = bytes.subarray(0, bytes.length & ~1);
        const samples = alaw.length / 2;
        const meter = new PeakMeter();
        let at = 0;
        for (const cut of [...cuts, samples]) {
          const end = Math.min(samples, at + cut);
          meter.hear(at, alaw.subarray(at * 2, end * 2));
          at = end;
        }
        const { left, right } = meter.finish(samples);
        for (const [channel, peaks] of [left, right].entries())
          for (const [bucket, peak] of peaks.entries()) {
            const heard = Array.from(alaw.subarray(bucket * 800, (bucket + 1) * 800)).filter((_, i) => i % 2 === channel);
            expect(peak).toBe(Math.max(...heard.map((code) => Math.abs(alawToLinear(code)) >> 7)));
          }
      }),
    );
  });

  it('stays bounded over 72 hours and keeps what was loud in its place', () => {
    const meter = new PeakMeter();
    const loud = new Uint8Array(2).fill(linearToAlaw(30_000));
    meter.hear(8000, loud);
    const hours72 = 72 * 3600 * 8000;
    meter.hear(hours72 - 8000, loud);
    const { bucketSamples, left } = meter.finish(hours72);
    expect(left.length).toBeLessThanOrEqual(BUCKETS_MAX);
    expect(left[Math.floor(8000 / bucketSamples)]).toBeGreaterThan(200);
    expect(left[Math.floor((hours72 - 8000) / bucketSamples)]).toBeGreaterThan(200);
    expect(left.filter((peak) => peak > 0)).toHaveLength(2);
  });

  it('comes back from its bytes, and nothing else does', () => {
    const meter = new PeakMeter();
    meter.hear(
      0,
      new Uint8Array(4000).map((_, i) => i % 256),
    );
    const peaks = meter.finish(2000);
    const bytes = peaksToBytes(peaks);
    const again = peaksFromBytes(bytes);
    expect([again?.bucketSamples, [...(again?.left ?? [])], [...(again?.right ?? [])]]).toEqual([400, [...peaks.left], [...peaks.right]]);
    for (const wrong of [bytes.subarray(0, 7), bytes.subarray(1), Buffer.concat([bytes, bytes]), Buffer.alloc(8)])
      expect(peaksFromBytes(wrong)).toBeUndefined();
  });
});
