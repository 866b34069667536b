import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALAW_SILENCE } from './g711.ts';
import { BLOCK_SAMPLES, type RecordedAudio, RecordingTimeline, type Side } from './recording-timeline.ts';

const REORDER_MS = 60;
/** A sound that tells at every sample where it belongs; never silence. */
const voice = (side: Side, sample: number): number => {
  const value = (sample * 7 + (sample >> 7) * 13 + (side === 'left' ? 0 : 101)) & 0xff;
  return value === ALAW_SILENCE ? 0 : value;
};
const payload = (side: Side, from: number, length = 160): Uint8Array => Uint8Array.from({ length }, (_, i) => voice(side, from + i));

interface Arrival {
  readonly side: Side;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  /** Sample of the source this packet begins with; also what its payload says. */
  readonly sample: number;
  readonly atMs: number;
}

/** Runs arrivals through a timeline that is emptied every 100 ms, and gives back the two sides of what came out. */
function record(arrivals: readonly Arrival[], endMs: number) {
  const timeline = new RecordingTimeline(0, REORDER_MS);
  const blocks: RecordedAudio[] = [];
  let flushedMs = 0;
  const flush = (untilMs: number): void => {
    for (; flushedMs + 100 <= untilMs; ) {
      flushedMs += 100;
      for (let block = timeline.take(flushedMs); block; block = timeline.take(flushedMs)) blocks.push(block);
    }
  };
  for (const { side, ssrc, sequence, timestamp, sample, atMs } of arrivals.toSorted((a, b) => a.atMs - b.atMs)) {
    flush(atMs);
    timeline.hear(side, ssrc, sequence & 0xffff, timestamp >>> 0, payload(side, sample), 0, 160, atMs);
  }
  flush(endMs);
  const { blocks: rest, samples } = timeline.finish(endMs);
  blocks.push(...rest);
  const whole = new Uint8Array(samples * 2);
  let at = 0;
  for (const { startSample, alaw } of blocks) {
    expect(startSample).toBe(at);
    whole.set(alaw, at * 2);
    at += alaw.length / 2;
  }
  expect(at).toBe(samples);
  const left = whole.filter((_, i) => i % 2 === 0);
  const right = whole.filter((_, i) => i % 2 === 1);
  return { left, right, samples, late: timeline.late, blocks };
}

/** A packet every 20 ms from `fromMs` on, in time. */
const steady = (side: Side, fromMs: number, count: number, ssrc = 1, timestamp = 0xffff_ff00, sequence = 65_530): Arrival[] =>
  Array.from({ length: count }, (_, i) => ({
    side,
    ssrc,
    sequence: sequence + i,
    timestamp: timestamp + 160 * i,
    sample: fromMs * 8 + 160 * i,
    atMs: fromMs + 20 * i,
  }));

describe('the timeline of a recording', () => {
  it('has every received sample at its place and silence elsewhere, over loss, reordering, doubles, jitter, wrap and a new SSRC', () => {
    const packet = fc.record({
      fate: fc.constantFrom('kept', 'kept', 'kept', 'kept', 'lost', 'doubled'),
      delayMs: fc.integer({ min: 0, max: REORDER_MS }),
    });
    const stretch = fc.record({
      side: fc.constantFrom<Side>('left', 'right'),
      pauseMs: fc.integer({ min: 80, max: 400 }),
      ssrc: fc.integer({ min: 1, max: 0xffff_ffff }),
      sequence: fc.nat(0xffff),
      timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
      packets: fc.array(packet, { minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 8 }), (stretches) => {
        const nextMs = { left: 0, right: 0 };
        const arrivals: Arrival[] = [];
        for (const { side, pauseMs, ssrc, sequence, timestamp, packets } of stretches) {
          const fromMs = nextMs[side] + pauseMs;
          packets.forEach(({ fate, delayMs }, i) => {
            if (i > 0 && fate === 'lost') return;
            const sample = fromMs * 8 + 160 * i;
            const one = { side, ssrc, sequence: sequence + i, timestamp: timestamp + 160 * i, sample };
            // The first packet of a source sets its anchor, so it is in time by definition.
            arrivals.push({ ...one, atMs: fromMs + 20 * i + (i === 0 ? 0 : delayMs) });
            if (fate === 'doubled') arrivals.push({ ...one, atMs: fromMs + 20 * i + REORDER_MS });
          });
          nextMs[side] = fromMs + 20 * packets.length + REORDER_MS;
        }
        const endMs = Math.max(nextMs.left, nextMs.right);
        const recorded = record(arrivals, endMs);

        expect(recorded.samples).toBe(endMs * 8);
        expect(recorded.late).toBe(0);
        const expected = { left: new Uint8Array(endMs * 8).fill(ALAW_SILENCE), right: new Uint8Array(endMs * 8).fill(ALAW_SILENCE) };
        for (const { side, sample } of arrivals) expected[side].set(payload(side, sample), sample);
        expect(Buffer.compare(recorded.left, expected.left)).toBe(0);
        expect(Buffer.compare(recorded.right, expected.right)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('is as long as the time that passed, with a packet or without, and keeps the packet under way at its end', () => {
    expect(record([], 1234).samples).toBe(1234 * 8);
    expect(record([], 0).samples).toBe(0);
    const { samples, left } = record(steady('left', 0, 10), 190); // the last one is half over the end
    expect(samples).toBe(200 * 8);
    expect(left[1599]).toBe(voice('left', 1599));
    expect(record(steady('left', 0, 10), 400).samples).toBe(400 * 8);
  });

  it('gives a block away once its time and the time for late packets have passed, so that little is lost with the process', () => {
    const timeline = new RecordingTimeline(1000, REORDER_MS);
    expect(timeline.take(1000 + 500 + REORDER_MS - 1)).toBeUndefined();
    expect(timeline.take(1000 + 500 + REORDER_MS)).toMatchObject({ startSample: 0 });
    expect(timeline.take(1000 + 500 + REORDER_MS)).toBeUndefined();
    expect(timeline.take(1000 + 1000 + REORDER_MS)?.alaw).toHaveLength(2 * BLOCK_SAMPLES);
  });

  it('places nothing in a block that is gone, and counts it', () => {
    const arrivals = steady('left', 0, 60).map((one, i) => (i === 5 ? { ...one, atMs: 1100 } : one));
    const { left, late } = record(arrivals, 1200);
    expect(late).toBe(1);
    expect(left.subarray(800, 960).every((sample) => sample === ALAW_SILENCE)).toBe(true);
    expect(left[960]).toBe(voice('left', 960));
  });

  it('anchors a source by arrival again when its timestamps jump, and does not lose what follows', () => {
    const jumped = steady('left', 1000, 50, 1, 77, 65_580).map((one) => ({ ...one }));
    const { left } = record([...steady('left', 0, 50), ...jumped], 2000);
    for (let sample = 0; sample < 16_000; sample++) expect(left[sample]).toBe(voice('left', sample));
  });

  it('follows a source that has become late for good, after half a second', () => {
    const delayed = steady('left', 1000, 150, 1, 0xffff_ff00 + 8000, 65_580).map((one) => ({ ...one, atMs: one.atMs + 2000 }));
    const { left } = record([...steady('left', 0, 50), ...delayed], 6000);
    expect(left.subarray(4 * 8000, 5.9 * 8000).filter((sample) => sample === ALAW_SILENCE)).toHaveLength(0);
  });

  it('keeps a replaced right leg on its own anchor (transfer)', () => {
    const timeline = new RecordingTimeline(0, REORDER_MS);
    timeline.hear('right', 5, 1, 1000, payload('right', 0), 0, 160, 0);
    timeline.replace('right');
    timeline.hear('right', 5, 2, 1160, payload('right', 4000), 0, 160, 500); // happens to go on with the numbers of the first
    const { blocks } = timeline.finish(600);
    const right = Uint8Array.from(blocks.flatMap((block) => [...block.alaw])).filter((_, i) => i % 2 === 1);
    expect(right[4000]).toBe(voice('right', 4000));
    expect(right[160]).toBe(ALAW_SILENCE);
  });

  it('stays within 40 ms of the clock over half an hour with a far end whose clock is 200 ppm off, either way', () => {
    for (const ppm of [200, -200]) {
      const timeline = new RecordingTimeline(0, REORDER_MS);
      const minutes = 30;
      const marksMs: number[] = [];
      const spoken = 1000 * (1 - ppm / 1e6); // ms of our clock between two marks
      for (let i = 0; i < minutes * 60 * 50; i++) {
        const atMs = i * 20 * (1 - ppm / 1e6);
        const sound = new Uint8Array(160).fill(2);
        if (i % 50 === 25) sound[0] = 1; // a mark each second of the source
        timeline.hear('left', 1, i & 0xffff, (160 * i) >>> 0, sound, 0, 160, atMs);
        for (let block = timeline.take(atMs); block; block = timeline.take(atMs)) {
          for (let at = 0; at < block.alaw.length; at += 2) if (block.alaw[at] === 1) marksMs.push((block.startSample + at / 2) / 8);
        }
      }
      expect(marksMs.length).toBeGreaterThan(minutes * 60 - 3);
      const off = marksMs.map((ms) => Math.abs(ms - (Math.round(ms / spoken - 0.5) + 0.5) * spoken));
      expect(Math.max(...off)).toBeLessThan(40);
    }
  });
});
