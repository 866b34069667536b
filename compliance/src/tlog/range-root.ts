/**
 * Roots of ranges of leaves from single nodes of the tree, pure but for the asking: O(log n) nodes for any range a proof names, where the
 * leaves would be n. A node at `level` covers 2^level leaves.
 */
import type { LeafRange } from './proof.ts';
import { nodeHash } from './tree-hash.ts';

/** Root of the complete subtree over leaves `index * 2^level` up to before `(index + 1) * 2^level`. */
export type NodeAt = (level: number, index: number) => Promise<Uint8Array>;

/** @param range as `inclusionRanges` and `consistencyRanges` give them: its start is a multiple of the power of two that holds it */
export async function rangeRoot({ from, to }: LeafRange, nodeAt: NodeAt): Promise<Uint8Array> {
  const count = to - from;
  let [level, width] = [0, 1];
  while (width * 2 <= count) [level, width] = [level + 1, width * 2];
  const left = await nodeAt(level, from / width);
  return width === count ? left : nodeHash(left, await rangeRoot({ from: from + width, to }, nodeAt));
}
