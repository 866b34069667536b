/** The relay against a stream in memory that can fail at any moment, with the real outbox file. */
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '@keepline/contracts/clock';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { PublishFailed, WrongLast } from '../nats/errors.ts';
import type { StreamEnd } from '../nats/event-stream.ts';
import type { LaneListener } from '../nats/publish-lane.ts';
import { Delivery } from '../outbox/delivery.ts';
import { madeEvent } from '../testing/made-event.ts';
import { Outbox } from '../outbox/outbox.ts';
import { unaccounted } from './reconcile.ts';
import { Relay, type Stream } from './relay.ts';
import type { Lane } from './sending.ts';

/** What a JetStream stream does with the two position headers, and `trouble` in between. */
class MemoryStream implements Stream {
  readonly ids: string[] = [];
  readonly previous: string[] = [];
  asked = 0;
  /** Before storing, after storing but before the acknowledgement, or not at all. */
  trouble: () => 'lost' | 'unacknowledged' | undefined = () => undefined;

  async end(): Promise<StreamEnd> {
    this.asked++;
    await Promise.resolve();
    return { seq: this.ids.length, msgId: this.ids.at(-1) ?? '', zstd: false };
  }
  /** Answers later and one by one, as a server does. */
  lane(listener: LaneListener): Lane {
    let closed = false;
    const answer = (seq: number, fault?: Error): void =>
      queueMicrotask(() => {
        if (closed) return;
        if (fault) listener.refused(seq, fault);
        else listener.acknowledged(seq);
      });
    return {
      publish: ({ id }, position) => {
        const seq = position.afterSeq + 1;
        const trouble = this.trouble();
        if (trouble === 'lost') return answer(seq, new PublishFailed(id, new Error('lost')));
        if (position.afterSeq !== this.ids.length) return answer(seq, new WrongLast(id, 'wrong last sequence'));
        if (position.afterId !== '' && position.afterId !== this.ids.at(-1)) return answer(seq, new WrongLast(id, 'wrong last msg id'));
        this.ids.push(id);
        this.previous.push(position.previousId);
        answer(seq, trouble === 'unacknowledged' ? new PublishFailed(id, new Error('timeout')) : undefined);
      },
      close: () => (closed = true),
    };
  }
}

const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** A relay with an outbox of its own and time in the test's hands. */
async function ownSite() {
  const dir = tempDir();
  const clock = new FakeClock();
  const outbox = await Outbox.open(`${dir.path}/outbox.db`, { maxEvents: 1000 });
  const delivery = await Delivery.open(`${dir.path}/outbox.db`);
  const relay = new Relay({ site: 'demo', delivery, batchEvents: 16, clock, random: () => 0, log: silent, note: () => {} });
  return {
    clock,
    outbox,
    relay,
    [Symbol.asyncDispose]: async () => {
      await relay.stop();
      await delivery.close();
      await outbox.close();
      dir.remove();
    },
  };
}

describe('relay', () => {
  let dir: TempDir;
  let outbox: Outbox;
  let delivery: Delivery;
  let relay: Relay;
  let logged: object[];
  let cursor = 0;

  beforeEach(async () => {
    dir = tempDir();
    outbox = await Outbox.open(`${dir.path}/outbox.db`, { maxEvents: 10_000 });
    delivery = await Delivery.open(`${dir.path}/outbox.db`);
    logged = [];
    cursor = 0;
    const log = { ...silent, error: (fields: object) => logged.push(fields) };
    relay = new Relay({ site: 'demo', delivery, batchEvents: 16, clock: systemClock, random: () => 0, log, note: () => {} });
  });
  afterEach(async () => {
    await relay.stop();
    await delivery.close();
    await outbox.close();
    dir.remove();
  });
  async function produce(count: number): Promise<string[]> {
    const made = Array.from({ length: count }, (_, i) => madeEvent(cursor + i));
    cursor += count;
    await outbox.append(made, cursor);
    return made.map((event) => event.id);
  }
  const waiting = async (): Promise<number> => (await outbox.counts()).waiting;

  it('sends in order, chained by the id of the event before, and goes on with what comes later', async () => {
    const stream = new MemoryStream();
    const ids = await produce(40);
    relay.attach(stream);
    await expect.poll(waiting).toBe(0);
    ids.push(...(await produce(5)));
    await expect.poll(waiting).toBe(0);
    expect(stream.ids).toEqual(ids);
    expect(stream.previous).toEqual(['', ...ids.slice(0, -1)]);
    expect(stream.asked).toBe(1);
  });

  it('after a wrong-last refusal it asks the stream again and repeats nothing', async () => {
    const stream = new MemoryStream();
    const ids = await produce(20);
    let failures = 1;
    stream.trouble = () => (stream.ids.length === 7 && failures-- > 0 ? 'lost' : undefined);
    relay.attach(stream);
    await expect.poll(waiting).toBe(0);
    expect(stream.ids).toEqual(ids);
    expect(stream.asked).toBe(2);
  });

  it('an acknowledgement that never came is found in the stream, not sent again', async () => {
    const stream = new MemoryStream();
    const ids = await produce(20);
    let failures = 1;
    stream.trouble = () => (stream.ids.length === 19 && failures-- > 0 ? 'unacknowledged' : undefined);
    relay.attach(stream);
    await expect.poll(waiting).toBe(0);
    expect(stream.ids).toEqual(ids);
  });

  it('whatever is lost and whichever acknowledgement is missing, the stream is the outbox: once each, in order', {
    timeout: 60_000,
  }, async () => {
    const fate = fc.constantFrom<'lost' | 'unacknowledged' | undefined>('lost', 'unacknowledged', undefined, undefined, undefined);
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 60 }), async (plan) => {
        await using site = await ownSite();
        const stream = new MemoryStream();
        const left = [...plan];
        stream.trouble = () => left.shift();
        const made = Array.from({ length: 30 }, (_, i) => madeEvent(i));
        await site.outbox.append(made, 30);
        site.relay.attach(stream);
        // Waits between tries are long in life; here time runs as fast as the relay lets it.
        const drained = async (): Promise<number> => (site.clock.advance(10_000), (await site.outbox.counts()).waiting);
        await expect.poll(drained, { interval: 2 }).toBe(0);
        expect(stream.ids).toEqual(made.map((event) => event.id));
      }),
      { numRuns: 25 },
    );
  });

  it('an event with personal data is quarantined and the chain goes on without it', async () => {
    const stream = new MemoryStream();
    const [first] = await produce(1);
    const leak = Object.assign(madeEvent(5), { data: { by: '13800138000' } });
    await outbox.append([leak], ++cursor);
    const [last] = await produce(1);
    relay.attach(stream);
    await expect.poll(waiting).toBe(0);
    expect(stream.ids).toEqual([first, last]);
    expect(stream.previous).toEqual(['', first]);
    expect(relay.faults().map((fault) => fault.code)).toEqual(['EVENT_QUARANTINED']);
    expect(JSON.stringify(logged)).not.toContain('13800138000');
    const counts = await outbox.counts();
    expect(counts).toMatchObject({ delivered: 2, quarantined: 1 });
    expect(unaccounted(counts)).toBe(0);
  });

  it('an outbox that cannot be written is an alarm while it lasts; afterwards everything flows, once', async () => {
    const stream = new MemoryStream();
    const file = new DatabaseSync(`${dir.path}/outbox.db`);
    const ids = await produce(20);
    file.exec("CREATE TRIGGER full BEFORE UPDATE ON progress BEGIN SELECT raise(ABORT, 'no room'); END");
    relay.attach(stream);
    await expect.poll(() => relay.faults().map((fault) => fault.code)).toEqual(['OUTBOX_UNWRITABLE']);
    file.exec('DROP TRIGGER full');
    file.close();
    await expect.poll(waiting).toBe(0);
    expect(stream.ids).toEqual(ids);
    expect(relay.faults()).toEqual([]);
  });

  it('events given up by a full outbox are a fault for the minute in which it was found', async () => {
    await relay.reconcile();
    const box = await Outbox.open(`${dir.path}/outbox.db`, { maxEvents: 5 });
    await box.append(
      Array.from({ length: 8 }, (_, i) => madeEvent(i)),
      8,
    );
    await box.close();
    await relay.reconcile();
    expect(relay.faults()).toMatchObject([{ code: 'EVENTS_EXPIRED', offending: 3 }]);
    await relay.reconcile();
    expect(relay.faults()).toEqual([]);
  });

  it('a stream that somebody else wrote to stops the relay with a named fault; nothing is sent', async () => {
    const stream = new MemoryStream();
    stream.ids.push('evt-of-somebody-else');
    await produce(3);
    relay.attach(stream);
    await expect.poll(() => relay.faults().map((fault) => fault.code)).toEqual(['STREAM_LAST_UNKNOWN']);
    expect(stream.ids).toEqual(['evt-of-somebody-else']);
    expect(await waiting()).toBe(3);
    // A person has looked at it and decided: the next connection goes on after it.
    await delivery.acceptEnd(1);
    relay.attach(undefined);
    relay.attach(stream);
    await expect.poll(waiting).toBe(0);
    expect(stream.ids).toHaveLength(4);
    expect(relay.faults()).toEqual([]);
  });

  it('a stream restored from an older state stops the relay with a named fault', async () => {
    const stream = new MemoryStream();
    await produce(10);
    relay.attach(stream);
    await expect.poll(waiting).toBe(0);
    relay.attach(undefined);
    stream.ids.length = 4;
    await produce(1);
    relay.attach(stream);
    await expect.poll(() => relay.faults().map((fault) => fault.code)).toEqual(['STREAM_WENT_BACK']);
    expect(stream.ids).toHaveLength(4);
  });
});
