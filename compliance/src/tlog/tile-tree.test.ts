import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inclusionRanges, consistencyRanges } from './proof.ts';
import { rangeRoot } from './range-root.ts';
import { type Tile, TILE_WIDTH, TileBuilder } from './tile.ts';
import { partialTiles, TileTree } from './tile-tree.ts';
import { Frontier, leafHash, rootOf } from './tree-hash.ts';

const leaves = Array.from({ length: 70_000 }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));

it('has the root of RFC 6962 at every size, and gives out the tiles of a plain build', () => {
  const tree = new TileTree();
  const frontier = new Frontier();
  const builder = new TileBuilder();
  for (const [i, leaf] of leaves.entries()) {
    tree.add(leaf);
    frontier.add(leaf);
    const plain = builder.add(leaf);
    if (plain.length > 0) expect(tree.takeFull()).toEqual(plain);
    if (i < 1000 || i % 997 === 0 || (i > 65_500 && i < 65_600)) expect(tree.root()).toEqual(frontier.root());
  }
  expect(tree.size).toBe(leaves.length);
});

it('is taken up again at any size from its partial tiles', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: leaves.length - 300 }), (size) => {
      const whole = leaves.slice(0, size);
      const rows = [...partialTiles(size)].map(({ level, index, width }) => {
        const covers = TILE_WIDTH ** level;
        return Array.from({ length: width }, (_, i) => {
          const from = (index * TILE_WIDTH + i) * covers;
          return rootOf(whole.slice(from, from + covers));
        });
      });
      const tree = TileTree.of(size, rows);
      for (const leaf of leaves.slice(size, size + 300)) tree.add(leaf);
      expect(tree.root()).toEqual(rootOf(leaves.slice(0, size + 300)));
      expect(tree.takeFull().every(({ tile }: { tile: Tile }) => tile.width === TILE_WIDTH)).toBe(true);
    }),
    { numRuns: 6 },
  );
});

it('finds every hash of a proof with few nodes', async () => {
  let asked = 0;
  const nodeAt = (level: number, index: number): Promise<Uint8Array> => {
    asked++;
    return Promise.resolve(rootOf(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)));
  };
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3000 }), fc.nat(2999), async (size, some) => {
      asked = 0;
      const ranges = [...inclusionRanges(some % size, size), ...consistencyRanges((some % size) + 1, size)];
      for (const range of ranges) expect(await rangeRoot(range, nodeAt)).toEqual(rootOf(leaves.slice(range.from, range.to)));
      expect(asked).toBeLessThanOrEqual(4 * 12 * 2);
    }),
  );
});
