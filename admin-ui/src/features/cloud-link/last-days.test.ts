import { describe, expect, it } from 'vitest';
import { lastDays } from './last-days.ts';

describe('the last days of the ledger', () => {
  it('end today in China, not where the browser is', () => {
    expect(lastDays(1, Date.UTC(2026, 10, 22, 15, 59))).toEqual({ from: '2026-11-22', to: '2026-11-22' });
    expect(lastDays(1, Date.UTC(2026, 10, 22, 16, 0))).toEqual({ from: '2026-11-23', to: '2026-11-23' });
    expect(lastDays(30, Date.UTC(2026, 2, 1, 3))).toEqual({ from: '2026-01-31', to: '2026-03-01' });
  });
});
