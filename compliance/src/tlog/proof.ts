/**
 * Makes the proofs that `merkle.ts` checks, from the definitions PATH(m, D[n]) and PROOF(m, D[n]) of RFC 6962 §2.1.1 and §2.1.2. A proof is
 * a list of ranges of leaves; the roots of all ranges come from one pass over the leaf hashes, whose number is therefore not bounded.
 */
import { Frontier, rootOf } from './tree-hash.ts';

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

/** Roots of ranges that do not overlap, from leaf hashes that come in order. Holds one frontier at a time. */
export class RangeRoots {
  readonly #wanted: readonly LeafRange[];
  readonly #sorted: readonly LeafRange[];
  readonly #roots = new Map<LeafRange, Uint8Array>();
  #frontier = new Frontier();
  #next = 0;
  #number = 0;

  constructor(ranges: readonly LeafRange[]) {
    this.#wanted = ranges;
    this.#sorted = ranges.toSorted((a, b) => a.from - b.from);
  }

  /** The hash of the next leaf, from 0 on. */
  add(leaf: Uint8Array): void {
    const range = this.#sorted[this.#next];
    const number = this.#number++;
    if (!range || number < range.from) return;
    this.#frontier.add(leaf);
    if (number + 1 < range.to) return;
    this.#roots.set(range, this.#frontier.root());
    this.#frontier = new Frontier();
    this.#next++;
  }

  /** In the order the ranges were given. @throws RangeError when leaves are missing */
  roots(): Uint8Array[] {
    return this.#wanted.map((range) => {
      const root = this.#roots.get(range);
      if (!root) throw new RangeError(`the leaves from ${range.from} to ${range.to} are not all there`);
      return root;
    });
  }
}

/** PATH(index, D[n]) of leaf hashes in memory. @throws RangeError */
export function inclusionProof(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  return inclusionRanges(index, leaves.length).map(({ from, to }) => rootOf(leaves.slice(from, to)));
}

/** PROOF(size1, D[n]) of leaf hashes in memory. @throws RangeError */
export function consistencyProof(size1: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  return consistencyRanges(size1, leaves.length).map(({ from, to }) => rootOf(leaves.slice(from, to)));
}
