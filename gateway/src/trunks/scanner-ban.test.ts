import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScannerBan } from './scanner-ban.ts';
import { SourceRate } from './source-rate.ts';

const RULES = { refusals: 3, withinMs: 1000, forMs: 10_000 };

describe('the ban of scanners', () => {
  it('falls at the third refusal in time, is told once, and ends', () => {
    const ban = new ScannerBan(RULES);
    expect([0, 10, 20, 30].map((nowMs) => ban.refused('198.51.100.7', nowMs))).toEqual([false, false, true, false]);
    expect(ban.isBanned('198.51.100.7', 10_019)).toBe(true);
    expect(ban.isBanned('198.51.100.7', 10_020)).toBe(false);
    expect(ban.isBanned('198.51.100.8', 30)).toBe(false);
  });

  it('spares whoever errs slowly', () => {
    const ban = new ScannerBan(RULES);
    for (let nowMs = 0; nowMs < 100_000; nowMs += 600) expect(ban.refused('198.51.100.7', nowMs)).toBe(false);
  });

  it('takes an IPv6 network for one source', () => {
    const ban = new ScannerBan(RULES);
    for (let i = 0; i < 3; i++) ban.refused(`2001:db8:0:1::${i + 1}`, i);
    expect(ban.isBanned('2001:db8:0:1:abcd::9', 5)).toBe(true);
    expect(ban.isBanned('2001:db8:0:2::1', 5)).toBe(false);
  });

  it('remembers no more sources than its bound, whatever comes', () => {
    const ban = new ScannerBan(RULES, 100);
    const rate = new SourceRate(5, 100);
    fc.assert(
      fc.property(fc.array(fc.ipV4(), { maxLength: 500 }), (addresses) => {
        for (const [nowMs, address] of addresses.entries()) {
          ban.refused(address, nowMs);
          rate.take(address, nowMs);
        }
        expect(Math.max(ban.size, rate.size)).toBeLessThanOrEqual(100);
      }),
    );
  });
});

describe('the rate of a source', () => {
  it('is two seconds of calls at once, then the rate, apart from other sources', () => {
    const rate = new SourceRate(5);
    const taken = (address: string, nowMs: number): number =>
      Array.from({ length: 50 }, () => rate.take(address, nowMs)).filter(Boolean).length;
    expect(taken('a', 0)).toBe(10);
    expect(taken('b', 0)).toBe(10);
    expect(taken('a', 1000)).toBe(5);
  });
});
