/**
 * The hashes of RFC 6962 §2.1 over SHA-256 and the frontier that lets an appender know its root without the leaves. A hash is 32 bytes.
 */
import { createHash } from 'node:crypto';
import { ProofInvalid } from './errors.ts';

export const HASH_BYTES = 32;
const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

/** SHA-256 of nothing: the root of the empty tree. */
export function emptyRoot(): Uint8Array {
  return createHash('sha256').digest();
}

/** MTH({d}) = SHA-256(0x00 || d). */
export function leafHash(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(LEAF_PREFIX).update(bytes).digest();
}

/** SHA-256(0x01 || l || r); the prefix keeps a node from passing as a leaf. */
export function nodeHash(l: Uint8Array, r: Uint8Array): Uint8Array {
  return createHash('sha256').update(NODE_PREFIX).update(l).update(r).digest();
}

/** Root over leaf hashes, MTH(D[n]). */
export function rootOf(leafHashes: readonly Uint8Array[]): Uint8Array {
  const frontier = new Frontier();
  for (const hash of leafHashes) frontier.add(hash);
  return frontier.root();
}

/** The roots of the complete subtrees from left to right: all an appender must remember, at most 53 hashes. */
export class Frontier {
  #size = 0;
  readonly #peaks: Uint8Array[] = [];

  get size(): number {
    return this.#size;
  }

  add(leaf: Uint8Array): void {
    requireHash(leaf, 'leaf');
    let hash = leaf;
    // Each trailing 1-bit of the size is a complete subtree that the new leaf pairs up with.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = this.#peaks.pop();
      if (left) hash = nodeHash(left, hash);
    }
    this.#peaks.push(hash);
    this.#size++;
  }

  root(): Uint8Array {
    return (
      this.#peaks.reduceRight<Uint8Array | undefined>((right, left) => (right ? nodeHash(left, right) : left), undefined) ?? emptyRoot()
    );
  }
}

/** @throws ProofInvalid */
export function requireHash(hash: Uint8Array, what: string): void {
  if (hash.length !== HASH_BYTES) throw new ProofInvalid(`a ${what} hash has ${hash.length} bytes`);
}
