/** The state of the site's parts, its alarms and its line to the cloud as Prometheus reads them; pure. What alerts rest on beside the figures of calls. */
import type { LinkStatus } from '@keepline/contracts/link';
import type { Health, PartState } from '../api/api-parts.ts';
import { metric } from '../media/metric.ts';

const VALUE_OF: Readonly<Record<PartState, number>> = { ok: 0, degraded: 1, down: 2 };

export function siteMetrics({ parts, alarms }: Health, link: Pick<LinkStatus, 'backlog' | 'oldestUnsentMs'>): string {
  return [
    metric(
      'keepline_part_state',
      'gauge',
      'State of a part of the site: 0 ok, 1 degraded, 2 down.',
      Object.entries(parts).map(([part, state]) => [`{part="${label(part)}"}`, VALUE_OF[state]]),
    ),
    metric(
      'keepline_alarm',
      'gauge',
      '1 for each code of which an alarm stands.',
      alarms.map((code) => [`{code="${label(code)}"}`, 1]),
    ),
    metric('keepline_outbox_events', 'gauge', 'Events that wait for the cloud.', [['', link.backlog]]),
    metric('keepline_outbox_oldest_seconds', 'gauge', 'Age of the oldest event that waits, s; 0 when none does.', [
      ['', Math.round(link.oldestUnsentMs / 1000)],
    ]),
  ].join('');
}

/** A value of a label (text format 0.0.4): trunks are named by the site file. */
const label = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
