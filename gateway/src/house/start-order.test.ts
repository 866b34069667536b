/** What a gateway that waits takes for its order: one line, whole, and nothing else. */
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { ordered } from './start-order.ts';

it.each([
  [['serve\n'], true],
  [['ser', 've', '\n'], true],
  [['serve'], false],
  [[], false],
  [['\n'], false],
  [['stop\n'], false],
  [['serve\nserve\n'], false],
  [['x'.repeat(1000)], false],
])('%j: %s', async (pieces, served) => {
  expect(await ordered(Readable.from(pieces))).toBe(served);
});
