import { parseSite } from '@keepline/contracts/site-file';
import { describe, expect, it } from 'vitest';
import { TrunkTable } from './trunk-table.ts';

const table = (trunk: object): TrunkTable => new TrunkTable(parseSite({ sip: { trunks: [trunk] } }).sip.trunks);

describe('the trunk table', () => {
  it('knows a trunk by its networks and single addresses, and nobody else', () => {
    const trunks = table({ name: 'carrier', sources: ['192.0.2.0/24', '198.51.100.7'] });
    expect(trunks.of('192.0.2.200')?.name).toBe('carrier');
    expect(trunks.of('198.51.100.7')?.name).toBe('carrier');
    expect(trunks.of('198.51.100.8')).toBeUndefined();
    expect(trunks.of('::1')).toBeUndefined();
  });

  it('admits no more calls than the trunk may have, and again after one ended, however often it is released', () => {
    const trunk = table({ sources: ['192.0.2.1'], maxCalls: 1 }).of('192.0.2.1');
    const first = trunk?.admit(0);
    expect(trunk?.admit(0)).toEqual({ admitted: false, why: 'too_many_calls' });
    if (first?.admitted) {
      first.release();
      first.release();
    }
    expect(trunk?.admit(0)).toMatchObject({ admitted: true });
    expect(trunk?.admit(0)).toMatchObject({ admitted: false });
  });

  it('admits bursts up to one second of calls and then the rate, whatever the clock started at', () => {
    const trunk = table({ sources: ['192.0.2.1'], maxCalls: 1000, maxCallsPerSecond: 10 }).of('192.0.2.1');
    const admitted = (nowMs: number): number => Array.from({ length: 50 }, () => trunk?.admit(nowMs).admitted).filter(Boolean).length;
    expect(admitted(1_000_000)).toBe(10);
    expect(admitted(1_000_500)).toBe(5);
  });

  it('names the source that is no address', () => {
    expect(() => table({ sources: ['carrier.example'] })).toThrow(
      expect.objectContaining({ code: 'TRUNK_SOURCE_INVALID', offending: 'carrier.example' }),
    );
  });
});
