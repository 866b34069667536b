/**
 * The hashes of RFC 6962 §2.1 over SHA-256 and the frontier that lets an appender know its root without the leaves. A hash is 32 bytes.
 */
import { hash as digest } from 'node:crypto';
import { types } from 'node:util';
import { ProofInvalid } from './errors.ts';

export const HASH_BYTES = 32;
const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** Used again by every leaf that fits, and by every node: the hash is taken before anything else can run. */
const leafInput = Buffer.alloc(8192, LEAF_PREFIX);
const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX);

/** SHA-256 of nothing: the root of the empty tree. */
export function emptyRoot(): Uint8Array {
  return sha256(Buffer.alloc(0));
}

/** MTH({d}) = SHA-256(0x00 || d). @throws ProofInvalid when that is no bytes */
export function leafHash(bytes: Uint8Array): Uint8Array {
  requireBytes(bytes, 'leaf');
  const input = bytes.length < leafInput.length ? leafInput : Buffer.alloc(1 + bytes.length, LEAF_PREFIX);
  input.set(bytes, 1);
  return sha256(input.subarray(0, 1 + bytes.length));
}

/** MTH({d}) of the UTF-8 bytes of a text, without a view of them. @param text no lone surrogates: they have no UTF-8 */
export function textLeafHash(text: string): Uint8Array {
  return sha256(`\0${text}`);
}

/** SHA-256(0x01 || l || r); the prefix keeps a node from passing as a leaf. @throws ProofInvalid when a child is not 32 bytes */
export function nodeHash(l: Uint8Array, r: Uint8Array): Uint8Array {
  requireHash(l, 'left');
  requireHash(r, 'right');
  nodeInput.set(l, 1);
  nodeInput.set(r, 1 + HASH_BYTES);
  return sha256(nodeInput);
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

  /** Takes a tree up again. @param peaks as `peaks` gave them @throws ProofInvalid when a tree of `size` has not so many */
  static of(size: number, peaks: readonly Uint8Array[]): Frontier {
    const subtrees = Number.isSafeInteger(size) && size >= 0 ? size.toString(2).replaceAll('0', '').length : Number.NaN;
    if (peaks.length !== subtrees) throw new ProofInvalid(`a tree of ${size} is not made of ${peaks.length} complete subtrees`);
    const frontier = new Frontier();
    for (const peak of peaks) requireHash(peak, 'subtree');
    frontier.#size = size;
    frontier.#peaks.push(...peaks);
    return frontier;
  }

  get size(): number {
    return this.#size;
  }

  /** Roots of the complete subtrees, from left to right. */
  get peaks(): readonly Uint8Array[] {
    return this.#peaks;
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

/** Callers may be plain JavaScript: a text of 32 characters must not pass as a hash. @throws ProofInvalid */
export function requireHash(hash: unknown, what: string): void {
  if (!types.isUint8Array(hash)) throw new ProofInvalid(`a ${what} hash is no bytes`);
  if (hash.length !== HASH_BYTES) throw new ProofInvalid(`a ${what} hash has ${hash.length} bytes`);
}

/** @throws ProofInvalid */
export function requireBytes(bytes: unknown, what: string): void {
  if (!types.isUint8Array(bytes)) throw new ProofInvalid(`a ${what} is no bytes`);
}

/**
 * One call into the hash, where createHash needs four: the log hashes twice per entry. The result comes as a text of one byte per character, which
 * Node makes at a third of the cost of a buffer of its own.
 */
function sha256(bytes: Uint8Array | string): Uint8Array {
  return Buffer.from(digest('sha256', bytes, 'binary'), 'latin1');
}
