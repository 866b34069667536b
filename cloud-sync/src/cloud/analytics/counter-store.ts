/**
 * Counters on disk: the fold of a batch, its stream sequence and the ids it brought are one transaction, so a batch delivered again changes nothing.
 * The file may be deleted at any time: the worker then counts the whole stream anew.
 */
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { SqliteFile, textOf } from '../../sqlite/sqlite-file.ts';
import { type Arrival, type Counters, count, NO_COUNTERS } from './counters.ts';

/** Ids remembered to recognise duplicates; one that comes later than so many events is not noticed. */
export const SEEN_MAX = 1_000_000;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS counters (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, stream_seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_by_seq ON seen (stream_seq);
`;

const number = Type.Number();
const text = Type.String();
const StoredCounters = Type.Object({
  streamSeq: number,
  events: number,
  byType: Type.Record(text, number),
  duplicates: number,
  streamGaps: number,
  siteGaps: number,
  invalid: number,
  firstTime: text,
  lastTime: text,
  lastEventId: text,
  callsOffered: number,
  callsAnswered: number,
  callsAbandoned: number,
  answeredInTime: number,
  abandonedInTime: number,
  waitMsTotal: number,
});

export class CounterStore {
  readonly #file: SqliteFile;
  #counters: Counters;

  private constructor(file: SqliteFile, counters: Counters) {
    this.#file = file;
    this.#counters = counters;
  }

  static async open(path: string): Promise<CounterStore> {
    const file = await SqliteFile.open(path, SCHEMA);
    const [row] = await file.read((statements) => statements.all('SELECT body FROM counters'));
    const stored: unknown = row ? JSON.parse(textOf(row['body'])) : NO_COUNTERS;
    if (Value.Check(StoredCounters, stored)) return new CounterStore(file, stored);
    // An older shape: count the stream again.
    const store = new CounterStore(file, NO_COUNTERS);
    await store.reset();
    return store;
  }

  /** Forgets everything, to count from the beginning of the stream. */
  async reset(): Promise<void> {
    await this.#file.write(async (statements) => {
      await statements.run('DELETE FROM counters');
      await statements.run('DELETE FROM seen');
    });
    this.#counters = NO_COUNTERS;
  }

  counters(): Counters {
    return this.#counters;
  }

  /** Folds a batch in; on the disk when it returns. */
  async add(arrivals: readonly Omit<Arrival, 'seenBefore'>[]): Promise<void> {
    this.#counters = await this.#file.write(async (statements) => {
      let counters = this.#counters;
      for (const arrival of arrivals) {
        if (arrival.streamSeq <= counters.streamSeq) continue;
        const id = arrival.event?.id;
        let seenBefore = false;
        if (id !== undefined) {
          const { changes } = await statements.run('INSERT OR IGNORE INTO seen (id, stream_seq) VALUES (?, ?)', id, arrival.streamSeq);
          seenBefore = changes === 0;
        }
        counters = count(counters, { ...arrival, seenBefore });
      }
      await statements.run('DELETE FROM seen WHERE stream_seq <= ?', counters.streamSeq - SEEN_MAX);
      await statements.run('INSERT OR REPLACE INTO counters (one, body) VALUES (1, ?)', JSON.stringify(counters));
      return counters;
    });
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
