/**
 * Counters of one site, folded event by event from its stream. Pure: the same stream always gives the same counters, so they can be rebuilt.
 * Times are in ms. Service level after Cisco: (answered + abandoned within the threshold) / (all answered + all abandoned).
 */
import type { CloudEvent } from '@keepline/contracts/events';
import { shortType } from '../../outbox/entry.ts';
import { numberField, textField } from '../cloud-event.ts';

/** The usual threshold of voice queues, ms. */
export const SERVICE_LEVEL_MS = 20_000;
/** Types counted apart; more would be somebody's mistake or attack and are counted as `other`. */
const TYPES_MAX = 64;

export interface Counters {
  /** Sequence of the last message folded in. */
  readonly streamSeq: number;
  readonly events: number;
  readonly byType: Readonly<Record<string, number>>;
  /** Messages whose event had been seen before; not folded in again. */
  readonly duplicates: number;
  /** Sequence numbers the stream skipped. */
  readonly streamGaps: number;
  /** Events whose named predecessor is not the event before: something of this site is missing or out of order. */
  readonly siteGaps: number;
  /** Messages that were no event of this site. */
  readonly invalid: number;
  readonly firstTime: string;
  readonly lastTime: string;
  readonly lastEventId: string;
  readonly callsOffered: number;
  readonly callsAnswered: number;
  readonly callsAbandoned: number;
  readonly answeredInTime: number;
  readonly abandonedInTime: number;
  /** Sum over answered calls. */
  readonly waitMsTotal: number;
}

export const NO_COUNTERS: Counters = {
  streamSeq: 0,
  events: 0,
  byType: {},
  duplicates: 0,
  streamGaps: 0,
  siteGaps: 0,
  invalid: 0,
  firstTime: '',
  lastTime: '',
  lastEventId: '',
  callsOffered: 0,
  callsAnswered: 0,
  callsAbandoned: 0,
  answeredInTime: 0,
  abandonedInTime: 0,
  waitMsTotal: 0,
};

export interface Arrival {
  readonly streamSeq: number;
  /** undefined when the message was no event of this site. */
  readonly event: CloudEvent | undefined;
  /** Id the sender named as the event before; undefined when it named none. */
  readonly previousId: string | undefined;
  /** Whether an event of this id was folded in before. */
  readonly seenBefore: boolean;
}

export function count(counters: Counters, arrival: Arrival): Counters {
  const { streamSeq, event } = arrival;
  if (streamSeq <= counters.streamSeq) return counters; // delivered again after a restart
  const skipped = streamSeq - counters.streamSeq - 1;
  const placed: Counters = { ...counters, streamSeq, streamGaps: counters.streamGaps + skipped };
  if (!event) return { ...placed, invalid: placed.invalid + 1 };
  if (arrival.seenBefore) return { ...placed, duplicates: placed.duplicates + 1 };
  const broken = arrival.previousId !== undefined && arrival.previousId !== counters.lastEventId;
  const type = shortType(event.type);
  const slot = type in counters.byType || Object.keys(counters.byType).length < TYPES_MAX ? type : 'other';
  return countCall(
    {
      ...placed,
      events: placed.events + 1,
      byType: { ...counters.byType, [slot]: (counters.byType[slot] ?? 0) + 1 },
      siteGaps: placed.siteGaps + (broken ? 1 : 0),
      firstTime: counters.firstTime || event.time,
      lastTime: event.time,
      lastEventId: event.id,
    },
    type,
    event,
  );
}

function countCall(counters: Counters, type: string, event: CloudEvent): Counters {
  const waitMs = numberField(event, 'waitMs');
  const inTime = waitMs <= SERVICE_LEVEL_MS ? 1 : 0;
  if (type === 'call.offered') return { ...counters, callsOffered: counters.callsOffered + 1 };
  if (type === 'call.connected') {
    return {
      ...counters,
      callsAnswered: counters.callsAnswered + 1,
      answeredInTime: counters.answeredInTime + inTime,
      waitMsTotal: counters.waitMsTotal + waitMs,
    };
  }
  if (type === 'call.ended' && textField(event, 'verdict') === 'abandoned_in_queue') {
    return { ...counters, callsAbandoned: counters.callsAbandoned + 1, abandonedInTime: counters.abandonedInTime + inTime };
  }
  return counters;
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

export function answerOf(site: string, counters: Counters): CountersAnswer {
  const { callsAnswered, callsAbandoned } = counters;
  const judged = callsAnswered + callsAbandoned;
  return {
    site,
    events: counters.events,
    byType: counters.byType,
    duplicates: counters.duplicates,
    gaps: { stream: counters.streamGaps, site: counters.siteGaps },
    invalid: counters.invalid,
    streamSeq: counters.streamSeq,
    first: counters.firstTime,
    last: counters.lastTime,
    lastEventId: counters.lastEventId,
    calls: {
      offered: counters.callsOffered,
      answered: callsAnswered,
      abandoned: callsAbandoned,
      serviceLevel: judged === 0 ? null : (counters.answeredInTime + counters.abandonedInTime) / judged,
      averageWaitMs: callsAnswered === 0 ? null : Math.round(counters.waitMsTotal / callsAnswered),
    },
  };
}
