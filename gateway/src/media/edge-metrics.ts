/** The figures of the RTP edge as Prometheus reads them (text format 0.0.4). Pure. No leg, number or address is named. */
import type { EdgeCounters } from './edge-messages.ts';
import type { Histogram } from './histogram.ts';
import { metric, type Row } from './metric.ts';
import type { QualityBoard } from './quality-board.ts';

export interface EdgeFigures {
  readonly counters: EdgeCounters;
  readonly quality: ReturnType<QualityBoard['figures']>;
  /** The latest turn of each thread in the last second, ms. */
  readonly latenessMs: readonly number[];
}

type Heard = EdgeFigures['quality']['heard'];

export function edgeMetrics({ counters, quality, latenessMs }: EdgeFigures): string {
  // The label is the kind of leg, of which there are two, however many calls there are.
  const ofLegs = (name: string, help: string, of: (heard: Heard[keyof Heard]) => Histogram): string =>
    metric(
      name,
      'histogram',
      help,
      Object.entries(quality.heard).flatMap(([leg, heard]) => of(heard).rows(`leg="${leg}"`)),
    );
  const { calls, legs, received, sent, ...dropped } = counters;
  return [
    metric('keepline_edge_calls', 'gauge', 'Calls whose sound is carried.', [['', calls]]),
    metric('keepline_edge_legs', 'gauge', 'Legs with ports of their own.', [['', legs]]),
    metric('keepline_rtp_packets_total', 'counter', 'RTP packets.', [
      ['{direction="received"}', received],
      ['{direction="sent"}', sent],
    ]),
    metric(
      'keepline_rtp_dropped_total',
      'counter',
      'Datagrams dropped, and packets that could not be sent.',
      Object.entries(dropped).map(([why, count]) => [`{why="${why}"}`, count]),
    ),
    metric('keepline_rtp_expected_total', 'counter', 'RTP packets that should have come, in samples of 10 s.', [
      ['', quality.packets + quality.lost],
    ]),
    metric('keepline_rtp_lost_total', 'counter', 'RTP packets that did not come, in samples of 10 s.', [['', quality.lost]]),
    ofLegs('keepline_mos', 'Estimated mean opinion score of 10 s of a leg (ITU-T G.107).', (heard) => heard.mos),
    ofLegs('keepline_rtp_jitter_ms', 'Jitter of what a leg sends, at the end of 10 s (RFC 3550), ms.', (heard) => heard.jitterMs),
    ofLegs('keepline_rtp_round_trip_ms', 'Round trip to a leg as RTCP tells it, ms; none where it does not.', (heard) => heard.roundTripMs),
    metric('keepline_mos_alarms', 'gauge', 'Legs below media.mosAlarm now.', [['', quality.alarms]]),
    metric(
      'keepline_edge_lateness_ms',
      'gauge',
      'Latest turn of an RTP thread in the last second, ms.',
      latenessMs.map((ms, thread): Row => [`{thread="${thread}"}`, ms]),
    ),
  ].join('');
}
