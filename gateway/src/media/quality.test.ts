import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReceptionQuality } from './quality.ts';

/** Feeds sequence numbers at a packet every 20 ms. */
function hear(quality: ReceptionQuality, sequences: readonly number[], ssrc = 1): void {
  sequences.forEach((sequence, i) => quality.received(ssrc, sequence & 0xffff, (sequence * 160) >>> 0, true, i * 20));
}
const counts = ({ packets, lost, reordered, duplicates }: ReceptionQuality) => ({ packets, lost, reordered, duplicates });

describe('reception quality (RFC 3550 A.1, A.3, A.8)', () => {
  it('counts loss, reordering and duplicates over the wrap of the sequence number', () => {
    const quality = new ReceptionQuality();
    hear(quality, [65_533, 65_534, 65_536, 65_535, 65_536, 65_539]);
    expect(counts(quality)).toEqual({ packets: 5, lost: 2, reordered: 1, duplicates: 1 });
  });

  it('counts right whatever is lost, doubled and swapped nearby', () => {
    const fate = fc.constantFrom('kept', 'kept', 'kept', 'lost', 'doubled', 'swapped');
    fc.assert(
      fc.property(fc.nat(0xffff), fc.array(fate, { minLength: 3, maxLength: 200 }), (first, fates) => {
        const kept = ['kept', ...fates, 'kept']; // the ends arrive, or their loss could not be known
        const order: number[] = [];
        let [lost, doubled] = [0, 0];
        kept.forEach((what, i) => {
          if (what === 'lost') lost++;
          else if (what === 'swapped' && order.length > 1) order.splice(-1, 0, first + i);
          else order.push(first + i);
          if (what === 'doubled') {
            order.push(first + i);
            doubled++;
          }
        });
        const quality = new ReceptionQuality();
        hear(quality, order);
        expect(quality).toMatchObject({ packets: kept.length - lost, lost, duplicates: doubled });
      }),
    );
  });

  it('keeps its totals when the source starts anew, and calls no jump a loss', () => {
    const quality = new ReceptionQuality();
    hear(quality, [10, 12]);
    hear(quality, [40_000, 40_001], 2);
    hear(quality, [9000, 9001], 2);
    expect(counts(quality)).toEqual({ packets: 6, lost: 1, reordered: 0, duplicates: 0 });
  });

  it('measures jitter as the running mean of A.8, and none in a steady stream', () => {
    const steady = new ReceptionQuality();
    hear(steady, [1, 2, 3, 4, 5]);
    expect(steady.jitterMs).toBe(0);

    const shaky = new ReceptionQuality();
    for (let i = 0; i < 500; i++) shaky.received(1, i, i * 160, true, i * 20 + (i % 2 === 0 ? 0 : 10));
    expect(shaky.jitterMs).toBeCloseTo(10, 1);
    shaky.received(1, 500, 0, false, 999_999); // a telephone event says nothing about jitter
    expect(shaky.jitterMs).toBeCloseTo(10, 1);
  });

  it('reports the loss since the last report as a fraction of 256 (§6.4.1)', () => {
    const quality = new ReceptionQuality();
    expect(quality.report()).toBeUndefined();
    hear(quality, [1, 2, 3, 4]);
    expect(quality.report()).toMatchObject({ ssrc: 1, fractionLost: 0, lost: 0, highest: 4 });
    hear(quality, [5, 8]);
    expect(quality.report()).toMatchObject({ fractionLost: 128, lost: 2, highest: 8 });
    hear(quality, [9]);
    expect(quality.report()).toMatchObject({ fractionLost: 0, lost: 2 });
  });
});
