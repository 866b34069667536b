/** Alarms over bad sound, and the figures monitoring reads, by values. */
import { describe, expect, it } from 'vitest';
import { edgeMetrics } from './edge-metrics.ts';
import { QualityBoard } from './quality-board.ts';

const sample = (mos: number) => ({ packets: 490, lost: 10, jitterMs: 2, roundTripMs: null, mos });
function board(mosAlarm = 3) {
  const alarms: string[] = [];
  const made = new QualityBoard({ mosAlarm, onAlarm: ({ code, message }) => alarms.push(`${code} ${message}`) });
  return { alarms, made, hear: (...scores: number[]) => scores.forEach((mos) => made.take({ id: 'leg-1', role: 'caller' }, sample(mos))) };
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

const COUNTERS = {
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

describe('the metrics', () => {
  it('are text that Prometheus reads, the histogram cumulative', () => {
    const { made, hear } = board();
    hear(1.2, 2.8, 4.4);
    made.take({ id: 'leg-2', role: 'agent' }, { ...sample(4.2), jitterMs: 12.5, roundTripMs: 310 });
    const text = edgeMetrics({ counters: COUNTERS, quality: made.figures(), latenessMs: [3, 0] });
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]+"(,le="[^"]+")?\})? [0-9.]+)$/);
    expect(text.endsWith('\n')).toBe(true);
    expect([...text.matchAll(/keepline_mos_bucket\{leg="caller",le="[^"]+"\} (\d+)/g)].map(([, count]) => Number(count))).toEqual([
      1, 1, 1, 2, 2, 2, 2, 3, 3,
    ]);
    expect(text).toContain('keepline_mos_sum{leg="caller"} 8.4\nkeepline_mos_count{leg="caller"} 3\n');
    expect(text).toContain('keepline_rtp_dropped_total{why="unauthentic"} 8\n');
    expect(text).toContain('keepline_rtp_lost_total 40\n');
    expect(text).toContain('keepline_edge_lateness_ms{thread="0"} 3\n');
  });

  it('tell jitter and round trip by the kind of leg, and no round trip of a far end that never reports', () => {
    const { made, hear } = board();
    hear(4.2);
    made.take({ id: 'leg-2', role: 'agent' }, { ...sample(4.2), jitterMs: 12.5, roundTripMs: 310 });
    const rows = edgeMetrics({ counters: COUNTERS, quality: made.figures(), latenessMs: [] }).split('\n');
    const bucket = (name: string, leg: string): string[] =>
      rows.filter((row) => row.startsWith(`keepline_rtp_${name}_bucket{leg="${leg}"`));
    const firstOf = (name: string, leg: string): string | undefined => bucket(name, leg).find((row) => row.endsWith(' 1'));
    expect(firstOf('jitter_ms', 'caller')).toContain('le="2"');
    expect(firstOf('jitter_ms', 'agent')).toContain('le="20"');
    expect(firstOf('round_trip_ms', 'caller')).toBeUndefined();
    expect(firstOf('round_trip_ms', 'agent')).toContain('le="500"');
    expect(rows).toContain('keepline_rtp_round_trip_ms_sum{leg="agent"} 310');
    expect(rows).toContain('keepline_rtp_round_trip_ms_count{leg="caller"} 0');
  });
});
