import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PORT_REST_MS, PortPool } from './port-pool.ts';

describe('ports for RTP', () => {
  it('are even with their successor in the range too', () => {
    const ports = new PortPool(101, 106);
    expect([ports.take(0), ports.take(0), ports.take(0)]).toEqual([102, 104, undefined]);
    expect(new PortPool(101, 102).take(0)).toBeUndefined();
  });

  it('rest a while after use, or late packets of one call would reach the next', () => {
    const ports = new PortPool(100, 101);
    expect(ports.take(0)).toBe(100);
    ports.giveBack(100, 10);
    expect(ports.take(10 + PORT_REST_MS - 1)).toBeUndefined();
    expect(ports.take(10 + PORT_REST_MS)).toBe(100);
  });

  it('are never held twice, and all come back', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ take: fc.boolean(), waitMs: fc.nat(4000) }), { maxLength: 200 }), (steps) => {
        const ports = new PortPool(100, 111);
        const held: number[] = [];
        let nowMs = 0;
        for (const { take, waitMs } of steps) {
          nowMs += waitMs;
          const port = take ? ports.take(nowMs) : undefined;
          if (port !== undefined) {
            expect(held).not.toContain(port);
            held.push(port);
          } else if (!take && held.length > 0) {
            ports.giveBack(held.shift() ?? 0, nowMs);
          }
          expect(ports.inUse).toBe(held.length);
        }
        for (const port of held) ports.giveBack(port, nowMs);
        nowMs += PORT_REST_MS;
        expect(Array.from({ length: 6 }, () => ports.take(nowMs) ?? 0).toSorted((a, b) => a - b)).toEqual([100, 102, 104, 106, 108, 110]);
      }),
    );
  });

  it('given back twice, or never taken, are no extra ports', () => {
    const ports = new PortPool(100, 101);
    ports.giveBack(100, 0);
    ports.giveBack(500, 0);
    expect(ports.take(PORT_REST_MS)).toBe(100);
    expect(ports.take(PORT_REST_MS)).toBeUndefined();
  });
});
