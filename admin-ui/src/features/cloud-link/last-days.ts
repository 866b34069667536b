/** Days of the ledger, which are those of China Standard Time (UTC+8, no summer time), wherever the browser is. Pure. */
import type { Span } from './cloud-requests.ts';

const DAY_MS = 86_400_000;
const CHINA_AHEAD_MS = 28_800_000;

/** @param count 1 and more, today included @param nowMs wall time */
export function lastDays(count: number, nowMs: number): Span {
  const day = (ms: number): string => new Date(ms + CHINA_AHEAD_MS).toISOString().slice(0, 10);
  return { from: day(nowMs - (count - 1) * DAY_MS), to: day(nowMs) };
}
