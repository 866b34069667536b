/** The days of a report, China Standard Time (UTC+8, no summer time), and the entries of the audit log that fall into them. Pure. */
import { KeeplineError } from '@keepline/contracts/errors';

export interface Period {
  /** Days `yyyy-mm-dd`, both included. */
  readonly from: string;
  readonly to: string;
}
const DAY = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const CST_MS = 8 * 3_600_000;

/** @throws KeeplineError REPORT_PERIOD_INVALID */
export function periodOf(from: string, to: string): Period {
  if (!DAY.test(from) || !DAY.test(to) || from > to)
    throw new KeeplineError('REPORT_PERIOD_INVALID', 'a report needs a first and a last day', {
      hint: 'Give both as yyyy-mm-dd, the first not behind the last: --from 2026-11-01 --to 2026-11-30',
      offending: `${from.slice(0, 12)}..${to.slice(0, 12)}`,
    });
  return { from, to };
}

/** The day of an instant in China. @param time ISO 8601 */
export function dayOf(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? '' : new Date(ms + CST_MS).toISOString().slice(0, 10);
}

export function isWithin({ from, to }: Period, time: string): boolean {
  const day = dayOf(time);
  return day >= from && day <= to;
}

export interface EntryFields {
  readonly time: string;
  readonly act: string;
  readonly who: string;
  readonly role: string;
  readonly from: string;
  readonly object: string;
  readonly purpose: string;
  readonly outcome: string;
  readonly correlation: string;
}
const MUST_SAY = ['time', 'act', 'who', 'role', 'from', 'outcome', 'correlation'] as const;

/** The fields of one entry; undefined when one that every entry must have is missing or empty. */
export function fieldsOf(line: Uint8Array): EntryFields | undefined {
  const entry: unknown = JSON.parse(Buffer.from(line).toString('utf8'));
  if (typeof entry !== 'object' || entry === null) return undefined;
  const field = (name: string): string => {
    const value: unknown = Reflect.get(entry, name);
    return typeof value === 'string' ? value : '';
  };
  if (MUST_SAY.some((name) => field(name) === '') || Number.isNaN(Date.parse(field('time')))) return undefined;
  return {
    time: field('time'),
    act: field('act'),
    who: field('who'),
    role: field('role'),
    from: field('from'),
    object: field('object'),
    purpose: field('purpose'),
    outcome: field('outcome'),
    correlation: field('correlation'),
  };
}
