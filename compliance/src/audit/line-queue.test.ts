/** Lines in blocks against a plain list of them: the same bytes in the same order, each with the hash of its own bytes, whatever the batches. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { leafHash } from '../tlog/tree-hash.ts';
import { ENTRY_MAX_BYTES } from './entry.ts';
import { bytesOf, LINE_BLOCK_BYTES, LineQueue, sameBlock } from './line-queue.ts';

const line = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }).map((text) => text.replaceAll('\n', ' ')),
  fc.integer({ min: 1000, max: ENTRY_MAX_BYTES - 1 }).map((length) => 'x'.repeat(length)),
);

it('gives back what was added, in batches of one block each, and the leaf hash of each line', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 600 }), fc.integer({ min: 1, max: 700 }), (texts, most) => {
      const queue = new LineQueue();
      const waiting = texts.map((text) => queue.add(text));
      for (const [i, { hash, bytes }] of waiting.entries()) {
        const plain = Buffer.from(texts[i] ?? '');
        expect(bytes).toBe(plain.length + 1);
        expect(Buffer.compare(hash, leafHash(plain))).toBe(0);
      }
      const written: Uint8Array[] = [];
      while (waiting.length > 0) {
        const batch = waiting.splice(0, sameBlock(waiting, most));
        expect(batch.length).toBeGreaterThan(0);
        written.push(bytesOf(batch));
      }
      expect(Buffer.concat(written).equals(Buffer.from(texts.map((text) => `${text}\n`).join('')))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

it('never writes again into what was added, and begins a new block before one is full', () => {
  const queue = new LineQueue();
  const first = queue.add('first');
  const copy = Buffer.from(bytesOf([first]));
  let lines = 0;
  for (let last = first; last.block === first.block; lines++) last = queue.add('y'.repeat(ENTRY_MAX_BYTES - 1));
  expect(lines).toBeGreaterThan(LINE_BLOCK_BYTES / ENTRY_MAX_BYTES - 2);
  expect(copy.equals(bytesOf([first]))).toBe(true);
  expect([sameBlock([], 5), bytesOf([]).length]).toEqual([0, 0]);
});
