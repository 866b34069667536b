/** The list on the real database by a fake clock: durable, counted before anybody is rung, and emptied of its number when nothing is owed any more. */
import { join } from 'node:path';
import { parseSite } from '@keepline/contracts/site-file';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from '../events/event-log.ts';
import { Store } from '../store/store.ts';
import { allTables } from '../store/tables/all.ts';
import { type Callback, callbacksOfNumber, closeCallback, owedCallbacks } from '../store/tables/callbacks.ts';
import { columnsOfTest } from '../store/testing/columns.ts';
import { CallBacks, type Trying } from './call-backs.ts';
import type { TryEnd } from './list.ts';

const NUMBER = '13800138000';
const settings = { ...parseSite({}).callback, from: '00:00', until: '24:00', tries: 2, spacingSeconds: 60 };
let folder: TempDir;
let store: Store;
let clock: FakeClock;
/** Tries that were begun, and how to end them. */
let rung: Array<{ readonly one: Callback; readonly mayRing: boolean; end(how: TryEnd): void }>;

beforeEach(async () => {
  folder = tempDir();
  clock = new FakeClock();
  rung = [];
  store = await Store.open(join(folder.path, 'main.db'), allTables, { columns: await columnsOfTest() });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

async function opened(): Promise<CallBacks> {
  const call = (one: Callback, begin: () => Promise<boolean>): Trying => {
    const { promise: over, resolve } = Promise.withResolvers<TryEnd>();
    void begin().then((mayRing) => {
      rung.push({ one, mayRing, end: resolve });
      if (!mayRing) resolve('not_begun');
    });
    return { over, withdraw: () => resolve('not_begun') };
  };
  const events = new EventLog({ store, clock, log: { error: () => {} } });
  const list = new CallBacks({
    store,
    events,
    clock,
    settings,
    check: (number) => number,
    call,
    onFault: (fault) => expect(fault).toBeUndefined(),
  });
  await list.open();
  return list;
}
const wish = () => ({
  ...({ callId: 'call-1', kind: 'waiting', queue: 'service', skill: '', agentId: '', number: NUMBER, note: '' } as const),
  ...{ queuedAtMs: clock.now() - 5000, dueAtMs: clock.now() },
});
/** The clock goes on, and the disk with it. */
const pass = async (ms: number, until: () => boolean | Promise<boolean>): Promise<void> => {
  await clock.advanceAsync(ms);
  await expect.poll(until).toBe(true);
};
const types = async (): Promise<string[]> =>
  (await store.read.all<{ type: string }>('SELECT type FROM event_log ORDER BY number')).map(({ type }) => type);

describe('the list of calls that are owed', () => {
  it('tries as often as the site says, at its spacing, then gives up and forgets the number', async () => {
    const list = await opened();
    await list.book(wish());
    await expect(list.book(wish())).rejects.toMatchObject({ code: 'CALLBACK_REFUSED' });
    await pass(1000, () => rung.length === 1);
    expect(await owedCallbacks(store.read)).toMatchObject([{ state: 'calling', tries: 1, number: NUMBER }]);
    rung[0]?.end('no_answer');
    await expect.poll(async () => (await owedCallbacks(store.read))[0]?.state).toBe('open');
    await clock.advanceAsync(50_000);
    expect(rung.length).toBe(1);
    await pass(11_000, () => rung.length === 2);
    rung[1]?.end('no_answer');
    await expect.poll(types).toEqual(['callback.booked', 'callback.closed']);
    expect(await callbacksOfNumber(store.read, NUMBER)).toEqual([]);
  });

  it('counts a try during which the gateway died, and waits before the next', async () => {
    const before = await opened();
    await before.book(wish());
    await pass(1000, () => rung.length === 1);
    before.withdraw();
    await before.over();
    await store.write((tx) => tx.run("UPDATE callbacks SET state = 'calling', due_at_ms = 0")); // as kill -9 leaves it
    await opened();
    await clock.advanceAsync(50_000);
    expect(rung.length).toBe(1);
    await pass(11_000, () => rung.length === 2);
    expect(rung[1]?.one).toMatchObject({ tries: 1, queuedAtMs: expect.any(Number) });
  });

  it('calls nobody who asked to be forgotten meanwhile', async () => {
    const list = await opened();
    await list.book(wish());
    const [one] = await owedCallbacks(store.read);
    await store.write((tx) => closeCallback(tx, one?.id ?? 'cb-', 'forgotten', clock.now()));
    await clock.advanceAsync(1000);
    await expect
      .poll(
        async () =>
          list.book(wish()).then(
            () => true,
            () => false,
          ),
        { timeout: 30_000 },
      )
      .toBe(true); // nothing was owed any more
    await pass(1000, () => rung.length === 1);
    expect(rung[0]).toMatchObject({ mayRing: true });
    expect(rung[0]?.one.id).not.toBe(one?.id);
  });

  it('calls the customer at the time that was agreed on, over a restart, and not before', async () => {
    const HOUR = 3_600_000;
    const before = await opened();
    const dueAtMs = clock.now() + 3 * HOUR;
    await before.book({ ...wish(), kind: 'scheduled', agentId: 'li', note: '对账单', queuedAtMs: dueAtMs, dueAtMs });
    before.withdraw();
    await before.over();
    await clock.advanceAsync(HOUR);
    await opened();
    await clock.advanceAsync(2 * HOUR - 1000);
    expect(rung).toEqual([]);
    await pass(2000, () => rung.length === 1);
    expect(rung[0]?.one).toMatchObject({ kind: 'scheduled', agentId: 'li', note: '对账单', dueAtMs, tries: 0 });
  });

  it('is cancelled before its time, and while it stands in line; whoever is called already is not cut off', async () => {
    const list = await opened();
    await list.book({ ...wish(), dueAtMs: clock.now() + 60_000 });
    await list.book({ ...wish(), number: '13900139000' });
    const [early, due] = (await list.list()).toSorted((a, b) => b.dueAtMs - a.dueAtMs);
    await list.cancel(early?.id ?? '');
    await pass(1000, () => rung.length === 1);
    await list.cancel(due?.id ?? '');
    expect(await list.list()).toEqual([]);
    await list.over();
    await expect(list.cancel(due?.id ?? '')).rejects.toMatchObject({ code: 'CALLBACK_UNKNOWN' });
    await clock.advanceAsync(120_000);
    expect(rung.length).toBe(1);
    const told = await store.read.all<{ data: string }>("SELECT data FROM event_log WHERE type = 'callback.closed' ORDER BY number");
    expect(told.map(({ data }) => JSON.parse(data))).toMatchObject([
      { outcome: 'cancelled', tries: 0 },
      { outcome: 'cancelled', tries: 1 },
    ]);
  });
});
