import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSse, SSE_START } from './sse.ts';
import { TokenBudget, tokensOf } from './token-budget.ts';

describe('token budget', () => {
  it('fills again with the minute and the day, and gives back what was not used', () => {
    const budget = new TokenBudget({ perMinute: 100, perDay: 150 });
    const one = budget.reserve(100, 0);
    expect(budget.reserve(1, 59_999)).toBeUndefined();
    if (one) budget.settle(one, 30);
    expect(budget.spent()).toEqual({ minute: 30, day: 30 });
    expect(budget.reserve(70, 59_999)).toBeDefined();
    expect(budget.reserve(60, 60_000)).toBeUndefined(); // the day
    expect(budget.reserve(50, 60_000)).toBeDefined();
    expect(budget.reserve(1, 86_399_999)).toBeUndefined();
    expect(budget.reserve(100, 86_400_000)).toBeDefined();
  });

  it('a Chinese text is not taken for a cheap one', () => {
    expect(tokensOf('余额')).toBe(4);
    expect(tokensOf('balance')).toBe(4);
  });

  it('law: what is granted in one minute never exceeds its budget', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 60 })), { maxLength: 40 }), (requests) => {
        const budget = new TokenBudget({ perMinute: 100, perDay: 10_000 });
        for (const [most, used] of requests) {
          const reserved = budget.reserve(most, 0);
          expect(budget.spent().minute).toBeLessThanOrEqual(100);
          if (reserved) budget.settle(reserved, Math.min(used, most));
        }
      }),
    );
  });
});

describe('server-sent events', () => {
  it('law: the pieces a stream arrives in do not matter', () => {
    const stream = ': hello\r\ndata: one\r\n\r\ndata:two\ndata: lines\n\nevent: x\nid: 7\ndata: three\r\rdata: never ended';
    fc.assert(
      fc.property(fc.array(fc.nat({ max: stream.length }), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        let state = SSE_START;
        const events: string[] = [];
        for (let i = 1; i < places.length; i++) {
          const read = readSse(state, stream.slice(places[i - 1], places[i]));
          state = read.state;
          events.push(...read.events);
        }
        expect(events).toEqual(['one', 'two\nlines', 'three']);
      }),
    );
  });
});
