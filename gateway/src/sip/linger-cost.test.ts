/** What a finished call holds for the 32 s of its transactions, which bounds the memory of a busy trunk. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { lingerCost } from '../../fixtures/sip/linger-cost.ts';

it('a finished call keeps at most 9 KB while its transactions wait for retransmissions', async () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  const { heap, buffers } = await lingerCost(2000, () => void (typeof collect === 'function' && collect()));
  expect(heap + buffers).toBeLessThan(9_000);
});
