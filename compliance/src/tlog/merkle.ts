/**
 * The door of the Merkle log, and the checks of inclusion and consistency proofs of RFC 6962 §2.1 (by the algorithms of RFC 9162
 * §2.1.3.2 and §2.1.4.2, which verify the same trees). Hashes are 32 bytes; indexes and sizes are safe integers.
 */
import { ProofInvalid } from './errors.ts';
import { emptyRoot, nodeHash, requireHash } from './tree-hash.ts';

export { ProofInvalid } from './errors.ts';
export { consistencyProof, inclusionProof } from './proof.ts';
export { emptyRoot, Frontier, HASH_BYTES, leafHash, nodeHash, rootOf } from './tree-hash.ts';

/** Checks that the leaf is entry `index` of the tree of `size` with this root. @throws ProofInvalid */
export function verifyInclusion(index: number, size: number, leaf: Uint8Array, proof: readonly Uint8Array[], root: Uint8Array): void {
  requireCount(index, 'index');
  requireCount(size, 'size');
  if (index >= size) throw new ProofInvalid(`there is no entry ${index} in a tree of ${size}`);
  for (const hash of [leaf, root, ...proof]) requireHash(hash, 'proof');
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) throw new ProofInvalid('it is too long');
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  if (last !== 0) throw new ProofInvalid('it is too short');
  if (!equal(hash, root)) throw new ProofInvalid('it leads to another root');
}

/**
 * Checks that the tree of `size2` only appended to the tree of `size1`. From size 0 nothing can be proven, so only the proof between
 * equal trees is taken there: a caller that trusts an empty log has nothing to check. @throws ProofInvalid
 */
export function verifyConsistency(size1: number, size2: number, proof: readonly Uint8Array[], root1: Uint8Array, root2: Uint8Array): void {
  requireCount(size1, 'size');
  requireCount(size2, 'size');
  if (size1 > size2) throw new ProofInvalid(`a tree of ${size1} cannot have grown to ${size2}`);
  if (size1 === size2) {
    if (proof.length > 0) throw new ProofInvalid('equal sizes need no proof');
    if (!equal(root1, root2)) throw new ProofInvalid('two roots for one size');
    if (size1 === 0 && !equal(root1, emptyRoot())) throw new ProofInvalid('that is not the root of the empty tree');
    return;
  }
  if (size1 === 0) throw new ProofInvalid('nothing can be proven from the empty tree');
  for (const hash of [root1, root2, ...proof]) requireHash(hash, 'proof');
  let node = size1 - 1;
  let last = size2 - 1;
  while (isOdd(node)) {
    node = half(node);
    last = half(last);
  }
  // When size1 is a power of two its root is itself the first node of the path, and the proof leaves it out.
  const path = node === 0 ? [root1, ...proof] : proof;
  const [first, ...rest] = path;
  if (!first) throw new ProofInvalid('it is too short');
  let hash1 = first;
  let hash2 = first;
  for (const sibling of rest) {
    if (last === 0) throw new ProofInvalid('it is too long');
    if (isOdd(node) || node === last) {
      hash1 = nodeHash(sibling, hash1);
      hash2 = nodeHash(sibling, hash2);
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      hash2 = nodeHash(hash2, sibling);
    }
    node = half(node);
    last = half(last);
  }
  if (last !== 0) throw new ProofInvalid('it is too short');
  if (!equal(hash1, root1)) throw new ProofInvalid('it leads to another old root');
  if (!equal(hash2, root2)) throw new ProofInvalid('it leads to another new root');
}

// Not `>>` and `&`: those cut at 32 bits, and a forger may choose the sizes.
const half = (n: number): number => Math.floor(n / 2);
const isOdd = (n: number): boolean => n % 2 === 1;

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function requireCount(n: number, what: string): void {
  if (!Number.isSafeInteger(n) || n < 0) throw new ProofInvalid(`${n} is no ${what}`);
}
