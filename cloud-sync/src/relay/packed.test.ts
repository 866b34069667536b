import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PACK_FROM_BYTES, packed } from './packed.ts';

it('packs what is long, for those who unpack it, and gives back every character', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 200 }),
      fc.boolean(),
      (unit, times, zstd) => {
        const text = unit.repeat(times);
        const { body, encoding } = packed(text, zstd);
        if (encoding === undefined) {
          expect(body).toBe(text);
          return;
        }
        expect(zstd && text.length >= PACK_FROM_BYTES).toBe(true);
        expect(body.length).toBeLessThan(Buffer.byteLength(text));
        expect(zstdDecompressSync(body).toString()).toBe(text);
      },
    ),
  );
});

it('leaves short events, random ones and those for an older cloud as they are', () => {
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(2000)))
    .toString('latin1')
    .replaceAll(/[^ -~]/g, '');
  for (const [text, zstd] of [
    ['x'.repeat(PACK_FROM_BYTES - 1), true],
    ['x'.repeat(5000), false],
  ] as const)
    expect(packed(text, zstd)).toEqual({ body: text });
  expect(packed('x'.repeat(PACK_FROM_BYTES), true).encoding).toBe('zstd');
  expect(packed(random.slice(0, 100), true)).toEqual({ body: random.slice(0, 100) });
});
