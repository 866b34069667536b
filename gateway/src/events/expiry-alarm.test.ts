import type { KeeplineError } from '@keepline/contracts/errors';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { expect, it } from 'vitest';
import { ExpiryAlarm } from './expiry-alarm.ts';

it('tells of the first loss at once, then once a minute, by type, and keeps nothing back at the end', () => {
  const clock = new FakeClock();
  const told: KeeplineError[] = [];
  const alarm = new ExpiryAlarm(clock, (fault) => told.push(fault));
  alarm.expired([{ type: 'quality.sampled', events: 3 }]);
  expect(told.map(({ code, offending }) => [code, offending])).toEqual([['OUTBOX_EXPIRED', 3]]);
  alarm.expired([{ type: 'quality.sampled', events: 1 }]);
  alarm.expired([
    { type: 'quality.sampled', events: 1 },
    { type: 'agent.state_changed', events: 5 },
  ]);
  expect(told).toHaveLength(1);
  clock.advance(60_000);
  expect(told[1]?.message).toContain('quality.sampled 2, agent.state_changed 5');
  clock.advance(60_000);
  alarm.expired([{ type: 'call.held', events: 1 }]);
  alarm.expired([{ type: 'call.held', events: 8 }]);
  alarm.close();
  expect(told.slice(2).map(({ offending }) => offending)).toEqual([1, 8]);
  expect(clock.pending).toBe(0);
});
