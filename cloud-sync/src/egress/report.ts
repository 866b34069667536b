/**
 * "What left the building": the report of a compliance officer, per day and type, with the fields the policy lets out. Pure: the same ledger gives
 * the same bytes, whenever and wherever it is made, so that two copies can be compared by their hash. Headings in Chinese and English.
 */
import { AssistRequest } from '@keepline/contracts/assist';
import { CLOUD_EVENT_PREFIX } from '@keepline/contracts/events';
import { QaRequest } from '@keepline/contracts/qa';
import { SummaryRequest } from '@keepline/contracts/summary';
import { ALLOWED, ALLOWED_ADVICE } from './allowed-shapes.ts';

export const REPORT_FORMATS = ['csv', 'json', 'html'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** A row of the ledger (`outbox/egress-ledger.ts`). */
export interface ReportRow {
  readonly day: string;
  readonly type: string;
  readonly events: number;
  readonly bytes: number;
  readonly expired: number;
  readonly quarantined: number;
}

export interface ReportFrame {
  readonly site: string;
  /** First and last day, `yyyy-mm-dd`, both included. */
  readonly from: string;
  readonly to: string;
}

const COLUMNS = [
  { key: 'day', zh: '日期', en: 'day' },
  { key: 'type', zh: '事件类型', en: 'event type' },
  { key: 'events', zh: '送出条数', en: 'events sent' },
  { key: 'bytes', zh: '送出字节数', en: 'bytes sent' },
  { key: 'expired', zh: '过期条数', en: 'expired' },
  { key: 'quarantined', zh: '隔离条数', en: 'quarantined' },
  { key: 'fields', zh: '允许出境的字段', en: 'fields allowed' },
] as const;

const ZH_TITLE = '出域数据报告';
const EN_TITLE = 'What left the building';
const FIELDS = new Map<string, readonly string[]>(
  [
    ...Object.entries(ALLOWED).map(([type, fields]) => [type, Object.keys(fields)] as const),
    ['request.advice', Object.keys(ALLOWED_ADVICE)] as const,
    ['request.assist', Object.keys(AssistRequest.properties)] as const,
    ['request.summary', Object.keys(SummaryRequest.properties)] as const,
    ['request.qa', Object.keys(QaRequest.properties)] as const,
  ].map(([type, fields]) => [type, fields.toSorted(compare)]),
);

/** @param rows of the ledger, in any order; those outside the frame are left out */
export function reportText(format: ReportFormat, rows: readonly ReportRow[], frame: ReportFrame): string {
  const lines = rows
    .filter(({ day }) => day >= frame.from && day <= frame.to)
    .toSorted((a, b) => compare(a.day, b.day) || compare(a.type, b.type))
    .map(({ day, type, events, bytes, expired, quarantined }) => ({
      ...{ day, type, events, bytes, expired, quarantined },
      fields: fieldsOf(type),
    }));
  switch (format) {
    case 'csv':
      return csv(lines);
    case 'json':
      return `${JSON.stringify({ report: 'egress', version: 1, zone: 'UTC+08:00', ...pick(frame), rows: lines, total: totalOf(lines) }, undefined, 2)}\n`;
    case 'html':
      return html(lines, frame);
  }
}

type Line = ReportRow & { readonly fields: readonly string[] };

/** Names of the data fields this type may carry; none for a type the guard does not let out. */
function fieldsOf(type: string): readonly string[] {
  const short = type.startsWith(CLOUD_EVENT_PREFIX) ? type.slice(CLOUD_EVENT_PREFIX.length).replace(/\.v1$/, '') : type;
  return FIELDS.get(short) ?? [];
}

function totalOf(lines: readonly Line[]): Omit<ReportRow, 'day' | 'type'> {
  const sum = (of: (line: Line) => number): number => lines.reduce((total, line) => total + of(line), 0);
  return {
    events: sum((line) => line.events),
    bytes: sum((line) => line.bytes),
    expired: sum((line) => line.expired),
    quarantined: sum((line) => line.quarantined),
  };
}

/** RFC 4180, with the mark that makes spreadsheets read it as UTF-8. */
function csv(lines: readonly Line[]): string {
  const cell = (value: string | number): string => `"${String(value).replaceAll('"', '""')}"`;
  const rows = [COLUMNS.map(({ zh, en }) => `${zh} ${en}`), ...lines.map(cells)];
  return `\uFEFF${rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
}

function html(lines: readonly Line[], { site, from, to }: ReportFrame): string {
  const row = (tag: 'th' | 'td', values: readonly (string | number)[]): string =>
    `<tr>${values.map((value) => `<${tag}>${escaped(String(value))}</${tag}>`).join('')}</tr>`;
  const total = totalOf(lines);
  return `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<title>${ZH_TITLE} ${EN_TITLE} ${escaped(site)} ${from} – ${to}</title>
<style>body{font-family:sans-serif}table{border-collapse:collapse}th,td{border:1px solid #888;padding:.2em .6em;text-align:left}</style>
<h1>${ZH_TITLE} <span lang="en">${EN_TITLE}</span></h1>
<p>${escaped(site)}, ${from} – ${to} (UTC+08:00)</p>
<table>
${row(
  'th',
  COLUMNS.map(({ zh, en }) => `${zh} ${en}`),
)}
${lines.map((line) => row('td', cells(line))).join('\n')}
${row('th', ['合计 total', '', total.events, total.bytes, total.expired, total.quarantined, ''])}
</table>
</html>
`;
}

function cells({ day, type, events, bytes, expired, quarantined, fields }: Line): (string | number)[] {
  return [day, type, events, bytes, expired, quarantined, fields.join(' ')];
}

function pick({ site, from, to }: ReportFrame): ReportFrame {
  return { site, from, to };
}

/** By code unit, so that no language of the machine changes the order. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
