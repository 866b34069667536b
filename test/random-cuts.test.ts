/**
 * The short form of `scripts/random-cuts.ts`: cuts of every kind in the order of a seed, under calls, with short heartbeats. The hour runs by hand.
 */
import { randomCuts } from '@keepline/testkit/random-cuts';
import { whyNoNamespaces } from '@keepline/testkit/namespaces';
import { describe, expect, it } from 'vitest';

const cannot = whyNoNamespaces();

it.runIf(cannot !== undefined && process.env['CI'] !== undefined)('packets can be dropped in CI', () => {
  expect.fail(cannot);
});

describe.skipIf(cannot !== undefined)(`random cuts under calls${cannot === undefined ? '' : ` (${cannot})`}`, () => {
  it('lose no call and no event, whatever the order', { timeout: 300_000 }, async () => {
    const seed = Number(process.env['KEEPLINE_SEED'] ?? 20_261_123);
    const figures = await randomCuts({ lastsMs: 35_000, seed, callers: 2, outageMs: [1500, 3500], pauseMs: [500, 1500], heartbeatMs: 300 });
    const { calls, reconciliation } = figures;
    expect(calls).toEqual({ placed: calls.placed, ended: calls.placed, completed: calls.placed, unrouted: 0 });
    expect(calls.placed).toBeGreaterThan(5);
    const { produced, delivered, expired, quarantined, waiting } = reconciliation.counts;
    expect({ expired, quarantined, waiting, delivered, stream: reconciliation.stream }).toEqual({
      ...{ expired: 0, quarantined: 0, waiting: 0, delivered: produced, stream: produced },
    });
    // One silence is misses + 1.5 heartbeats; a machine that is busy may look late, the bound of 5 s holds even then.
    expect(figures.longestSilenceMs).toBeLessThanOrEqual(5000);
    expect(figures).toMatchObject({ exact: true });
  });
});
