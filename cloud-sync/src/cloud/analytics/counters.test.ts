import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { madeEvent } from '../../testing/made-event.ts';
import { answerOf, type Arrival, count, type Counters, NO_COUNTERS } from './counters.ts';

function fold(arrivals: readonly Partial<Arrival>[]): Counters {
  return arrivals.reduce<Counters>(
    (counters, arrival, i) => count(counters, { streamSeq: i + 1, event: undefined, previousId: undefined, seenBefore: false, ...arrival }),
    NO_COUNTERS,
  );
}
const connected = (waitMs: number) => ({ event: madeEvent(1, 'call.connected', { waitMs }) });
const abandoned = (waitMs: number) => ({ event: madeEvent(1, 'call.ended', { verdict: 'abandoned_in_queue', waitMs }) });

describe('counters', () => {
  it('service level: (answered + abandoned within 20 s) / (all answered + all abandoned)', () => {
    const calls = [connected(5000), connected(20_000), connected(20_001), abandoned(1000), abandoned(30_000)];
    const { calls: figures } = answerOf('demo', fold(calls));
    expect(figures).toEqual({ offered: 0, answered: 3, abandoned: 2, serviceLevel: 3 / 5, averageWaitMs: 15_000 });
  });

  it('a figure without calls behind it is unknown, not zero', () => {
    expect(answerOf('demo', NO_COUNTERS).calls).toMatchObject({ serviceLevel: null, averageWaitMs: null });
  });

  it('a call that ended otherwise is neither answered nor abandoned', () => {
    const counters = fold([
      { event: madeEvent(1, 'call.ended', { verdict: 'abandoned_in_ivr' }) },
      { event: madeEvent(2, 'call.offered') },
    ]);
    expect(answerOf('demo', counters).calls).toMatchObject({ offered: 1, answered: 0, abandoned: 0 });
  });

  it('sees gaps of the stream, breaks of the chain of the site, duplicates and foreign messages', () => {
    const [a, b, c] = [madeEvent(1), madeEvent(2), madeEvent(3)];
    const counters = fold([
      { streamSeq: 1, event: a, previousId: '' },
      { streamSeq: 2, event: b, previousId: a.id },
      { streamSeq: 3, event: b, previousId: a.id, seenBefore: true },
      { streamSeq: 4 },
      { streamSeq: 7, event: c, previousId: 'evt-of-a-lost-one' },
    ]);
    expect(answerOf('demo', counters)).toMatchObject({
      events: 3,
      duplicates: 1,
      invalid: 1,
      gaps: { stream: 2, site: 1 },
      streamSeq: 7,
      lastEventId: c.id,
      byType: { 'call.held': 3 },
    });
  });

  it('law: a message delivered again, at any later time, changes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('call.offered', 'call.connected', 'call.ended'), { minLength: 1, maxLength: 30 }),
        fc.nat(),
        (types, pick) => {
          const arrivals: Arrival[] = types.map((type, i) => ({
            streamSeq: i + 1,
            event: madeEvent(i, type),
            previousId: undefined,
            seenBefore: false,
          }));
          const once = arrivals.reduce(count, NO_COUNTERS);
          const again = arrivals.slice(pick % arrivals.length).reduce(count, once);
          expect(again).toEqual(once);
        },
      ),
    );
  });
});
