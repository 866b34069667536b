/**
 * What is owed to whom and when, pure: whether another call-back may be agreed on, which are to be called now, and what becomes of one after a try.
 * Wall times in ms since 1970.
 */
import type { CallbackOutcome } from '@keepline/contracts/events';
import type { SiteConfig } from '@keepline/contracts/site-config';
import type { Callback } from '../store/tables/callbacks.ts';

export type CallbackSettings = SiteConfig['callback'];

/** How a try ended. `not_begun`: nobody was called, so it counts for nothing; `not_allowed`: the number plan of the site refuses the number. */
export type TryEnd = 'talked' | 'no_answer' | 'not_begun' | 'not_allowed';

/** Why no call-back is agreed on. */
export type BookingFault = 'off' | 'full' | 'owed' | 'past' | 'too_late';

/** Call-backs of one queue that wait for an agent at once: the next ones are not nearer to an agent for standing in line. */
export const IN_LINE_PER_QUEUE = 10;

const DAY_MS = 86_400_000;
/** A time that is chosen on a screen may be over when it arrives. */
const PAST_SPARE_MS = 60_000;

/** @returns null when it may be agreed on */
export function bookingFault(
  owed: readonly Callback[],
  { number, dueAtMs }: Pick<Callback, 'number' | 'dueAtMs'>,
  nowMs: number,
  { max, days }: CallbackSettings,
): BookingFault | null {
  if (max === 0) return 'off';
  // One each: else one caller could fill the list, or have a stranger rung all day. One that is being made may be followed by another.
  if (owed.some((one) => one.number === number && one.state === 'open')) return 'owed';
  if (owed.length >= max) return 'full';
  if (dueAtMs < nowMs - PAST_SPARE_MS) return 'past';
  return dueAtMs > nowMs + days * DAY_MS ? 'too_late' : null;
}

/** Whether customers may be called at this minute of the day (0 to 1439); where `from` is not before `until`, the hours go over midnight. */
export function isOpen(minute: number, { from, until }: Pick<CallbackSettings, 'from' | 'until'>): boolean {
  const [begin, end] = [minutesOf(from), minutesOf(until)];
  return begin < end ? minute >= begin && minute < end : minute >= begin || minute < end;
}

/** Those to be called now, by their place, at most `IN_LINE_PER_QUEUE` of each queue with those in line already. */
export function dueNow(owed: readonly Callback[], inLine: ReadonlySet<string>, nowMs: number): Callback[] {
  const room = new Map<string, number>();
  for (const { id, queue } of owed) if (inLine.has(id)) room.set(queue, (room.get(queue) ?? 0) + 1);
  return owed
    .filter(({ id, state, dueAtMs }) => state === 'open' && dueAtMs <= nowMs && !inLine.has(id))
    .toSorted((a, b) => a.queuedAtMs - b.queuedAtMs || (a.id < b.id ? -1 : 1))
    .filter(({ queue }) => {
      const taken = (room.get(queue) ?? 0) + 1;
      room.set(queue, taken);
      return taken <= IN_LINE_PER_QUEUE;
    });
}

/** Owed for too long, whether or not it was tried. */
export function isExpired({ madeAtMs, dueAtMs, kind }: Callback, nowMs: number, { days }: CallbackSettings): boolean {
  return nowMs > (kind === 'scheduled' ? Math.max(madeAtMs, dueAtMs) : madeAtMs) + days * DAY_MS;
}

/** A try begins: counted before anybody is rung, so that a crash cannot make a telephone ring for ever. */
export const begun = (one: Callback): Callback => ({ ...one, tries: one.tries + 1, state: 'calling' });

/** What is owed after a try; an outcome where nothing is any more. */
export function afterTry(
  one: Callback,
  end: TryEnd,
  nowMs: number,
  { tries, spacingSeconds }: CallbackSettings,
): Callback | CallbackOutcome {
  if (end === 'talked' || end === 'not_allowed') return end;
  if (end === 'no_answer' && one.tries >= tries) return 'not_reached';
  return { ...one, state: 'open', dueAtMs: nowMs + spacingSeconds * 1000 };
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
