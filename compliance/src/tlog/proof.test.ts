import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash, rootOf, verifyConsistency, verifyInclusion } from './merkle.ts';
import { consistencyProof, consistencyRanges, inclusionProof, inclusionRanges } from './proof.ts';

const leavesOf = (n: number): Uint8Array[] => Array.from({ length: n }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));

describe('proofs by the definitions of RFC 6962', () => {
  it('hold for any entry and any older size of any tree', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), (n, pick) => {
        const leaves = leavesOf(n);
        const [index, root] = [pick % n, rootOf(leaves)];
        const inclusion = inclusionProof(index, leaves);
        expect(() => verifyInclusion(index, n, leaves[index] ?? root, inclusion, root)).not.toThrow();
        const consistency = consistencyProof(index + 1, leaves);
        expect(() => verifyConsistency(index + 1, n, consistency, rootOf(leaves.slice(0, index + 1)), root)).not.toThrow();
      }),
      { numRuns: 80 },
    );
  });

  it('cover each leaf but the proven one exactly once, in trees up to 2^53 - 1', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        const [index, size] = [Math.min(a, b), Math.max(a, b) + (a === b ? 1 : 0)];
        fc.pre(Number.isSafeInteger(size));
        const ranges = inclusionRanges(index, size);
        expect(ranges.reduce((sum, { from, to }) => sum + BigInt(to - from), 1n)).toBe(BigInt(size));
        expect(ranges.length).toBeLessThanOrEqual(53);
      }),
    );
  });

  it('are refused for entries and sizes that are not there', () => {
    for (const [index, size] of [
      [-1, 1],
      [1, 1],
      [0, 0],
      [0.5, 2],
    ] as const)
      expect(() => inclusionRanges(index, size)).toThrow(RangeError);
    for (const [size1, size] of [
      [0, 1],
      [2, 1],
      [1.5, 2],
    ] as const)
      expect(() => consistencyRanges(size1, size)).toThrow(RangeError);
  });
});
