import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash, rootOf } from './merkle.ts';
import { entriesOf, entryBundle, hashesOf, parseTilePath, type Tile, TileBuilder, tilePath, tilesOf } from './tile.ts';

describe('names of tiles (C2SP tlog-tiles)', () => {
  it('are groups of three digits, as in the example of the format', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 2, index: 0, width: 17 })).toBe('tile/2/000.p/17');
    expect(tilePath({ level: 'entries', index: 999, width: 256 })).toBe('tile/entries/999');
  });

  it('are read back as they were written', () => {
    const tiles = fc.record({
      level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const)),
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(tiles, (tile) => {
        expect(parseTilePath(tilePath(tile))).toEqual(tile);
      }),
    );
  });

  it.each([
    'tile/64/000',
    'tile/00/000',
    'tile/0/x000/000',
    'tile/0/000.p/256',
    'tile/0/000.p/0',
    'tile/0/1',
    'tile/0/x001',
    '/tile/0/000',
    'tile/0/../000',
  ])('are refused when written otherwise: %s', (path) => expect(() => parseTilePath(path)).toThrow(/is no tile/));
});

describe('tiles', () => {
  it('of a tree of 70,000 are those the format counts', () => {
    const tiles = [...tilesOf(70_000)];
    const count = (level: number, full: boolean): number =>
      tiles.filter((tile) => tile.level === level && (tile.width === 256) === full).length;
    expect([count(0, true), count(0, false), count(1, true), count(1, false), count(2, false)]).toEqual([273, 1, 1, 1, 1]);
    expect(tiles.filter(({ width }) => width < 256).map(({ width }) => width)).toEqual([112, 17, 1]);
    expect([...tilesOf(256)].map(tilePath)).toEqual(['tile/0/000', 'tile/1/000.p/1']);
    expect([...tilesOf(0)]).toEqual([]);
  });

  it('that a builder gives are those of the tree, and those above are roots of those below', () => {
    const leaves = Array.from({ length: 66_000 }, (_, i) => leafHash(Buffer.of(i >> 16, i >> 8, i)));
    const builder = new TileBuilder();
    const made = [...leaves.flatMap((leaf) => builder.add(leaf)), ...builder.rest()];
    const name = (tile: Tile): string => tilePath(tile);
    expect(made.map(({ tile }) => name(tile)).toSorted()).toEqual([...tilesOf(leaves.length)].map(name).toSorted());
    const upper = made.find(({ tile }) => name(tile) === 'tile/1/000');
    expect(hashesOf(upper?.bytes ?? Buffer.alloc(0), 256)[3]).toEqual(rootOf(leaves.slice(3 * 256, 4 * 256)));
    expect(() => hashesOf(Buffer.alloc(33), 1)).toThrow(/has 33 bytes/);
  });
});

describe('entry bundles', () => {
  it('give back the entries they were made of, and are refused when they end within one', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 20 }), (entries) => {
        const bundle = entryBundle(entries);
        expect(entriesOf(bundle).map((one) => Buffer.from(one))).toEqual(entries.map((one) => Buffer.from(one)));
        if (bundle.length > 0 && entries.at(-1)?.length !== 0) expect(() => entriesOf(bundle.subarray(0, -1))).toThrow(/ends within/);
      }),
    );
    expect(() => entriesOf(Buffer.of(0))).toThrow(/ends within/);
    expect(() => entryBundle([Buffer.alloc(65_536)])).toThrow(/does not fit/);
  });
});
