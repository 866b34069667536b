/** Decisions about what is owed, by values and as laws: bounds, hours, order, and that no telephone rings more often than the site allows. */
import { parseSite } from '@keepline/contracts/site-file';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Callback } from '../store/tables/callbacks.ts';
import { afterTry, begun, bookingFault, dueNow, IN_LINE_PER_QUEUE, isExpired, isOpen, type TryEnd } from './list.ts';

const settings = parseSite({}).callback;
const NOW = 1_790_000_000_000;
const DAY = 86_400_000;
const owed = (n: number, more: Partial<Callback> = {}): Callback => ({
  ...{ id: `cb-${n}`, callId: 'call-1', kind: 'waiting', queue: 'service', skill: '', agentId: '', number: `1380013${8000 + n}`, note: '' },
  ...{ madeAtMs: NOW, queuedAtMs: NOW + n, dueAtMs: NOW, tries: 0, state: 'open' },
  ...more,
});

describe('what may be agreed on', () => {
  const wish = { number: '13900139000', dueAtMs: NOW };
  it.each([
    [null, [], wish, {}],
    ['off', [], wish, { max: 0 }],
    ['full', [owed(1), owed(2)], wish, { max: 2 }],
    ['owed', [owed(1, { number: wish.number })], wish, {}],
    ['past', [], { ...wish, dueAtMs: NOW - 61_000 }, {}],
    ['too_late', [], { ...wish, dueAtMs: NOW + 8 * DAY }, {}],
  ])('%s', (fault, list, wanted, changes) => {
    expect(bookingFault(list, wanted, NOW, { ...settings, ...changes })).toBe(fault);
  });
});

describe('when customers are called', () => {
  it.each([
    ['08:00', '20:00', 479, false],
    ['08:00', '20:00', 480, true],
    ['08:00', '20:00', 1199, true],
    ['08:00', '20:00', 1200, false],
    ['00:00', '24:00', 0, true],
    ['22:00', '06:00', 30, true],
    ['22:00', '06:00', 720, false],
  ])('between %s and %s at minute %i: %s', (from, until, minute, open) => {
    expect(isOpen(minute, { from, until })).toBe(open);
  });

  it('in the order of their places, a bounded number of each queue, and none twice', () => {
    const one = fc.record({
      queue: fc.constantFrom('service', 'loans'),
      place: fc.integer({ min: -1000, max: 1000 }),
      due: fc.integer({ min: -5, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 60 }), fc.integer({ min: 0, max: 60 }), (wishes, taken) => {
        const list = wishes.map(({ queue, place, due }, n) => owed(n, { queue, queuedAtMs: NOW + place, dueAtMs: NOW + due }));
        const inLine = new Set(list.slice(0, taken).map(({ id }) => id as string));
        const now = dueNow(list, inLine, NOW);
        for (const queue of ['service', 'loans']) {
          const own = now.filter((each) => each.queue === queue);
          const before = list.filter((each) => each.queue === queue && inLine.has(each.id)).length;
          expect(own.length).toBeLessThanOrEqual(Math.max(0, IN_LINE_PER_QUEUE - before));
          expect(own.map(({ queuedAtMs }) => queuedAtMs)).toEqual(own.map(({ queuedAtMs }) => queuedAtMs).toSorted((a, b) => a - b));
          const left = list.filter((each) => each.queue === queue && each.dueAtMs <= NOW && !inLine.has(each.id) && !own.includes(each));
          const last = own.at(-1)?.queuedAtMs ?? -Infinity;
          if (left.length > 0 && own.length > 0) expect(Math.min(...left.map(({ queuedAtMs }) => queuedAtMs))).toBeGreaterThanOrEqual(last);
        }
        expect(now.every(({ id, dueAtMs }) => !inLine.has(id) && dueAtMs <= NOW)).toBe(true);
      }),
    );
  });
});

describe('after a try', () => {
  it('nobody is called more often, nor sooner, than the site says, whatever happens', () => {
    const end = fc.constantFrom<TryEnd>('no_answer', 'no_answer', 'not_begun', 'talked', 'not_allowed');
    fc.assert(
      fc.property(fc.array(end, { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (ends, tries) => {
        let one = owed(1);
        let rung = 0;
        for (const each of ends) {
          if (each === 'no_answer' || each === 'talked') {
            one = begun(one);
            rung += 1;
          }
          const next = afterTry(one, each, NOW, { ...settings, tries });
          if (typeof next === 'string') {
            expect(next).toBe(each === 'no_answer' ? 'not_reached' : each);
            break;
          }
          expect(next.dueAtMs).toBe(NOW + settings.spacingSeconds * 1000);
          one = next;
        }
        expect(rung).toBeLessThanOrEqual(tries);
      }),
    );
  });

  it('one that is owed for too long is given up, a later date counted from that date', () => {
    expect(isExpired(owed(1), NOW + 7 * DAY, settings)).toBe(false);
    expect(isExpired(owed(1), NOW + 7 * DAY + 1, settings)).toBe(true);
    expect(isExpired(owed(1, { kind: 'scheduled', dueAtMs: NOW + 6 * DAY }), NOW + 8 * DAY, settings)).toBe(false);
  });
});
