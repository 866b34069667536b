import { join } from 'node:path';
import type { DomainEvent } from '@keepline/contracts/events';
import { isId, newId } from '@keepline/contracts/ids';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Store } from '../store/store.ts';
import { callTables, openCall } from '../store/tables/calls.ts';
import { eventTables } from '../store/tables/events.ts';
import { EventLog } from './event-log.ts';
import { columnsOfTest } from '../store/testing/columns.ts';

let folder: TempDir;
let store: Store;
let events: EventLog;
const clock = new FakeClock();
const logged: string[] = [];
beforeEach(async () => {
  logged.length = 0;
  folder = tempDir();
  store = await Store.open(join(folder.path, 'main.db'), [eventTables, callTables], { columns: await columnsOfTest() });
  events = new EventLog({ store, clock, log: { error: (_, message) => logged.push(message) } });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const link = { from: 'up', to: 'down', why: 'heartbeats_missed' } as const;
const append = () => store.write((tx) => events.append(tx, 'link.changed', link));
const numbers = async () => (await events.readAfter(0, 4096)).map((row) => row.number);

describe('an event', () => {
  it('is stored with the state it describes, under an id of its own', async () => {
    const callId = newId('call', clock.now());
    const opening = { trunk: 'local', callerNumber: '13812345678', callerName: '张伟', dialledNumber: '95588' };
    const id = await store.write(async (tx) => {
      await openCall(tx, { id: callId, ...opening, startedAtMs: clock.now() });
      return events.append(tx, 'call.offered', { callId, ...opening });
    });
    expect(isId('evt', id)).toBe(true);
    const [row] = await events.readAfter(0, 10);
    expect(row).toMatchObject({ number: 1, id, type: 'call.offered', timeMs: clock.now() });
    expect(JSON.parse(row?.data ?? '')).toEqual({ callId, ...opening });
  });

  it('does not exist when its state was not stored, and leaves no gap in the numbers', async () => {
    await append();
    const undone = store.write(async (tx) => {
      await events.append(tx, 'link.changed', link);
      throw new Error('state refused');
    });
    await expect(undone).rejects.toThrow('state refused');
    await append();
    expect(await numbers()).toEqual([1, 2]);
  });

  it('never gets a number again that a pruned one had', async () => {
    await append();
    await append();
    await store.write((tx) => tx.run('DELETE FROM event_log'));
    await append();
    expect(await numbers()).toEqual([3]);
    expect(await events.lastNumber()).toBe(3);
  });
});

describe('listeners', () => {
  it('hear what is durable, in the order of the log, whatever was undone in between', async () => {
    const heard: DomainEvent[] = [];
    const stop = events.subscribe((event) => heard.push(event));
    const writes = Array.from({ length: 40 }, (_, i) =>
      store.write(async (tx) => {
        await events.append(tx, 'link.changed', link);
        if (i % 7 === 3) throw new Error('undone');
        await events.append(tx, 'link.changed', { ...link, why: `second_${i}` });
      }),
    );
    await Promise.allSettled(writes);
    const stored = await events.readAfter(0, 4096);
    expect(stored.map((row) => row.number)).toEqual(stored.map((_, i) => i + 1));
    expect(heard.map((event) => event.id)).toEqual(stored.map((row) => row.id));
    expect(heard).toHaveLength(2 * (40 - 6));
    stop();
    await append();
    expect(heard).toHaveLength(68);
  });

  it('that throw are logged and harm neither the writer nor the next listener', async () => {
    const heard: string[] = [];
    events.subscribe(() => {
      throw new Error('deaf');
    });
    events.subscribe((event) => heard.push(event.type));
    await append();
    expect(heard).toEqual(['link.changed']);
    expect(logged).toHaveLength(1);
  });
});
