/**
 * Makes the proofs that `merkle.ts` checks, from the definitions PATH(m, D[n]) and PROOF(m, D[n]) of RFC 6962 §2.1.1 and §2.1.2; pure. A proof
 * is a list of ranges of leaves: `range-root.ts` makes their roots from nodes of a large log, the functions below from leaves in memory.
 */
import { rootOf } from './tree-hash.ts';

/** Leaves from `from` up to before `to`; their root is one hash of a proof. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** Ranges of PATH(index, D[size]), from the leaf's sibling up. @throws RangeError */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new RangeError(`entry ${index} of ${size}`);
  const ranges: LeafRange[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + split(to - from);
    if (index < middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  return ranges.reverse();
}

/** Ranges of PROOF(size1, D[size]): that the tree of `size` extends the tree of the first `size1`. @throws RangeError */
export function consistencyRanges(size1: number, size: number): LeafRange[] {
  if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > size) throw new RangeError(`size ${size1} of ${size}`);
  const ranges: LeafRange[] = [];
  let [from, to] = [0, size];
  while (to !== size1) {
    const middle = from + split(to - from);
    if (size1 <= middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  // SUBPROOF(m, D[m], b): the reader holds the root of the leaves from 0, of others it does not.
  if (from > 0) ranges.push({ from, to });
  return ranges.reverse();
}

/** The largest power of two smaller than n, for n > 1. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** PATH(index, D[n]) of leaf hashes in memory. @throws RangeError */
export function inclusionProof(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  return inclusionRanges(index, leaves.length).map(({ from, to }) => rootOf(leaves.slice(from, to)));
}

/** PROOF(size1, D[n]) of leaf hashes in memory. @throws RangeError */
export function consistencyProof(size1: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  return consistencyRanges(size1, leaves.length).map(({ from, to }) => rootOf(leaves.slice(from, to)));
}
