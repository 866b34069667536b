import { expect, it } from 'vitest';
import { siteMetrics } from './site-metrics.ts';

it('says the state of each part, the alarms that stand and what waits for the cloud', () => {
  const parts = { recorder: 'ok', cloudLink: 'degraded', 'trunk "a"\\b': 'down' } as const;
  const text = siteMetrics({ status: 'degraded', parts, alarms: ['AUDIT_FORKED'] }, { backlog: 7, oldestUnsentMs: 61_400 });
  const figures = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(figures).toEqual([
    'keepline_part_state{part="recorder"} 0',
    'keepline_part_state{part="cloudLink"} 1',
    'keepline_part_state{part="trunk \\"a\\"\\\\b"} 2',
    'keepline_alarm{code="AUDIT_FORKED"} 1',
    'keepline_outbox_events 7',
    'keepline_outbox_oldest_seconds 61',
  ]);
});
