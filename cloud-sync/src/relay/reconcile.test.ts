import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Counts } from '../outbox/counts.ts';
import { reconcile, unaccounted } from './reconcile.ts';

const counts = (more: Partial<Counts> = {}): Counts => ({
  produced: 10,
  delivered: 7,
  expired: 1,
  quarantined: 1,
  waiting: 1,
  ledger: more.delivered ?? 7,
  oldestMs: 5,
  ...more,
});

describe('the egress ledger', () => {
  it('is balanced when every event is in exactly one column', () => {
    expect(unaccounted(counts())).toBe(0);
    expect(unaccounted(counts({ delivered: 6 }))).toBe(1);
    expect(unaccounted(counts({ delivered: 8 }))).toBe(-1);
  });

  it('is not balanced when the days of the ledger add up to something else', () => {
    expect(unaccounted(counts({ ledger: 5 }))).toBe(2);
    expect(reconcile(counts(), 7, counts({ ledger: 8 }))).toMatchObject({ verdict: 'unbalanced', unaccounted: -1 });
  });

  it('agrees with a stream that holds what was delivered, and with one that already holds what is on its way', () => {
    expect(reconcile(counts(), 7, counts())).toMatchObject({ verdict: 'balanced', difference: 0 });
    expect(reconcile(counts(), 8, counts())).toMatchObject({ verdict: 'balanced', difference: 0 });
  });

  it('names how many events the stream has lost or has from elsewhere', () => {
    expect(reconcile(counts(), 5, counts())).toMatchObject({ verdict: 'unbalanced', difference: -2 });
    expect(reconcile(counts(), 12, counts())).toMatchObject({ verdict: 'unbalanced', difference: 4 });
  });

  it('says that it knows one end only while the cloud is away, and still finds a fault of its own', () => {
    expect(reconcile(counts(), null, counts())).toMatchObject({ verdict: 'one_sided', stream: null });
    expect(reconcile(counts(), null, counts({ produced: 11 }))).toMatchObject({ verdict: 'unbalanced', unaccounted: 1 });
  });

  it('is never disturbed by events that go on meanwhile', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(100), fc.nat(100), fc.nat(100), (delivered, acknowledged, sent, appended) => {
        const before = { ...counts(), delivered, waiting: 300, produced: delivered + 302 };
        const after = {
          ...before,
          delivered: delivered + acknowledged,
          ledger: delivered + acknowledged,
          waiting: 300 - acknowledged + appended,
          produced: before.produced + appended,
        };
        const stream = delivered + Math.max(acknowledged, sent);
        expect(reconcile(before, stream, after).verdict).toBe('balanced');
      }),
    );
  });
});
