import { describe, expect, it } from 'vitest';
import { RelayBook, relayMetrics } from './relay-figures.ts';

describe('figures of the relay', () => {
  it('add up over its turns, keep the longest and the last, and hold nothing without a connection', () => {
    const book = new RelayBook();
    book.turned({ tookMs: 30, settled: 512, claimed: 1024 });
    book.turned({ tookMs: 10, settled: 100, claimed: 0 });
    book.answered(7);
    expect(book.figures()).toEqual({
      ...{ windowLimit: 0, inFlight: 0, unsettled: 0, staged: 0, answerMs: 7 },
      ...{ turns: 2, turnsMs: 40, settled: 612, claimed: 1024, longestTurnMs: 30, lastTurn: { tookMs: 10, settled: 100, claimed: 0 } },
    });
  });

  it('are text for Prometheus in seconds, each with its help and its kind', () => {
    const book = new RelayBook();
    book.turned({ tookMs: 1500, settled: 3, claimed: 4 });
    const lines = relayMetrics(book.figures({ windowLimit: 64, inFlight: 60, unsettled: 1, staged: 2 }))
      .trimEnd()
      .split('\n');
    const samples = lines.filter((line) => !line.startsWith('#'));
    expect(samples).toEqual([
      'keepline_relay_window_limit 64',
      'keepline_relay_in_flight 60',
      'keepline_relay_staged 2',
      'keepline_relay_answer_seconds 0',
      'keepline_relay_turns_total 1',
      'keepline_relay_turn_seconds_total 1.5',
      'keepline_relay_turn_longest_seconds 1.5',
      'keepline_relay_settled_events_total 3',
    ]);
    expect(lines).toHaveLength(samples.length * 3);
  });
});
