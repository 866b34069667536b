import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { madeEvent } from '../../testing/made-event.ts';
import { answerOf, type Arrival, NO_TALLY, type Tally, tallied } from './tally.ts';

function fold(arrivals: readonly Partial<Arrival>[]): Tally {
  return arrivals.reduce<Tally>(
    (tally, arrival, i) => tallied(tally, { streamSeq: i + 1, event: undefined, as: arrival.event ? 'new' : 'invalid', ...arrival }),
    NO_TALLY,
  );
}
const connected = (waitMs: number) => ({ event: madeEvent(1, 'call.connected', { waitMs }) });
const abandoned = (waitMs: number) => ({ event: madeEvent(1, 'call.ended', { verdict: 'abandoned_in_queue', waitMs }) });

describe('tally', () => {
  it('service level: (answered + abandoned within 20 s) / (all answered + all abandoned)', () => {
    const calls = [connected(5000), connected(20_000), connected(20_001), abandoned(1000), abandoned(30_000)];
    const { calls: figures } = answerOf('demo', fold(calls));
    expect(figures).toEqual({ offered: 0, answered: 3, abandoned: 2, serviceLevel: 3 / 5, averageWaitMs: 15_000 });
  });

  it('a figure without calls behind it is unknown, not zero', () => {
    expect(answerOf('demo', NO_TALLY).calls).toMatchObject({ serviceLevel: null, averageWaitMs: null });
  });

  it('a call that ended otherwise is neither answered nor abandoned', () => {
    const tally = fold([{ event: madeEvent(1, 'call.ended', { verdict: 'abandoned_in_ivr' }) }, { event: madeEvent(2, 'call.offered') }]);
    expect(answerOf('demo', tally).calls).toMatchObject({ offered: 1, answered: 0, abandoned: 0 });
  });

  it('sees gaps of the stream, duplicates and foreign messages', () => {
    const [a, b, c] = [madeEvent(1), madeEvent(2), madeEvent(3)];
    const tally = fold([
      { streamSeq: 1, event: a },
      { streamSeq: 2, event: b },
      { streamSeq: 3, event: b, as: 'duplicate' },
      { streamSeq: 4 },
      { streamSeq: 7, event: c },
      { streamSeq: 2, event: b, as: 'again' },
    ]);
    expect(answerOf('demo', tally)).toMatchObject({
      events: 3,
      duplicates: 1,
      invalid: 1,
      gaps: { stream: 2, site: 0 },
      streamSeq: 7,
      lastEventId: c.id,
      byType: { 'call.held': 3 },
    });
  });

  it('law: the order of the messages does not matter', () => {
    const types = fc.array(fc.constantFrom('call.offered', 'call.connected', 'call.ended'), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(types, fc.infiniteStream(fc.nat()), (chosen, dice) => {
        const arrivals = chosen.map((type, i): Arrival => ({ streamSeq: i + 1, event: madeEvent(i, type), as: 'new' }));
        const shuffled = arrivals
          .map((arrival) => ({ arrival, at: dice.next().value ?? 0 }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ arrival }) => arrival);
        const key = (tally: Tally) => ({ ...tally, byType: new Map(Object.entries(tally.byType)) });
        expect(key(shuffled.reduce(tallied, NO_TALLY))).toEqual(key(arrivals.reduce(tallied, NO_TALLY)));
      }),
    );
  });
});
