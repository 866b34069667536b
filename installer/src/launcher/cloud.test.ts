import { describe, expect, it } from 'vitest';
import type { Reconciliation } from '../up/control-client.ts';
import { reconciliationText } from './cloud.ts';

const found: Reconciliation = {
  verdict: 'balanced',
  counts: { produced: 10, delivered: 7, expired: 1, quarantined: 1, waiting: 1 },
  unaccounted: 0,
  stream: 7,
  difference: 0,
};

describe('cloud reconcile', () => {
  it('shows every column and both ends', () => {
    const text = reconciliationText(found);
    for (const part of ['produced     10', 'delivered    7   (the stream holds 7)', 'quarantined  1', 'both ends agree'])
      expect(text).toContain(part);
  });

  it('says by how much the ends differ, and what to read', () => {
    const text = reconciliationText({ ...found, verdict: 'unbalanced', stream: 5, difference: -2 });
    expect(text).toContain('NOT balanced: 0 unaccounted for here, -2 between the ends (docs/runbook/link-down.md)');
  });

  it('does not call one end alone balanced', () => {
    expect(reconciliationText({ ...found, verdict: 'one_sided', stream: null, difference: null })).toContain(
      'the cloud cannot be asked now',
    );
  });
});
