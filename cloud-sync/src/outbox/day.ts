/** The day of the ledger: the calendar day of China Standard Time, which has no summer time; the same on every machine whatever its zone. Pure. */

const CHINA_MS = 8 * 3_600_000;
export const DAY_MS = 86_400_000;

/** `yyyy-mm-dd` of a wall time in ms since 1970. */
export function dayOf(ms: number): string {
  return new Date(ms + CHINA_MS).toISOString().slice(0, 10);
}

/** Whether the text is a day the calendar has, as `yyyy-mm-dd`. */
export function isDay(text: string): boolean {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text);
}
