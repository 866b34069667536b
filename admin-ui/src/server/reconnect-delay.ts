/**
 * How long to wait before the next attempt to connect. Doubling with "equal jitter": after a restart of the gateway, two thousand desks
 * must not knock in the same second, yet none may wait longer than `LONGEST_MS`.
 */
export const SHORTEST_MS = 500;
export const LONGEST_MS = 10_000;

/**
 * @param attempt 1 for the first attempt after a loss
 * @param random in [0, 1)
 * @returns ms, from half of the doubled step to the whole of it
 */
export function reconnectDelayMs(attempt: number, random: number): number {
  const step = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(attempt - 1, 16));
  return Math.round(step / 2 + (random * step) / 2);
}
