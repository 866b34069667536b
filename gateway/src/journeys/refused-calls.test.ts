/** However many calls are turned away, a bounded number of events tells of them, and none is left out of the count. */
import type { EventData } from '@keepline/contracts/events';
import { newId } from '@keepline/contracts/ids';
import { FakeClock } from '@keepline/testkit/fake-clock';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS_MAX, RefusedCalls } from './refused-calls.ts';

function counter(): { clock: FakeClock; told: EventData['call.refused'][]; calls: RefusedCalls } {
  const clock = new FakeClock();
  const told: EventData['call.refused'][] = [];
  return { clock, told, calls: new RefusedCalls(clock, (one) => told.push(one)) };
}
const shed = { trunk: 'carrier', status: 503, why: 'overloaded' };

describe('calls that are turned away', () => {
  it('are told at once, and those of the next second together', () => {
    const { clock, told, calls } = counter();
    const callId = newId('call', clock.now());
    calls.add(shed, callId);
    expect(told).toEqual([{ ...shed, callId, calls: 1 }]);
    for (let i = 0; i < 500; i++) calls.add(shed);
    expect(told).toHaveLength(1);
    clock.advance(1000);
    expect(told.map((one) => one.calls)).toEqual([1, 500]);
    clock.advance(5000);
    calls.add(shed); // a new beginning is told at once again
    expect(told.map((one) => one.calls)).toEqual([1, 500, 1]);
    expect(new Set(told.map((one) => one.callId)).size).toBe(3);
  });

  it('are all counted, by at most two events a second and kind, whenever they come', () => {
    const come = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.constantFrom('carrier', 'pbx'), fc.constantFrom('overloaded', 'rate'));
    fc.assert(
      fc.property(fc.array(come, { maxLength: 300 }), (arrivals) => {
        const { clock, told, calls } = counter();
        const beganMs = clock.monotonicMs();
        for (const [pauseMs, trunk, why] of arrivals) {
          clock.advance(pauseMs);
          calls.add({ trunk, status: 503, why });
        }
        const seconds = Math.ceil((clock.monotonicMs() - beganMs) / 1000) + 1;
        clock.advance(2000);
        for (const trunk of ['carrier', 'pbx'])
          for (const why of ['overloaded', 'rate']) {
            const own = told.filter((one) => one.trunk === trunk && one.why === why);
            const came = arrivals.filter(([, at, reason]) => at === trunk && reason === why).length;
            expect(own.reduce((sum, one) => sum + one.calls, 0)).toBe(came);
            expect(own.length).toBeLessThanOrEqual(2 * seconds);
          }
      }),
    );
  });

  it('of more kinds than there can be are told as one kind', () => {
    const { clock, told, calls } = counter();
    for (let i = 0; i < KINDS_MAX + 10; i++) calls.add({ ...shed, trunk: `t${i}` });
    clock.advance(1000);
    expect(told.length).toBe(KINDS_MAX + 2);
    expect(told.at(-1)).toMatchObject({ trunk: '', why: 'others', calls: 9 });
  });
});
