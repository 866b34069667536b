/** Questions in the ledger of what left: counted whatever the order of writes and refusals, shown by day, and no part of the balance of events. */
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unaccounted } from '../relay/reconcile.ts';
import { Delivery } from './delivery.ts';
import { EgressLedger } from './egress-ledger.ts';
import { REQUEST_TYPES, RequestBook, type RequestCount } from './requests.ts';

describe('the book of requests', () => {
  it('loses no count, whichever writes are refused', async () => {
    const step = fc.record({
      type: fc.constantFrom(...REQUEST_TYPES),
      stopped: fc.boolean(),
      body: fc.string({ unit: 'grapheme' }),
      pause: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 30 }),
        fc.array(fc.boolean(), { maxLength: 10 }),
        async (steps, refusals) => {
          const written: RequestCount[] = [];
          const write = async (asked: readonly RequestCount[]): Promise<void> => {
            await Promise.resolve();
            if (refusals.shift() === true) throw new Error('disk full');
            written.push(...asked);
          };
          const book = new RequestBook({ write, onFault: () => {} });
          for (const { type, stopped, body, pause } of steps) {
            if (stopped) book.stopped(type);
            else book.sent(type, body);
            if (pause) await book.settled();
          }
          refusals.length = 0;
          book.stopped('request.qa'); // the next question takes with it what a full disk refused
          await book.settled();
          for (const type of REQUEST_TYPES) {
            const sum = (of: (one: RequestCount) => number): number =>
              written.reduce((all, one) => all + (one.type === type ? of(one) : 0), 0);
            const left = steps.filter((one) => one.type === type && !one.stopped);
            expect(sum(({ sent }) => sent)).toBe(left.length);
            expect(sum(({ bytes }) => bytes)).toBe(left.reduce((all, { body }) => all + Buffer.byteLength(body), 0));
            expect(sum(({ stopped }) => stopped)).toBe(
              steps.filter((one) => one.type === type && one.stopped).length + (type === 'request.qa' ? 1 : 0),
            );
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('requests in the ledger', () => {
  let dir: TempDir;
  beforeEach(() => (dir = tempDir()));
  afterEach(() => dir.remove());

  it('stand under their day and type, beside the events, and change no balance', async () => {
    const path = `${dir.path}/outbox.db`;
    const delivery = await Delivery.open(path, new FakeClock(Date.parse('2026-11-23T17:00:00Z')));
    await delivery.countRequests([{ type: 'request.qa', sent: 1, bytes: 70, stopped: 0 }]);
    await delivery.countRequests([
      { type: 'request.qa', sent: 1, bytes: 30, stopped: 2 },
      { type: 'request.advice', sent: 3, bytes: 900, stopped: 0 },
    ]);
    const counts = await delivery.counts();
    expect(counts).toMatchObject({ produced: 0, ledger: 0, quarantined: 0 });
    expect(unaccounted(counts)).toBe(0);
    await delivery.close();
    const ledger = await EgressLedger.open(path);
    expect(await ledger.days('2026-11-24', '2026-11-24')).toEqual([
      { day: '2026-11-24', type: 'request.advice', events: 3, bytes: 900, expired: 0, quarantined: 0 },
      { day: '2026-11-24', type: 'request.qa', events: 2, bytes: 100, expired: 0, quarantined: 2 },
    ]);
    await ledger.close();
  });
});
