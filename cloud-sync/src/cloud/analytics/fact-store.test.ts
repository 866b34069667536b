/** Both engines against the same laws: nothing counts twice, nothing depends on the order, figures equal those counted by hand. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { EventData, EventType } from '@keepline/contracts/events';
import { newId } from '@keepline/contracts/ids';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { madeEvent } from '../../testing/made-event.ts';
import { DuckdbStore } from './duckdb-store.ts';
import type { FactStore, Message } from './fact-store.ts';
import { answerRow, type Asked, QUESTIONS, queryOf, type ReportRow } from './questions.ts';
import { SqliteStore } from './sqlite-store.ts';
import { answerOf } from './tally.ts';

const HOUR_MS = 3_600_000;
/** The first full hour after the time of made events. */
const START_MS = Math.ceil(1_790_000_000_000 / HOUR_MS) * HOUR_MS;

const asked = (question: Asked['question'], change: Partial<Asked> = {}): Asked => ({
  question,
  fromMs: START_MS,
  toMs: START_MS + 24 * HOUR_MS,
  by: [],
  site: '',
  thresholdMs: 20_000,
  shortMs: 5000,
  ...change,
});
async function report(store: FactStore, question: Asked): Promise<ReportRow[]> {
  return (await store.ask(queryOf(question))).map((row) => answerRow(question.question, row, question.by));
}

/** Messages of one site in the order of its stream. */
function stream() {
  const messages: Message[] = [];
  let previousId = '';
  return {
    messages,
    at<T extends EventType>(atMs: number, type: T, data: Partial<EventData[T]>): void {
      const made = madeEvent(messages.length, type, data);
      const event = { ...made, time: new Date(START_MS + atMs).toISOString() };
      messages.push({ streamSeq: messages.length + 1, event, previousId });
      previousId = event.id;
    },
  };
}

/** Five calls: answered in time, answered late after a hold, abandoned short, abandoned late, lost in the menu. */
function fiveCalls(): Message[] {
  const made = stream();
  const at: typeof made.at = (...given) => made.at(...given);
  const { messages } = made;
  const callId = (n: number) => newId('call', START_MS + n);
  const [a, b, c, d, e] = [callId(1), callId(2), callId(3), callId(4), callId(5)];
  const offer = (atMs: number, id: typeof a, choice: string): void => {
    at(atMs, 'call.offered', { callId: id });
    at(atMs + 1000, 'ivr.chosen', { callId: id, choice });
  };
  offer(0, a, 'cards');
  at(2000, 'routing.decided', { callId: a, queue: 'service', advice: 'answered', adviceUsed: true, delayMs: 10 });
  at(6000, 'call.connected', { callId: a, queue: 'service', waitMs: 4000 });
  offer(60_000, b, 'loans');
  at(61_000, 'routing.decided', { callId: b, queue: 'service', advice: 'answered', adviceUsed: false, delayMs: 30 });
  at(91_000, 'call.connected', { callId: b, queue: 'service', waitMs: 30_000 });
  at(100_000, 'call.held', { callId: b, by: 'agent' });
  at(110_000, 'call.resumed', { callId: b, by: 'agent' });
  at(120_000, 'call.ended', { callId: a, verdict: 'completed', queue: 'service', waitMs: 4000, talkMs: 114_000 });
  at(125_000, 'call.disposed', { callId: a, disposition: 'resolved', wrapUpMs: 5000 });
  at(151_000, 'call.ended', { callId: b, verdict: 'completed', queue: 'service', waitMs: 30_000, talkMs: 60_000 });
  at(160_000, 'call.disposed', { callId: b, disposition: 'callback', wrapUpMs: 9000 });
  offer(HOUR_MS - 1000, c, 'cards');
  at(HOUR_MS + 2000, 'call.ended', { callId: c, verdict: 'abandoned_in_queue', queue: 'service', waitMs: 3000, talkMs: 0 });
  offer(HOUR_MS + 5000, d, 'cards');
  at(HOUR_MS + 60_000, 'call.ended', { callId: d, verdict: 'abandoned_in_queue', queue: 'vip', waitMs: 50_000, talkMs: 0 });
  at(HOUR_MS + 70_000, 'call.offered', { callId: e });
  at(HOUR_MS + 71_000, 'call.ended', { callId: e, verdict: 'abandoned_in_ivr', queue: '', waitMs: 0, talkMs: 0 });
  return messages;
}

const engines = [
  ['SQLite', (path: string): Promise<FactStore> => SqliteStore.open(`${path}/facts.db`)],
  ['DuckDB', (path: string): Promise<FactStore> => DuckdbStore.open(`${path}/facts.duckdb`)],
] as const;

describe.each(engines)('facts in %s', (_, openIn) => {
  const ends: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });
  async function opened(): Promise<{ store: FactStore; dir: TempDir }> {
    const dir = tempDir();
    ends.push(() => dir.remove());
    const store = await openIn(dir.path);
    ends.push(() => store.close());
    return { store, dir };
  }

  it('answers every question about calls counted by hand', async () => {
    const { store } = await opened();
    await store.add('demo', fiveCalls());
    expect(await report(store, asked('calls'))).toEqual([{ offered: 5, queued: 4, answered: 2, abandoned: 2, abandonedInIvr: 1 }]);
    expect(await report(store, asked('service-level'))).toEqual([
      { answered: 2, abandoned: 2, answeredInTime: 1, abandonedInTime: 1, serviceLevel: 0.5 },
    ]);
    expect(await report(store, asked('service-level', { thresholdMs: 60_000 }))).toMatchObject([{ serviceLevel: 1 }]);
    expect(await report(store, asked('abandonment'))).toEqual([
      { queued: 4, abandoned: 2, shortAbandoned: 1, abandonment: 0.5, shortAbandonment: 0.25 },
    ]);
    expect(await report(store, asked('handle-time'))).toEqual([
      { answered: 2, averageTalkMs: 82_000, averageHoldMs: 5000, averageWrapMs: 7000, averageHandleMs: 94_000 },
    ]);
    expect(await report(store, asked('answer-speed'))).toEqual([{ answered: 2, averageSpeedOfAnswerMs: 17_000 }]);
    expect(await report(store, asked('advice', { by: ['queue'] }))).toEqual([
      { queue: 'service', decisions: 2, answered: 2, accepted: 1, ignored: 1, unanswered: 0, acceptance: 0.5, averageDelayMs: 20 },
    ]);
  });

  it('a call counts in the hour it was offered, by hour, queue and site; a time without calls has unknown figures', async () => {
    const { store } = await opened();
    await store.add('demo', fiveCalls());
    const hours = await report(store, asked('calls', { by: ['hour'] }));
    expect(hours).toMatchObject([
      { hour: new Date(START_MS).toISOString(), offered: 3, answered: 2, abandoned: 1 },
      { hour: new Date(START_MS + HOUR_MS).toISOString(), offered: 2, answered: 0, abandoned: 1, abandonedInIvr: 1 },
    ]);
    expect(await report(store, asked('calls', { by: ['queue', 'site'] }))).toMatchObject([
      { queue: '', site: 'demo', offered: 1 },
      { queue: 'service', offered: 3 },
      { queue: 'vip', offered: 1 },
    ]);
    expect(await report(store, asked('reasons', { by: ['hour'], toMs: START_MS + HOUR_MS }))).toEqual(
      [
        { kind: 'choice', reason: 'cards', calls: 2 },
        { kind: 'choice', reason: 'loans', calls: 1 },
        { kind: 'disposition', reason: 'callback', calls: 1 },
        { kind: 'disposition', reason: 'resolved', calls: 1 },
        { kind: 'verdict', reason: 'completed', calls: 2 },
        { kind: 'verdict', reason: 'abandoned_in_queue', calls: 1 },
      ].map((row) => ({ hour: new Date(START_MS).toISOString(), ...row })),
    );
    expect(await report(store, asked('service-level', { site: 'other' }))).toMatchObject([{ answered: 0, serviceLevel: null }]);
  });

  it('a backlog that arrives after newer events lands in its own hours', async () => {
    const { store } = await opened();
    const messages = fiveCalls();
    await store.add('demo', messages.slice(15));
    expect(await report(store, asked('calls', { by: ['hour'] }))).not.toMatchObject([{ offered: 3 }, { offered: 2 }]);
    await store.add('demo', messages.slice(0, 15));
    expect(await report(store, asked('calls', { by: ['hour'] }))).toMatchObject([{ offered: 3 }, { offered: 2 }]);
  });

  it('counts duplicates, foreign messages and missing predecessors, and keeps all over a restart', async () => {
    const { store, dir } = await opened();
    const [one, two, three] = fiveCalls();
    if (!one || !two || !three) throw new Error('no messages');
    await store.add('demo', [one, { streamSeq: 2, event: undefined, previousId: undefined }, { ...three, streamSeq: 5 }]);
    await store.add('demo', [{ ...one, streamSeq: 6 }]);
    await store.add('demo', [{ ...one, streamSeq: 6 }, { ...three, streamSeq: 5 }, one]);
    const expected = { events: 2, duplicates: 1, invalid: 1, gaps: { stream: 2, site: 1 }, streamSeq: 6, lastEventId: one.event?.id };
    expect(answerOf('demo', await store.tally('demo'))).toMatchObject(expected);
    await store.close();
    ends.pop();
    const again = await openIn(dir.path);
    ends.push(() => again.close());
    expect(answerOf('demo', await again.tally('demo'))).toMatchObject(expected);
    await again.add('demo', [{ ...two, streamSeq: 3 }]); // the missing one comes late
    expect(answerOf('demo', await again.tally('demo'))).toMatchObject({ events: 3, gaps: { stream: 1, site: 0 } });
  });

  it('law: repeated, reordered and overlapping deliveries give what one delivery in order gives', async () => {
    const messages = fiveCalls();
    const all = async (store: FactStore): Promise<unknown> => {
      const { byType, ...tally } = await store.tally('demo');
      const figures = [];
      for (const question of QUESTIONS) figures.push(await report(store, asked(question, { by: ['hour', 'queue', 'site'] })));
      return { tally, byType: new Map(Object.entries(byType)), figures };
    };
    const { store: once } = await opened();
    await once.add('demo', messages);
    const truth = await all(once);
    const { store } = await opened();
    const delivery = fc.array(fc.array(fc.nat({ max: messages.length - 1 }), { minLength: 1, maxLength: 12 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(delivery, fc.shuffledSubarray([...messages.keys()], { minLength: messages.length }), async (batches, rest) => {
        await store.forget('demo');
        const pick = (places: readonly number[]): Message[] => places.flatMap((place) => messages[place] ?? []);
        await Promise.all(batches.map((batch) => store.add('demo', pick(batch)))); // two consumers at once
        await store.add('demo', pick(rest));
        expect(await all(store)).toEqual(truth);
      }),
      { numRuns: 25 },
    );
  });
});

describe('two processes', () => {
  it('may hold one SQLite file and not one DuckDB file', async () => {
    const dir = tempDir();
    try {
      const [a, b] = [await SqliteStore.open(`${dir.path}/facts.db`), await SqliteStore.open(`${dir.path}/facts.db`)];
      const messages = fiveCalls();
      for (let i = 0; i < messages.length; i += 4) {
        await a.add('demo', messages.slice(i, i + 4));
        await b.add('demo', messages.slice(Math.max(0, i - 2), i + 3));
      }
      expect(await b.tally('demo')).toMatchObject({ events: messages.length, duplicates: 0, streamSeq: messages.length });
      await Promise.all([a.close(), b.close()]);
    } finally {
      dir.remove();
    }
  });
});
