import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  emptyRoot,
  Frontier,
  inclusionProof,
  leafHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const leavesOf = (n: number): Uint8Array[] => Array.from({ length: n }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));

/** MTH by its definition (RFC 6962 §2.1), slow and obviously right. */
function mth(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (!only) return emptyRoot();
  if (leaves.length === 1) return only;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

/** Every way one hash list can be tampered with that must change its meaning. */
function forgeries(proof: readonly Uint8Array[]): Uint8Array[][] {
  const junk = leafHash(Buffer.from('junk'));
  const out: Uint8Array[][] = [
    [...proof, junk],
    [junk, ...proof],
  ];
  proof.forEach((hash, i) => {
    const flipped = Uint8Array.from(hash);
    flipped[i % 32] = (flipped[i % 32] ?? 0) ^ 1;
    out.push(proof.with(i, flipped), proof.toSpliced(i, 1), proof.toSpliced(i, 0, hash), proof.with(i, hash.subarray(0, 31)));
    const next = proof[i + 1];
    if (next) out.push(proof.with(i, next).with(i + 1, hash));
  });
  return out;
}

describe('hashes of RFC 6962 §2.1', () => {
  it('has SHA-256 of nothing as the empty root', () => {
    expect(hex(rootOf([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('hashes the empty leaf with its 0x00 prefix', () => {
    expect(hex(leafHash(new Uint8Array(0)))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  });

  it('keeps leaves and nodes apart, so that a node cannot pass as an entry', () => {
    const [l, r] = [leafHash(Buffer.of(1)), leafHash(Buffer.of(2))];
    expect(hex(leafHash(Buffer.concat([l, r])))).not.toBe(hex(nodeHash(l, r)));
  });

  it('builds the same root leaf by leaf as the recursive definition, for every size up to 70', () => {
    const frontier = new Frontier();
    const leaves = leavesOf(70);
    leaves.forEach((leaf, i) => {
      frontier.add(leaf);
      expect(hex(frontier.root())).toBe(hex(mth(leaves.slice(0, i + 1))));
    });
    expect(frontier.size).toBe(70);
  });
});

describe('inclusion proofs', () => {
  it('hold for every entry of every tree up to 34 entries, and for no other place or size', () => {
    for (let n = 1; n <= 34; n++) {
      const leaves = leavesOf(n);
      const root = rootOf(leaves);
      leaves.forEach((leaf, i) => {
        const proof = inclusionProof(i, leaves);
        verifyInclusion(i, n, leaf, proof, root);
        expect(() => verifyInclusion(i + 1, n, leaf, proof, root)).toThrow(/does not hold/);
        expect(() => verifyInclusion(i, n, leafHash(Buffer.from('other')), proof, root)).toThrow(/does not hold/);
        expect(() => verifyInclusion(i, n, leaf, proof, emptyRoot())).toThrow(/does not hold/);
        expect(() => verifyInclusion(i, i, leaf, proof, root)).toThrow(/does not hold/);
      });
    }
  });

  it('fail after any change of the proof', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), (n, pick) => {
        const leaves = leavesOf(n);
        const i = pick % n;
        const [root, leaf] = [rootOf(leaves), leaves[i] ?? emptyRoot()];
        const proof = inclusionProof(i, leaves);
        for (const forged of forgeries(proof)) expect(() => verifyInclusion(i, n, leaf, forged, root)).toThrow(/does not hold/);
      }),
      { numRuns: 60 },
    );
  });

  it('refuse sizes and indexes that are no counts, before any arithmetic wraps at 32 bits', () => {
    const leaf = leafHash(Buffer.of(1));
    for (const [index, size] of [
      [-1, 1],
      [0, 0],
      [1, 1],
      [0.5, 1],
      [0, Number.NaN],
      [2 ** 53, 2 ** 53 + 2],
      [0, 2 ** 32 + 1],
      [2 ** 32, 2 ** 32 + 1],
    ] as const)
      expect(() => verifyInclusion(index, size, leaf, [], leaf)).toThrow(/does not hold/);
  });
});

describe('consistency proofs', () => {
  it('hold between any two sizes up to 34, and against no other root', () => {
    const leaves = leavesOf(34);
    for (let n = 1; n <= 34; n++) {
      const root2 = rootOf(leaves.slice(0, n));
      for (let m = 1; m <= n; m++) {
        const root1 = rootOf(leaves.slice(0, m));
        const proof = consistencyProof(m, leaves.slice(0, n));
        verifyConsistency(m, n, proof, root1, root2);
        if (m === n) continue;
        expect(() => verifyConsistency(m, n, proof, root2, root2)).toThrow(/does not hold/);
        expect(() => verifyConsistency(m, n, proof, root1, root1)).toThrow(/does not hold/);
        expect(() => verifyConsistency(n, m, proof, root1, root2)).toThrow(/does not hold/);
      }
    }
  });

  it('fail after any change of the proof', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), (n, pick) => {
        const leaves = leavesOf(n);
        const m = 1 + (pick % n);
        const [root1, root2] = [rootOf(leaves.slice(0, m)), rootOf(leaves)];
        for (const forged of forgeries(consistencyProof(m, leaves)))
          expect(() => verifyConsistency(m, n, forged, root1, root2)).toThrow(/does not hold/);
      }),
      { numRuns: 60 },
    );
  });

  it('fail when history was rewritten before the old size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), fc.nat(), (n, a, b) => {
        const leaves = leavesOf(n);
        const m = 1 + (a % n);
        const rewritten = leaves.with(b % m, leafHash(Buffer.from('rewritten')));
        const [root1, root2] = [rootOf(leaves.slice(0, m)), rootOf(rewritten)];
        for (const proof of [consistencyProof(m, rewritten), consistencyProof(m, leaves)])
          expect(() => verifyConsistency(m, n, proof, root1, root2)).toThrow(/does not hold/);
      }),
      { numRuns: 100 },
    );
  });

  it('prove nothing from the empty tree, and accept only its own root there', () => {
    const root = rootOf(leavesOf(1));
    verifyConsistency(0, 0, [], emptyRoot(), emptyRoot());
    expect(() => verifyConsistency(0, 0, [], root, root)).toThrow(/does not hold/);
    expect(() => verifyConsistency(0, 1, [], emptyRoot(), root)).toThrow(/does not hold/);
    expect(() => verifyConsistency(1, 1, [root], root, root)).toThrow(/does not hold/);
  });
});

describe('what callers in plain JavaScript may hand in', () => {
  const leaves = leavesOf(7);
  const root = rootOf(leaves);
  const leaf = leaves[3] ?? emptyRoot();
  const proof = inclusionProof(3, leaves);
  const given = (change: (args: unknown[]) => void, args: unknown[]): (() => unknown) => {
    change(args);
    return () => Reflect.apply(args.length === 5 && args[3] === proof ? verifyInclusion : verifyConsistency, undefined, args);
  };

  it('a count as bigint means the same as a number, and beyond 2^53 - 1 it is refused', () => {
    verifyInclusion(3n, 7n, leaf, proof, root);
    verifyConsistency(3n, 7n, consistencyProof(3, leaves), rootOf(leaves.slice(0, 3)), root);
    for (const size of [2n ** 53n, 2n ** 64n + 7n, -7n]) expect(() => verifyInclusion(3n, size, leaf, proof, root)).toThrow(/is no size/);
    expect(() => verifyConsistency(2n ** 53n, 2n ** 53n, [], root, root)).toThrow(/is no size/);
  });

  it('counts that are texts, fractions, negative, endless or missing are refused', () => {
    for (const wrong of ['3', 3.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, null, undefined, [3], true]) {
      expect(given((args) => (args[0] = wrong), [3, 7, leaf, proof, root])).toThrow(/is no index/);
      expect(given((args) => (args[1] = wrong), [3, 7, leaf, proof, root])).toThrow(/is no size/);
    }
  });

  it('hashes of another length, texts of 32 characters and lists of 32 numbers are refused wherever they stand', () => {
    for (const wrong of [leaf.subarray(0, 31), Buffer.concat([leaf, leaf]), 'x'.repeat(32), Array.from(leaf), undefined, null]) {
      expect(given((args) => (args[2] = wrong), [3, 7, leaf, proof, root])).toThrow(/a leaf hash/);
      expect(given((args) => (args[4] = wrong), [3, 7, leaf, proof, root])).toThrow(/a root hash/);
      expect(() => Reflect.apply(verifyInclusion, undefined, [3, 7, leaf, proof.with(0, Object(wrong)), root])).toThrow(/a proof hash/);
      expect(() => Reflect.apply(nodeHash, undefined, [wrong, leaf])).toThrow(/a left hash/);
      expect(() => Reflect.apply(nodeHash, undefined, [leaf, wrong])).toThrow(/a right hash/);
    }
    expect(() => Reflect.apply(leafHash, undefined, ['text'])).toThrow(/does not hold/);
    expect(() => Reflect.apply(rootOf, undefined, [['x'.repeat(32)]])).toThrow(/does not hold/);
  });

  it('a proof longer than any tree has levels is refused before it is walked, and one that is no list too', () => {
    const endless = Array.from({ length: 100_000 }, () => leaf);
    expect(() => verifyInclusion(3, 7, leaf, endless, root)).toThrow(/too long/);
    expect(() => verifyConsistency(3, 7, endless, root, root)).toThrow(/too long/);
    expect(() => verifyConsistency(0, 0, endless, emptyRoot(), emptyRoot())).toThrow(/too long/);
    expect(() => Reflect.apply(verifyInclusion, undefined, [3, 7, leaf, new Set(proof), root])).toThrow(/no list/);
  });

  it('paths of the largest trees are walked exactly: the last entry of 2^53 - 1', () => {
    const size = Number.MAX_SAFE_INTEGER; // 53 complete subtrees, so the last leaf is a peak of its own with 52 siblings to its left
    const path = Array.from({ length: 52 }, (_, i) => leafHash(Buffer.of(i)));
    const top = path.reduce((hash, sibling) => nodeHash(sibling, hash), leaf);
    verifyInclusion(size - 1, size, leaf, path, top);
    expect(() => verifyInclusion(size - 2, size, leaf, path, top)).toThrow(/does not hold/);
    expect(() => verifyInclusion(size - 1, size - 1, leaf, path, top)).toThrow(/does not hold/);
  });
});
