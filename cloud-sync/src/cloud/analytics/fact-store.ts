/**
 * Where facts are kept and asked: one interface, two engines (`sqlite-store.ts`, `duckdb-store.ts`). Everything stored is keyed by event id, so a
 * message delivered again, late, or to two consumers of one store changes nothing. The store can be dropped at any time: the stream is the truth.
 * Its bound is the stream's: it holds one row for each event there, and the stream refuses to grow above `max_bytes`.
 */
import type { CloudEvent } from '@keepline/contracts/events';
import type { Fact } from './fact.ts';
import { factOf } from './fact.ts';
import type { Cell, Query } from './questions.ts';
import { type Arrival, NO_TALLY, type Tally, tallied } from './tally.ts';

/** A message of the stream as the worker hands it over. */
export interface Message {
  readonly streamSeq: number;
  /** undefined when the message was no event of this site. */
  readonly event: CloudEvent | undefined;
  /** Id the sender named as the event before; undefined when it named none. */
  readonly previousId: string | undefined;
}

export interface FactStore {
  /** Folds a batch of one site in; on the disk when it resolves. Safe to repeat, in any order. */
  add(site: string, messages: readonly Message[]): Promise<void>;
  tally(site: string): Promise<Tally>;
  ask(query: Query): Promise<readonly Readonly<Record<string, Cell>>[]>;
  /** Drops everything of the site, to read the stream from its beginning. */
  forget(site: string): Promise<void>;
  close(): Promise<void>;
}

/** What an engine does inside one transaction; the order of the steps is in `foldBatch`. */
export interface FactTransaction {
  loadTally(site: string): Promise<unknown>;
  saveTally(site: string, tally: Tally): Promise<void>;
  /** Inserts rows whose id is not there yet; the first of equal ids wins. @returns the ids that were new */
  insertNew(facts: readonly Fact[]): Promise<ReadonlySet<string>>;
  /** Stream places of the ids that are stored. */
  placesOf(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Remembers messages that are no new event, by place. @returns the places that were new */
  insertOdd(site: string, places: readonly number[]): Promise<ReadonlySet<number>>;
  /** Predecessors that were named: the missing ones are awaited, the ones that came no longer. @returns how many are awaited now */
  settleAwaited(site: string, came: readonly string[], missing: readonly string[]): Promise<number>;
}

/** The shared fold of both engines. */
export async function foldBatch(
  tx: FactTransaction,
  site: string,
  messages: readonly Message[],
  isTally: (value: unknown) => value is Tally,
) {
  const loaded = await tx.loadTally(site);
  const before = isTally(loaded) ? loaded : NO_TALLY;
  const facts = messages.flatMap(({ event, streamSeq }) => (event ? [factOf(event, site, streamSeq)] : []));
  const fresh = new Set(await tx.insertNew(facts));
  const isFresh = new Set(fresh);
  const known = await tx.placesOf([...new Set(facts.map(({ id }) => id))].filter((id) => !fresh.has(id)));
  const first = new Map<string, number>();
  const odd: number[] = [];
  const arrivals: Arrival[] = messages.map(({ streamSeq, event }) => {
    if (!event) {
      odd.push(streamSeq);
      return { streamSeq, event, as: 'invalid' };
    }
    if (fresh.delete(event.id)) {
      first.set(event.id, streamSeq);
      return { streamSeq, event, as: 'new' };
    }
    if ((known.get(event.id) ?? first.get(event.id)) === streamSeq) return { streamSeq, event, as: 'again' };
    odd.push(streamSeq);
    return { streamSeq, event, as: 'duplicate' };
  });
  const newOdd = new Set(await tx.insertOdd(site, [...new Set(odd)]));
  const named = messages.flatMap(({ event, previousId }) =>
    event && isFresh.has(event.id) && previousId !== undefined && previousId !== '' && !isFresh.has(previousId) ? [previousId] : [],
  );
  const there = await tx.placesOf([...new Set(named)]);
  const siteGaps = await tx.settleAwaited(
    site,
    [...isFresh],
    [...new Set(named)].filter((id) => !there.has(id)),
  );
  const counted = arrivals.map((arrival) =>
    arrival.as === 'new' || arrival.as === 'again' || newOdd.delete(arrival.streamSeq) ? arrival : { ...arrival, as: 'again' as const },
  );
  await tx.saveTally(site, { ...counted.reduce(tallied, before), siteGaps });
}
