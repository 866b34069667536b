import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { unaccounted } from '../relay/reconcile.ts';
import { Delivery } from './delivery.ts';
import { madeEvent } from '../testing/made-event.ts';
import type { Entry } from './entry.ts';
import { Outbox } from './outbox.ts';
import { KEPT_DELIVERED } from './settle.ts';

describe('outbox', () => {
  let dir: TempDir;
  let path: string;
  let clock: FakeClock;
  const open: Array<{ close(): Promise<void> }> = [];

  beforeEach(() => {
    dir = tempDir();
    path = `${dir.path}/outbox.db`;
    clock = new FakeClock();
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
    dir.remove();
  });
  async function outbox(maxEvents = 1000): Promise<Outbox> {
    const opened = await Outbox.open(path, { maxEvents, clock });
    open.push(opened);
    return opened;
  }
  async function delivery(): Promise<Delivery> {
    const opened = await Delivery.open(path, clock);
    open.push(opened);
    return opened;
  }
  const events = (count: number, from = 0) => Array.from({ length: count }, (_, i) => madeEvent(from + i));

  it('keeps events and cursor together, in order, over a restart', async () => {
    const first = await Outbox.open(path, { maxEvents: 1000, clock });
    const made = events(3);
    await first.append(made, 41);
    await first.append([], 44);
    await first.close();
    const again = await outbox();
    expect(await again.cursor()).toBe(44);
    const claimed = await (await delivery()).claim(10);
    expect(claimed.map((entry) => entry.body)).toEqual(made.map((event) => JSON.stringify(event)));
    expect(claimed.map((entry) => entry.seq)).toEqual([1, 2, 3]);
  });

  it('appending an event id twice is a no-op, within a batch, later, and after it was delivered', async () => {
    const box = await outbox();
    const [a, b] = [madeEvent(1), madeEvent(2)];
    await box.append([a, a, b], 2);
    await box.append([a, b], 2);
    const relay = await delivery();
    await relay.delivered(2, 2);
    await box.append([b], 1);
    expect(await box.counts()).toMatchObject({ produced: 2, delivered: 2, waiting: 0 });
    expect(await relay.claim(10)).toEqual([]);
  });

  it('refuses new events with an older cursor: the event log was restored without the outbox', async () => {
    const box = await outbox();
    await box.append(events(2), 20);
    await expect(box.append(events(1, 50), 7)).rejects.toMatchObject({ code: 'OUTBOX_CURSOR_WENT_BACK', offending: 7 });
    expect(await box.counts()).toMatchObject({ produced: 2 });
    expect(await box.cursor()).toBe(20);
  });

  it('an event above the limit of the wire is refused with its size and leaves nothing behind', async () => {
    const box = await outbox();
    const large = Object.assign(madeEvent(1), { source: 'x'.repeat(9000) });
    await expect(box.append([madeEvent(0), large], 2)).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' });
    expect(await box.counts()).toMatchObject({ produced: 0, waiting: 0 });
  });

  it('when full, gives up samples first, then the oldest, and call records last, each counted', async () => {
    const box = await outbox(4);
    const ended = [madeEvent(1, 'call.ended'), madeEvent(2, 'call.ended')];
    const held = madeEvent(3);
    const sample = madeEvent(4, 'quality.sampled');
    await box.append([...ended, held, sample], 4);
    await box.append([madeEvent(5, 'call.ended')], 5); // the sample goes
    await box.append([madeEvent(6, 'quality.sampled')], 6); // a new sample goes before any call record
    await box.append([madeEvent(7, 'call.ended')], 7); // the hold goes
    await box.append([madeEvent(8, 'call.ended')], 8); // now the oldest call record
    const types = (await (await delivery()).claim(10)).map((entry) => [entry.type, entry.seq]);
    expect(types.map(([type]) => type)).toEqual(Array(4).fill('cn.keepline.call.ended.v1'));
    expect(types[0]?.[1]).toBe(2);
    const counts = await box.counts();
    expect(counts).toMatchObject({ produced: 8, expired: 4, waiting: 4 });
    expect(unaccounted(counts)).toBe(0);
  });

  it('expires by bytes in the same order, tells what went by type, and the ledger of the day has it', async () => {
    const told: object[] = [];
    const made = [madeEvent(1, 'call.ended'), madeEvent(2, 'quality.sampled'), madeEvent(3, 'agent.state_changed')];
    const maxBytes = made.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0);
    const box = await Outbox.open(path, { maxEvents: 1000, maxBytes, clock, onExpired: (expired) => told.push(...expired) });
    open.push(box);
    await box.append(made, 3);
    expect(await box.backlog()).toMatchObject({ waiting: 3, bytes: maxBytes });
    expect(told).toEqual([]);
    await box.append([madeEvent(4, 'call.ended')], 4);
    expect(told).toEqual([
      { type: 'cn.keepline.agent.state_changed.v1', events: 1 },
      { type: 'cn.keepline.quality.sampled.v1', events: 1 },
    ]);
    const left = await (await delivery()).claim(10);
    expect(left.map((entry) => entry.type)).toEqual(Array(2).fill('cn.keepline.call.ended.v1'));
    expect(await box.backlog()).toMatchObject({ waiting: 2, bytes: left.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0) });
    const counts = await box.counts();
    expect(counts).toMatchObject({ produced: 4, expired: 2, waiting: 2 });
    expect(unaccounted(counts)).toBe(0);
  });

  it('expires by age whatever the event is, and not a moment before', async () => {
    const box = await Outbox.open(path, { maxEvents: 1000, maxAgeDays: 2, clock });
    open.push(box);
    await box.append([madeEvent(1, 'call.ended')], 1);
    clock.advance(2 * 86_400_000);
    await box.append([madeEvent(2, 'quality.sampled')], 2);
    expect(await box.counts()).toMatchObject({ expired: 0, waiting: 2 });
    clock.advance(1);
    await box.append([madeEvent(3, 'quality.sampled')], 3);
    expect(await box.counts()).toMatchObject({ expired: 1, waiting: 2 });
  });

  it('whatever is appended, claimed, settled and quarantined, running totals, rows and ledger agree', async () => {
    const act = fc.oneof(
      fc.record({
        do: fc.constant('append' as const),
        events: fc.integer({ min: 1, max: 12 }),
        type: fc.constantFrom('call.ended', 'quality.sampled'),
      }),
      fc.record({ do: fc.constant('claim' as const), limit: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ do: fc.constant('settle' as const), part: fc.integer({ min: 0, max: 9 }) }),
      fc.record({ do: fc.constant('quarantine' as const), which: fc.nat(8) }),
      fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 40 }) }),
    );
    let file = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
        const own = `${dir.path}/${file++}.db`;
        const box = await Outbox.open(own, { maxEvents: 20, maxBytes: 6000, maxAgeDays: 1, clock });
        const relay = await Delivery.open(own, clock);
        let made = 0;
        let claimed: readonly Entry[] = [];
        for (const one of acts) {
          if (one.do === 'append')
            await box.append(
              Array.from({ length: one.events }, () => madeEvent(made++, one.type)),
              made,
            );
          else if (one.do === 'claim') claimed = await relay.claim(one.limit);
          else if (one.do === 'settle') await relay.delivered(claimed[one.part]?.seq ?? 0, 1);
          else if (one.do === 'wait') clock.advance(one.hours * 3_600_000);
          else {
            const entry = claimed[one.which];
            if (entry) await relay.quarantine([{ entry, why: 'test' }]);
          }
          const counts = await box.counts();
          expect(unaccounted(counts)).toBe(0);
          expect((await relay.backlog()).waiting).toBe(counts.waiting);
        }
        const left = await relay.claim(1000);
        expect((await relay.backlog()).bytes).toBe(left.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0));
        await relay.close();
        await box.close();
      }),
      { numRuns: 30 },
    );
  });

  it('never expires what the relay may have sent already', async () => {
    const box = await outbox(4);
    await box.append(
      Array.from({ length: 4 }, (_, i) => madeEvent(i, 'quality.sampled')),
      4,
    );
    const relay = await delivery();
    const claimed = await relay.claim(3);
    await box.append([madeEvent(10, 'call.ended'), madeEvent(11, 'call.ended')], 6);
    expect((await relay.claim(3)).map((entry) => entry.id)).toEqual(claimed.map((entry) => entry.id));
    await relay.delivered(3, 3);
    const counts = await box.counts();
    expect(counts).toMatchObject({ produced: 6, delivered: 3, expired: 2, waiting: 1 });
    expect(unaccounted(counts)).toBe(0);
  });

  it('prunes what was delivered but always keeps the last delivered event and a tail behind it', async () => {
    const box = await outbox(10_000);
    const made = events(KEPT_DELIVERED + 500);
    await box.append(made, made.length);
    const relay = await delivery();
    await relay.delivered(made.length - 10, 77);
    const last = made[made.length - 11];
    expect(await relay.lastDelivered()).toEqual({ seq: made.length - 10, id: last?.id, streamSeq: 77, acceptedSeq: 0 });
    expect(await relay.find(made[0]?.id ?? '')).toBeUndefined();
    expect(await relay.find(made[made.length - 11 - (KEPT_DELIVERED - 1)]?.id ?? '')).toBeDefined();
    expect(await relay.find(made[made.length - 11 - KEPT_DELIVERED]?.id ?? '')).toBeUndefined();
    expect(await box.counts()).toMatchObject({ delivered: made.length - 10, waiting: 10 });
  });

  it('quarantines out of the line, with the reason, and the ledger stays balanced', async () => {
    const box = await outbox();
    await box.append(events(3), 3);
    const relay = await delivery();
    const [, second] = await relay.claim(3);
    if (!second) throw new Error('nothing claimed');
    await relay.quarantine([{ entry: second, why: 'mobile_number in skill' }]);
    expect((await relay.claim(3)).map((entry) => entry.seq)).toEqual([1, 3]);
    await relay.delivered(3, 2);
    const counts = await box.counts();
    expect(counts).toMatchObject({ produced: 3, delivered: 2, quarantined: 1, waiting: 0 });
    expect(unaccounted(counts)).toBe(0);
  });

  it('tells the age of the oldest waiting event', async () => {
    const box = await outbox();
    await box.append(events(1), 1);
    clock.advance(5000);
    await box.append(events(1, 9), 2);
    expect(await box.counts()).toMatchObject({ waiting: 2, oldestMs: 5000 });
    await (await delivery()).delivered(1, 1);
    clock.advance(100);
    expect(await box.counts()).toMatchObject({ waiting: 1, oldestMs: 100 });
  });

  it('wakes the relay when the other process has appended, and not otherwise', async () => {
    const box = await outbox();
    const relay = await delivery();
    let woken = 0;
    const stop = relay.watch(() => woken++);
    await clock.advanceAsync(50);
    await expect.poll(() => woken).toBe(1); // the first look counts as news
    await relay.claim(1);
    for (let i = 0; i < 5; i++) await clock.advanceAsync(50);
    expect(woken).toBe(1);
    await box.append(events(1), 1);
    await expect.poll(async () => (await clock.advanceAsync(50), woken)).toBe(2);
    stop();
    expect(clock.pending).toBe(0);
  });

  it('two writers at once lose nothing', async () => {
    const box = await outbox(100_000);
    const relay = await delivery();
    let streamSeq = 0;
    const appending = (async () => {
      for (let i = 0; i < 60; i++) await box.append(events(5, i * 5), (i + 1) * 5);
    })();
    let over = false;
    void appending.finally(() => (over = true));
    for (;;) {
      const last = over;
      const claimed = await relay.claim(7);
      const end = claimed.at(-1);
      if (end) await relay.delivered(end.seq, (streamSeq += claimed.length));
      else if (last) break;
    }
    await appending;
    expect(await box.counts()).toMatchObject({ produced: 300, delivered: 300, waiting: 0 });
  });

  it('a folder that is not there is named with what to do', async () => {
    await expect(Outbox.open(`${dir.path}/missing/outbox.db`, { maxEvents: 10 })).rejects.toMatchObject({ code: 'OUTBOX_UNUSABLE' });
  });
});
