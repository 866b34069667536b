/**
 * Counters of one site over its stream. Pure, and the order of the messages does not matter: the same set of messages gives the same tally, so it
 * can be rebuilt. Times are in ms. Service level after Cisco: (answered + abandoned within the threshold) / (all answered + all abandoned).
 */
import type { CloudEvent } from '@keepline/contracts/events';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { shortType } from '../../outbox/entry.ts';
import { numberField, textField } from '../cloud-event.ts';

/** The usual threshold of voice queues, ms. */
export const SERVICE_LEVEL_MS = 20_000;
/** Types counted apart; more would be somebody's mistake or attack and are counted as `other`. */
const TYPES_MAX = 64;

const count = Type.Number();
const text = Type.String();
const StoredTally = Type.Object({
  streamSeq: count,
  events: count,
  byType: Type.Record(text, count),
  duplicates: count,
  siteGaps: count,
  invalid: count,
  firstTime: text,
  lastTime: text,
  lastEventSeq: count,
  lastEventId: text,
  callsOffered: count,
  callsAnswered: count,
  callsAbandoned: count,
  answeredInTime: count,
  abandonedInTime: count,
  waitMsTotal: count,
});

export interface Tally {
  /** Highest place of the stream that was folded in. */
  readonly streamSeq: number;
  readonly events: number;
  readonly byType: Readonly<Record<string, number>>;
  /** Messages whose event stands at another place of the stream as well. */
  readonly duplicates: number;
  /** Events named by a later one as its predecessor that never came. */
  readonly siteGaps: number;
  /** Messages that were no event of this site. */
  readonly invalid: number;
  /** Earliest and latest time of an event, RFC 3339. */
  readonly firstTime: string;
  readonly lastTime: string;
  readonly lastEventSeq: number;
  readonly lastEventId: string;
  readonly callsOffered: number;
  readonly callsAnswered: number;
  readonly callsAbandoned: number;
  readonly answeredInTime: number;
  readonly abandonedInTime: number;
  /** Sum over answered calls. */
  readonly waitMsTotal: number;
}

export const NO_TALLY: Tally = {
  streamSeq: 0,
  events: 0,
  byType: {},
  duplicates: 0,
  siteGaps: 0,
  invalid: 0,
  firstTime: '',
  lastTime: '',
  lastEventSeq: 0,
  lastEventId: '',
  callsOffered: 0,
  callsAnswered: 0,
  callsAbandoned: 0,
  answeredInTime: 0,
  abandonedInTime: 0,
  waitMsTotal: 0,
};

/** Whether a stored value is a tally of this version; another one is counted anew. */
export function isTally(value: unknown): value is Tally {
  return Value.Check(StoredTally, value);
}

export interface Arrival {
  readonly streamSeq: number;
  readonly event: CloudEvent | undefined;
  /** `again`: this very message was folded in before. `duplicate`: its event was, at another place. */
  readonly as: 'new' | 'again' | 'duplicate' | 'invalid';
}

export function tallied(tally: Tally, { streamSeq, event, as }: Arrival): Tally {
  if (as === 'again') return tally;
  const placed: Tally = { ...tally, streamSeq: Math.max(tally.streamSeq, streamSeq) };
  if (as === 'invalid' || !event) return { ...placed, invalid: placed.invalid + 1 };
  const last = streamSeq > placed.lastEventSeq ? { lastEventSeq: streamSeq, lastEventId: event.id } : {};
  if (as === 'duplicate') return { ...placed, ...last, duplicates: placed.duplicates + 1 };
  const type = shortType(event.type);
  const slot = type in tally.byType || Object.keys(tally.byType).length < TYPES_MAX ? type : 'other';
  return withCall(
    {
      ...placed,
      ...last,
      events: placed.events + 1,
      byType: { ...tally.byType, [slot]: (tally.byType[slot] ?? 0) + 1 },
      firstTime: tally.firstTime === '' || event.time < tally.firstTime ? event.time : tally.firstTime,
      lastTime: event.time > tally.lastTime ? event.time : tally.lastTime,
    },
    type,
    event,
  );
}

function withCall(tally: Tally, type: string, event: CloudEvent): Tally {
  const waitMs = numberField(event, 'waitMs');
  const inTime = waitMs <= SERVICE_LEVEL_MS ? 1 : 0;
  if (type === 'call.offered') return { ...tally, callsOffered: tally.callsOffered + 1 };
  if (type === 'call.connected') {
    return {
      ...tally,
      callsAnswered: tally.callsAnswered + 1,
      answeredInTime: tally.answeredInTime + inTime,
      waitMsTotal: tally.waitMsTotal + waitMs,
    };
  }
  if (type === 'call.ended' && textField(event, 'verdict') === 'abandoned_in_queue') {
    return { ...tally, callsAbandoned: tally.callsAbandoned + 1, abandonedInTime: tally.abandonedInTime + inTime };
  }
  return tally;
}

/** Places of the stream up to the highest one that no message was folded in for. */
export function streamGaps({ streamSeq, events, duplicates, invalid }: Tally): number {
  return streamSeq - events - duplicates - invalid;
}

/** What the worker answers: the counters and the figures made from them; a figure without calls behind it is null. */
export interface CountersAnswer {
  readonly site: string;
  readonly events: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly duplicates: number;
  readonly gaps: { readonly stream: number; readonly site: number };
  readonly invalid: number;
  readonly streamSeq: number;
  readonly first: string;
  readonly last: string;
  readonly lastEventId: string;
  readonly calls: {
    readonly offered: number;
    readonly answered: number;
    readonly abandoned: number;
    /** 0 to 1, threshold 20 s. */
    readonly serviceLevel: number | null;
    readonly averageWaitMs: number | null;
  };
}

export function answerOf(site: string, tally: Tally): CountersAnswer {
  const { callsAnswered, callsAbandoned } = tally;
  const judged = callsAnswered + callsAbandoned;
  return {
    site,
    events: tally.events,
    byType: tally.byType,
    duplicates: tally.duplicates,
    gaps: { stream: streamGaps(tally), site: tally.siteGaps },
    invalid: tally.invalid,
    streamSeq: tally.streamSeq,
    first: tally.firstTime,
    last: tally.lastTime,
    lastEventId: tally.lastEventId,
    calls: {
      offered: tally.callsOffered,
      answered: callsAnswered,
      abandoned: callsAbandoned,
      serviceLevel: judged === 0 ? null : (tally.answeredInTime + tally.abandonedInTime) / judged,
      averageWaitMs: callsAnswered === 0 ? null : Math.round(tally.waitMsTotal / callsAnswered),
    },
  };
}
