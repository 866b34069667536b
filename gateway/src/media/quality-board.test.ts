/** Alarms over bad sound, and the figures monitoring reads, by values. */
import { describe, expect, it } from 'vitest';
import { edgeMetrics } from './edge-metrics.ts';
import { QualityBoard } from './quality-board.ts';

const sample = (mos: number) => ({ packets: 490, lost: 10, jitterMs: 2, roundTripMs: null, mos });
function board(mosAlarm = 3) {
  const alarms: string[] = [];
  const made = new QualityBoard({ mosAlarm, onAlarm: ({ code, message }) => alarms.push(`${code} ${message}`) });
  return { alarms, made, hear: (...scores: number[]) => scores.forEach((mos) => made.take('leg-1', sample(mos))) };
}

describe('an alarm', () => {
  it.each([
    ['one bad sample', [4, 2, 4], 0, 0],
    ['two bad samples in a row', [4, 2, 2], 1, 1],
    ['sound that stays bad', [2, 2, 2, 2, 2], 1, 1],
    ['good sound that did not last', [2, 2, 4, 4, 2], 1, 1],
    ['sound just above the threshold', [2, 2, 3.1, 3.1, 3.1], 1, 1],
    ['three good samples', [2, 2, 3.3, 3.3, 3.3], 1, 0],
    ['bad sound again after that', [2, 2, 4, 4, 4, 2, 2], 2, 1],
  ])('by %s: %j raises %d, %d stand at the end', (_name, scores, raised, standing) => {
    const { alarms, made, hear } = board();
    hear(...scores);
    expect(alarms).toHaveLength(raised);
    expect(made.alarms).toBe(standing);
    if (raised > 0) expect(alarms[0]).toMatch(/^VOICE_QUALITY_LOW .*leg-1.* 2/);
  });

  it('is never raised at a threshold of 0, and ends with its leg', () => {
    const off = board(0);
    off.hear(1, 1, 1);
    expect(off.alarms).toEqual([]);
    const on = board();
    on.hear(1, 1);
    on.made.forget('leg-1');
    expect(on.made.alarms).toBe(0);
  });
});

describe('the metrics', () => {
  it('are text that Prometheus reads, the histogram cumulative', () => {
    const { made, hear } = board();
    hear(1.2, 2.8, 4.4);
    const counters = {
      calls: 1,
      legs: 2,
      received: 3,
      sent: 4,
      foreign: 5,
      malformed: 6,
      unexpectedType: 7,
      unauthentic: 8,
      replayed: 9,
      sendFailed: 10,
    };
    const text = edgeMetrics({ counters, quality: made.figures(), latenessMs: [3, 0] });
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]+"\})? [0-9.]+)$/);
    expect(text.endsWith('\n')).toBe(true);
    expect([...text.matchAll(/keepline_mos_bucket\{le="[^"]+"\} (\d+)/g)].map(([, count]) => Number(count))).toEqual([
      1, 1, 1, 2, 2, 2, 2, 3, 3,
    ]);
    expect(text).toContain('keepline_mos_sum 8.4\nkeepline_mos_count 3\n');
    expect(text).toContain('keepline_rtp_dropped_total{why="unauthentic"} 8\n');
    expect(text).toContain('keepline_rtp_lost_total 30\n');
    expect(text).toContain('keepline_edge_lateness_ms{thread="0"} 3\n');
  });
});
