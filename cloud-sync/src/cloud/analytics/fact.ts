/**
 * An event as a row for questions: the few fields that figures are made of, in columns of one shape for every event type. Pure.
 * Times are ms since 1970 and are the event's own, so that a backlog that arrives hours late still lands in the hour it happened.
 */
import type { CloudEvent } from '@keepline/contracts/events';
import { shortType } from '../../outbox/entry.ts';
import { numberField, textField } from '../cloud-event.ts';

export interface Fact {
  readonly id: string;
  readonly site: string;
  /** Place in the site's stream. */
  readonly seq: number;
  readonly type: string;
  readonly timeMs: number;
  readonly callId: string;
  readonly queue: string;
  /** The one word of its type: verdict, disposition, menu choice, who holds; '' for others. */
  readonly label: string;
  readonly waitMs: number;
  /** From connection to the end, holds included. */
  readonly talkMs: number;
  readonly wrapMs: number;
  /** Outcome of asking for advice; '' where nothing was decided. */
  readonly advice: string;
  readonly adviceUsed: number;
  readonly delayMs: number;
}

/** Column → field, in the order of the tables. */
export const FACT_COLUMNS = {
  id: 'id',
  site: 'site',
  seq: 'seq',
  type: 'type',
  time_ms: 'timeMs',
  call_id: 'callId',
  queue: 'queue',
  label: 'label',
  wait_ms: 'waitMs',
  talk_ms: 'talkMs',
  wrap_ms: 'wrapMs',
  advice: 'advice',
  advice_used: 'adviceUsed',
  delay_ms: 'delayMs',
} as const satisfies Readonly<Record<string, keyof Fact>>;
/** The columns that hold text; the others hold whole numbers. */
export const TEXT_COLUMNS: readonly string[] = ['id', 'site', 'type', 'call_id', 'queue', 'label', 'advice'];

const LABEL: Readonly<Record<string, string>> = {
  'call.ended': 'verdict',
  'call.disposed': 'disposition',
  'ivr.chosen': 'choice',
  'call.held': 'by',
  'call.resumed': 'by',
};

export function factOf(event: CloudEvent, site: string, seq: number): Fact {
  const type = shortType(event.type);
  const label = LABEL[type];
  return {
    id: event.id,
    site,
    seq,
    type,
    timeMs: Math.trunc(Date.parse(event.time)),
    callId: textField(event, 'callId'),
    queue: textField(event, 'queue'),
    label: label === undefined ? '' : textField(event, label),
    waitMs: whole(numberField(event, 'waitMs')),
    talkMs: whole(numberField(event, 'talkMs')),
    wrapMs: whole(numberField(event, 'wrapUpMs')),
    advice: textField(event, 'advice'),
    adviceUsed: event.data['adviceUsed'] === true ? 1 : 0,
    delayMs: whole(numberField(event, 'delayMs')),
  };
}

/** A column of 64 bits holds it; a broken figure of a site must not stop the others. */
function whole(value: number): number {
  return Number.isFinite(value) ? Math.trunc(Math.min(Math.max(value, 0), 1e12)) : 0;
}
