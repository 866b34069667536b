/**
 * The door of the Merkle log, and the checks of inclusion and consistency proofs of RFC 6962 §2.1 (by the algorithms of RFC 9162
 * §2.1.3.2 and §2.1.4.2, which verify the same trees). Hashes are 32 bytes; indexes and sizes are from 0 to 2^53 - 1, as number or bigint.
 */
import { ProofInvalid } from './errors.ts';
import { emptyRoot, nodeHash, requireBytes, requireHash } from './tree-hash.ts';

export { ProofInvalid } from './errors.ts';
export { consistencyProof, inclusionProof } from './proof.ts';
export { emptyRoot, Frontier, HASH_BYTES, leafHash, nodeHash, rootOf } from './tree-hash.ts';

/** An index or a size. A bigint is taken because 64-bit counts of other tools are read as such; beyond 2^53 - 1 it is refused like any other. */
export type Count = number | bigint;
/** No tree of fewer than 2^53 entries has a longer path, one more for the first node of a consistency proof. */
const PROOF_MAX_HASHES = 54;

/** Checks that the leaf is entry `index` of the tree of `size` with this root. @throws ProofInvalid */
export function verifyInclusion(index: Count, size: Count, leaf: Uint8Array, proof: readonly Uint8Array[], root: Uint8Array): void {
  let node = countOf(index, 'index');
  let last = countOf(size, 'size') - 1;
  if (node > last) throw new ProofInvalid(`there is no entry ${index} in a tree of ${size}`);
  requireHash(leaf, 'leaf');
  requireHash(root, 'root');
  requirePath(proof);
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
export function verifyConsistency(size1: Count, size2: Count, proof: readonly Uint8Array[], root1: Uint8Array, root2: Uint8Array): void {
  let node = countOf(size1, 'size') - 1;
  let last = countOf(size2, 'size') - 1;
  if (node > last) throw new ProofInvalid(`a tree of ${size1} cannot have grown to ${size2}`);
  requirePath(proof);
  if (node === last) {
    if (proof.length > 0) throw new ProofInvalid('equal sizes need no proof');
    // Whatever the roots are, they are only compared here: the published vectors take equal ones of any length.
    requireBytes(root1, 'root');
    requireBytes(root2, 'root');
    if (!equal(root1, root2)) throw new ProofInvalid('two roots for one size');
    if (node === -1 && !equal(root1, emptyRoot())) throw new ProofInvalid('that is not the root of the empty tree');
    return;
  }
  if (node === -1) throw new ProofInvalid('nothing can be proven from the empty tree');
  requireHash(root1, 'root');
  requireHash(root2, 'root');
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

/** Beyond 2^53 - 1 arithmetic on numbers is no longer exact, and a forger would choose such a size. */
function countOf(n: Count, what: string): number {
  const count = typeof n === 'bigint' ? Number(n) : n;
  if (!Number.isSafeInteger(count) || count < 0) throw new ProofInvalid(`${n} is no ${what}`);
  return count;
}

function requirePath(proof: readonly Uint8Array[]): void {
  if (!Array.isArray(proof)) throw new ProofInvalid('it is no list of hashes');
  if (proof.length > PROOF_MAX_HASHES) throw new ProofInvalid('it is too long');
  for (const hash of proof) requireHash(hash, 'proof'); // a gap in the list comes as undefined and is refused too
}
