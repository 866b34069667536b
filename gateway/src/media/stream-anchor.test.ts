import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamAnchor } from './stream-anchor.ts';

interface Sent {
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
}
const placed = ({ sequence, timestamp, marker }: StreamAnchor): Sent => ({ sequence, timestamp, marker });
const stepOf = (from: Sent | undefined, to: Sent | undefined) => ({
  sequence: (((to?.sequence ?? 0) - (from?.sequence ?? 0)) << 16) >> 16,
  timestamp: ((to?.timestamp ?? 0) - (from?.timestamp ?? 0)) | 0,
});

describe('the outgoing stream of a leg', () => {
  it('begins with the marker and the numbers it was given', () => {
    const anchor = new StreamAnchor(7, 65_535, 0xffff_ffff);
    expect(anchor.forward(1, 99, 500, 9000, 160, false, 0)).toBe(true);
    expect(placed(anchor)).toEqual({ sequence: 65_535, timestamp: 0xffff_ffff, marker: true });
    expect(anchor.forward(1, 99, 501, 9160, 160, false, 20)).toBe(true);
    expect(placed(anchor)).toEqual({ sequence: 0, timestamp: 159, marker: false });
  });

  it('goes forward over eleven minutes of hold with music, and over as much silence (janus PR 3640)', () => {
    for (const music of [true, false]) {
      const anchor = new StreamAnchor(7, 65_000, 0xffff_0000);
      let nowMs = 0;
      let last: Sent | undefined;
      const check = (): void => {
        const now = placed(anchor);
        if (last) {
          expect(stepOf(last, now).sequence).toBe(1);
          expect(stepOf(last, now).timestamp).toBeGreaterThan(0);
        }
        last = now;
      };
      const talk = (sequence: number, timestamp: number): void => {
        for (let i = 0; i < 50; i++, nowMs += 20) {
          expect(anchor.forward(3, 42, (sequence + i) & 0xffff, timestamp + 160 * i, 160, false, nowMs)).toBe(true);
          check();
        }
      };
      talk(100, 1000);
      const beforeHold = last;
      const heldMs = 11 * 60_000;
      for (let i = 0; i < heldMs / 20; i++, nowMs += 20) {
        if (!music) continue;
        anchor.own(160, nowMs);
        check();
      }
      talk(150, 1000 + 50 * 160); // the phone stood still meanwhile
      expect(last?.marker).toBe(false);
      expect(((last?.timestamp ?? 0) - (beforeHold?.timestamp ?? 0)) >>> 0).toBeGreaterThanOrEqual(heldMs * 8);
    }
  });

  it('keeps the order and the gaps of a source, drops what is older than its turn, and never uses a number twice', () => {
    const anchor = new StreamAnchor(7, 10, 0);
    anchor.own(160, 0);
    const sent = [100, 102, 101, 105, 99].map((sequence, i) =>
      anchor.forward(1, 42, sequence, 160 * sequence, 160, false, 20 + i) ? anchor.sequence : null,
    );
    expect(sent).toEqual([11, 13, 12, 16, null]);
  });

  it('closes up where a digit was taken out, so that it does not look like loss', () => {
    const anchor = new StreamAnchor(7, 10, 0);
    anchor.forward(1, 42, 100, 0, 160, false, 0);
    for (const sequence of [101, 102, 103]) anchor.swallow(1, 42, sequence);
    anchor.swallow(2, 42, 104); // of another leg
    anchor.forward(1, 42, 104, 640, 160, false, 80);
    expect(placed(anchor)).toEqual({ sequence: 11, timestamp: 640, marker: false });
  });

  it('marks the first packet of every talk spurt of its own sound', () => {
    const anchor = new StreamAnchor(7, 0, 0);
    const markers = [0, 20, 400, 1000, 1020].map((nowMs) => {
      anchor.own(160, nowMs);
      return anchor.marker;
    });
    expect(markers).toEqual([true, false, false, true, false]);
    anchor.pause();
    anchor.own(160, 1040);
    expect(anchor.marker).toBe(true);
  });

  it('is monotonic for in-order sources, however they come, go, jump and change their SSRC', () => {
    const action = fc.record({
      source: fc.nat(3), // 0 is our own sound
      ssrc: fc.nat(1),
      packets: fc.integer({ min: 1, max: 30 }),
      gapMs: fc.constantFrom(0, 20, 150, 3000, 700_000),
      jump: fc.constantFrom(0, 0, 0, 5000, 40_000, 0x9000_0000),
    });
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.array(action, { maxLength: 30 }),
        (sequence, timestamp, actions) => {
          const anchor = new StreamAnchor(7, sequence, timestamp);
          const cursors = new Map<string, { sequence: number; timestamp: number }>();
          let nowMs = 0;
          let last: Sent | undefined;
          for (const { source, ssrc, packets, gapMs, jump } of actions) {
            nowMs += gapMs;
            const cursor = cursors.get(`${source} ${ssrc}`) ?? { sequence: 65_530, timestamp: 0xffff_ff00 };
            cursors.set(`${source} ${ssrc}`, cursor);
            cursor.sequence = (cursor.sequence + jump) & 0xffff;
            cursor.timestamp = (cursor.timestamp + jump) >>> 0;
            for (let i = 0; i < packets; i++, nowMs += 20) {
              if (source === 0) anchor.own(160, nowMs);
              else if (!anchor.forward(source, ssrc, cursor.sequence, cursor.timestamp, 160, false, nowMs)) continue;
              cursor.sequence = (cursor.sequence + 1) & 0xffff;
              cursor.timestamp = (cursor.timestamp + 160) >>> 0;
              const now = placed(anchor);
              if (last) {
                expect(stepOf(last, now).sequence).toBeGreaterThan(0);
                expect((now.timestamp - last.timestamp) >>> 0).toBeGreaterThan(0);
                expect((now.timestamp - last.timestamp) >>> 0).toBeLessThan(0x8000_0000);
              }
              last = now;
            }
          }
        },
      ),
    );
  });
});
