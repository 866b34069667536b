/**
 * Makes the proofs that `merkle.ts` checks, straight from the definitions PATH(m, D[n]) and PROOF(m, D[n]) of RFC 6962 §2.1.1 and §2.1.2.
 * Works on all leaf hashes in memory: right for logs of some hundred thousand entries; tiles will replace it for larger ones.
 */
import { rootOf } from './tree-hash.ts';

/** PATH(index, D[n]): the siblings from the leaf up. @throws RangeError */
export function inclusionProof(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= leaves.length) throw new RangeError(`entry ${index} of ${leaves.length}`);
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  const left = leaves.slice(0, k);
  const right = leaves.slice(k);
  return index < k ? [...inclusionProof(index, left), rootOf(right)] : [...inclusionProof(index - k, right), rootOf(left)];
}

/** PROOF(size1, D[n]): that the tree of all leaves extends the tree of the first `size1`. @throws RangeError */
export function consistencyProof(size1: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > leaves.length) throw new RangeError(`size ${size1} of ${leaves.length}`);
  return subproof(size1, leaves, true);
}

/** SUBPROOF(m, D[n], b); `known` is b: whether the reader already holds the root of these leaves. */
function subproof(m: number, leaves: readonly Uint8Array[], known: boolean): Uint8Array[] {
  if (m === leaves.length) return known ? [] : [rootOf(leaves)];
  const k = split(leaves.length);
  const left = leaves.slice(0, k);
  const right = leaves.slice(k);
  return m <= k ? [...subproof(m, left, known), rootOf(right)] : [...subproof(m - k, right, false), rootOf(left)];
}

/** The largest power of two smaller than n, for n > 1. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
