/**
 * The questions analytics answers, as SQL that SQLite and DuckDB both speak. Pure. A call counts in the hour it was offered, whenever its events
 * arrive, so that the columns of one row add up: offered = answered + abandoned + abandoned in the menu + others.
 *
 * Service level after Cisco: (answered + abandoned within the threshold) / (all answered + all abandoned). Handle time = talk + hold + wrap-up.
 */
import { KeeplineError } from '@keepline/contracts/errors';
import { SERVICE_LEVEL_MS } from './tally.ts';

export const QUESTIONS = ['calls', 'service-level', 'abandonment', 'handle-time', 'answer-speed', 'reasons', 'advice'] as const;
export type Question = (typeof QUESTIONS)[number];
export const DIMENSIONS = ['hour', 'queue', 'site'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** A caller who leaves earlier had dialled wrong or changed his mind, ms; the usual figure of the trade. */
export const SHORT_ABANDON_MS = 5000;
/** Rows of one answer; a year of hours has 8,784. Beyond it the answer is refused rather than cut. */
export const ROWS_MAX = 50_000;

export interface Asked {
  readonly question: Question;
  /** First instant and the one after the last, ms since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly by: readonly Dimension[];
  /** Only this site; '' for all. */
  readonly site: string;
  readonly thresholdMs: number;
  readonly shortMs: number;
}

export type Cell = string | number | null;
export type ReportRow = Readonly<Record<string, Cell>>;
export interface Query {
  readonly sql: string;
  /** Bound as $1, $2 …, in this order. */
  readonly params: readonly (string | number)[];
}

const HOUR_MS = 3_600_000;
const OFFERED = `SELECT call_id FROM fact WHERE type = 'call.offered' AND time_ms >= $1 AND time_ms < $2 AND ($3 = '' OR site = $3)`;
const newest = (type: string): string => `SUBSTR(MAX(CASE WHEN type = '${type}' THEN CAST(time_ms AS TEXT) || label END), 14)`; // 13 digits of ms until the year 2286

/** One row per call. */
const CALLS = `SELECT f.call_id, f.site,
  MIN(CASE WHEN type = 'call.offered' THEN time_ms END) AS offered_ms,
  COALESCE(MAX(CASE WHEN type = 'call.ended' THEN queue END), MAX(CASE WHEN type IN ('call.connected', 'call.queued') THEN queue END), '') AS queue,
  MAX(CASE WHEN type = 'call.ended' THEN label END) AS verdict,
  MIN(CASE WHEN type = 'call.connected' THEN wait_ms END) AS answered_wait,
  MAX(CASE WHEN type = 'call.ended' THEN wait_ms END) AS ended_wait,
  MAX(CASE WHEN type = 'call.ended' THEN talk_ms END) AS talk_ms,
  MAX(CASE WHEN type = 'call.disposed' THEN wrap_ms END) AS wrap_ms,
  ${newest('ivr.chosen')} AS choice,
  ${newest('call.disposed')} AS disposition,
  SUM(CASE WHEN label <> 'agent' THEN 0 WHEN type = 'call.held' THEN -time_ms WHEN type = 'call.resumed' THEN time_ms ELSE 0 END) AS hold_sum,
  SUM(CASE WHEN label = 'agent' AND type = 'call.held' THEN 1 WHEN label = 'agent' AND type = 'call.resumed' THEN -1 ELSE 0 END) AS holds_open,
  MAX(CASE WHEN type = 'call.ended' THEN time_ms END) AS ended_ms
FROM fact f WHERE f.call_id IN (${OFFERED}) GROUP BY f.call_id, f.site`;

/** A hold still open when the call ended lasted until then; half a pair that never arrived is left out. */
const FIGURES = `SELECT *,
  CASE WHEN holds_open = 0 THEN hold_sum WHEN holds_open = 1 AND ended_ms IS NOT NULL THEN hold_sum + ended_ms ELSE 0 END AS hold_ms,
  CASE WHEN answered_wait IS NOT NULL THEN 1 ELSE 0 END AS answered,
  CASE WHEN answered_wait IS NULL AND verdict = 'abandoned_in_queue' THEN 1 ELSE 0 END AS abandoned
FROM (${CALLS}) AS call`;

const total = (what: string, as: string): string => `CAST(COALESCE(SUM(${what}), 0) AS DOUBLE) AS ${as}`;
const when = (condition: string, value = '1'): string => `CASE WHEN ${condition} THEN ${value} ELSE 0 END`;

/** @throws nothing; every text in it is a constant of this file */
export function queryOf(asked: Asked): Query {
  const base = [asked.fromMs, asked.toMs, asked.site];
  if (asked.question === 'reasons') return { sql: reasonsSql(asked.by), params: base };
  if (asked.question === 'advice') return { sql: adviceSql(asked.by), params: base };
  const keys = keysOf(asked.by, 'offered_ms');
  const columns = [
    ...keys.map(({ sql, as }) => `${sql} AS ${as}`),
    total('1', 'offered'),
    total(when(`queue <> ''`), 'queued'),
    total('answered', 'answered'),
    total('abandoned', 'abandoned'),
    total(when(`verdict = 'abandoned_in_ivr'`), 'abandonedInIvr'),
    total(when('abandoned = 1 AND ended_wait < $5'), 'shortAbandoned'),
    total(when('answered_wait <= $4'), 'answeredInTime'),
    total(when('abandoned = 1 AND ended_wait <= $4'), 'abandonedInTime'),
    total(when('answered = 1', 'answered_wait'), 'waitMs'),
    total(when('answered = 1', 'COALESCE(talk_ms, 0)'), 'talkMs'),
    total(when('answered = 1', 'hold_ms'), 'holdMs'),
    total(when('answered = 1', 'COALESCE(wrap_ms, 0)'), 'wrapMs'),
  ];
  return {
    sql: `SELECT ${columns.join(', ')} FROM (${FIGURES}) AS figure${grouped(keys)} LIMIT ${ROWS_MAX + 1}`,
    params: [...base, asked.thresholdMs, asked.shortMs],
  };
}

/** The figures of a question, from a row of sums; a figure without calls behind it is null. */
export function answerRow(question: Question, row: ReportRow, by: readonly Dimension[]): ReportRow {
  const n = (name: string): number => Number(row[name] ?? 0);
  const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : Math.round((part / whole) * 1e6) / 1e6);
  const mean = (sum: number): number | null => (n('answered') === 0 ? null : Math.round(sum / n('answered')));
  const keys = Object.fromEntries(by.map((name) => [name, name === 'hour' ? new Date(n('hour')).toISOString() : (row[name] ?? '')]));
  const only = (...names: string[]): ReportRow => ({ ...keys, ...Object.fromEntries(names.map((name) => [name, n(name)])) });
  switch (question) {
    case 'calls':
      return only('offered', 'queued', 'answered', 'abandoned', 'abandonedInIvr');
    case 'service-level':
      return {
        ...only('answered', 'abandoned', 'answeredInTime', 'abandonedInTime'),
        serviceLevel: ratio(n('answeredInTime') + n('abandonedInTime'), n('answered') + n('abandoned')),
      };
    case 'abandonment':
      return {
        ...only('queued', 'abandoned', 'shortAbandoned'),
        abandonment: ratio(n('abandoned'), n('queued')),
        shortAbandonment: ratio(n('shortAbandoned'), n('queued')),
      };
    case 'handle-time':
      return {
        ...only('answered'),
        averageTalkMs: mean(n('talkMs') - n('holdMs')),
        averageHoldMs: mean(n('holdMs')),
        averageWrapMs: mean(n('wrapMs')),
        averageHandleMs: mean(n('talkMs') + n('wrapMs')), // talk of the events holds the holds
      };
    case 'answer-speed':
      return { ...only('answered'), averageSpeedOfAnswerMs: mean(n('waitMs')) };
    case 'reasons':
      return { ...keys, kind: row['kind'] ?? '', reason: row['reason'] ?? '', calls: n('calls') };
    case 'advice':
      return {
        ...only('decisions', 'answered', 'accepted', 'ignored', 'unanswered'),
        acceptance: ratio(n('accepted'), n('answered')),
        averageDelayMs: n('decisions') === 0 ? null : Math.round(n('delayMs') / n('decisions')),
      };
  }
}

/** Why callers called (last menu choice) and what became of it (disposition, verdict). */
function reasonsSql(by: readonly Dimension[]): string {
  const keys = keysOf(by, 'offered_ms');
  const kinds = ['choice', 'disposition', 'verdict'].map((kind) => {
    const columns = [...keys.map(({ sql, as }) => `${sql} AS ${as}`), `'${kind}' AS kind`, `${kind} AS reason`, total('1', 'calls')];
    const groups = [...keys.map(({ sql }) => sql), kind];
    return `SELECT ${columns.join(', ')} FROM call_row WHERE ${kind} IS NOT NULL AND ${kind} <> '' GROUP BY ${groups.join(', ')}`;
  });
  const order = [...keys.map(({ as }) => as), 'kind', 'calls DESC', 'reason'].join(', ');
  return `WITH call_row AS (${CALLS}) SELECT * FROM (${kinds.join(' UNION ALL ')}) AS reason_row ORDER BY ${order} LIMIT ${ROWS_MAX + 1}`;
}

/** Decisions count in the hour they were made. */
function adviceSql(by: readonly Dimension[]): string {
  const keys = keysOf(by, 'time_ms');
  const columns = [
    ...keys.map(({ sql, as }) => `${sql} AS ${as}`),
    total('1', 'decisions'),
    total(when(`advice = 'answered'`), 'answered'),
    total(when(`advice = 'answered' AND advice_used = 1`), 'accepted'),
    total(when(`advice = 'answered' AND advice_used = 0`), 'ignored'),
    total(when(`advice <> 'answered' AND advice <> 'not_asked'`), 'unanswered'),
    total('delay_ms', 'delayMs'),
  ];
  const where = `type = 'routing.decided' AND time_ms >= $1 AND time_ms < $2 AND ($3 = '' OR site = $3)`;
  return `SELECT ${columns.join(', ')} FROM fact WHERE ${where}${grouped(keys)} LIMIT ${ROWS_MAX + 1}`;
}

interface Key {
  readonly sql: string;
  readonly as: Dimension;
}

function keysOf(by: readonly Dimension[], time: string): readonly Key[] {
  const sql: Readonly<Record<Dimension, string>> = { hour: `${time} - ${time} % ${HOUR_MS}`, queue: 'queue', site: 'site' };
  return by.map((as) => ({ sql: sql[as], as }));
}

function grouped(keys: readonly Key[]): string {
  if (keys.length === 0) return '';
  return ` GROUP BY ${keys.map(({ sql }) => sql).join(', ')} ORDER BY ${keys.map(({ as }) => as).join(', ')}`;
}

/** What a person asked for, from the texts of a query. @throws KeeplineError ANALYTICS_QUESTION_INVALID */
export function readQuestion(given: Readonly<Record<string, string | undefined>>, nowMs: number): Asked {
  const question = QUESTIONS.find((name) => name === (given['question'] ?? 'calls'));
  if (question === undefined) throw invalid('question', `one of ${QUESTIONS.join(', ')}`);
  const words = (given['by'] ?? 'site').split(',').filter((word) => word !== '');
  const by = DIMENSIONS.filter((name) => words.includes(name));
  if (by.length !== words.length) throw invalid('by', `${DIMENSIONS.join(', ')}, each at most once, joined by commas`);
  const toMs = instant(given['to'], 'to') ?? nowMs;
  const fromMs = instant(given['from'], 'from') ?? toMs - 24 * HOUR_MS;
  if (fromMs >= toMs) throw invalid('from', 'an instant before --to');
  return {
    question,
    by,
    fromMs,
    toMs,
    site: given['site'] ?? '',
    thresholdMs: seconds(given['threshold'], 'threshold') ?? SERVICE_LEVEL_MS,
    shortMs: seconds(given['short'], 'short') ?? SHORT_ABANDON_MS,
  };
}

function instant(text: string | undefined, name: string): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text) || Number.isNaN(Date.parse(text)))
    throw invalid(name, 'a date (begins at 00:00 UTC) or an instant with its offset, such as 2026-11-23T09:00+08:00');
  return Date.parse(text);
}

function seconds(text: string | undefined, name: string): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,4}$/.test(text)) throw invalid(name, 'whole seconds, 0 to 9999');
  return Number(text) * 1000;
}

function invalid(name: string, wanted: string): KeeplineError {
  return new KeeplineError('ANALYTICS_QUESTION_INVALID', `the word ${name} of the question cannot be used`, {
    hint: `Give ${name} as ${wanted}.`,
    offending: name,
  });
}

/** Comma-separated values (RFC 4180), with a header line. */
export function csvOf(rows: readonly ReportRow[]): string {
  const names = Object.keys(rows[0] ?? {});
  const field = (cell: Cell | undefined): string => {
    const plain = String(cell ?? '');
    return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  const lines = [names.join(','), ...rows.map((row) => names.map((name) => field(row[name])).join(','))];
  return rows.length === 0 ? '' : `${lines.join('\r\n')}\r\n`;
}
