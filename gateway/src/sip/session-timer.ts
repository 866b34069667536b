/**
 * Session timers, pure (RFC 4028): who refreshes a call how often, so that one whose far end vanished is ended by itself. Seconds on the
 * wire, ms inside.
 */
import { supports } from './extensions.ts';
import type { Headers } from './message.ts';
import type { HeaderPairs } from './respond.ts';

/** The least the RFC allows (§4); we ask for no more. */
export const MIN_SESSION_SECONDS = 90;
/** What we propose: the RFC's own advice (§4). */
export const SESSION_SECONDS = 1800;
const MAX_SECONDS = 2 ** 31 - 1;

export type Refresher = 'uac' | 'uas';
export interface SessionExpires {
  readonly seconds: number;
  readonly refresher: Refresher | null;
}

/** What both ends agreed on. */
export interface SessionTerms {
  readonly seconds: number;
  readonly weRefresh: boolean;
}

/** null when it is missing or unreadable. */
export function sessionExpiresOf(headers: Headers): SessionExpires | null {
  const [delta = '', ...params] = (headers.get('session-expires') ?? '').split(';');
  const seconds = secondsOf(delta.trim());
  if (seconds === null) return null;
  const said = /^\s*refresher\s*=\s*(uac|uas)\s*$/i;
  const refresher = params.map((param) => said.exec(param)?.[1]?.toLowerCase()).find((value) => value !== undefined);
  return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : null };
}

/** Min-SE of a request or a 422; the default of the RFC when there is none. */
export function minSeOf(headers: Headers): number {
  return Math.max(MIN_SESSION_SECONDS, secondsOf((headers.get('min-se') ?? '').split(';', 1)[0]?.trim() ?? '') ?? 0);
}

/** Whether a request asks for less than we take: 422, but only to one that knows what to do with it (§9). */
export function isTooBrief(headers: Headers): boolean {
  const asked = sessionExpiresOf(headers);
  return asked !== null && asked.seconds < MIN_SESSION_SECONDS && supports(headers, 'timer');
}

/**
 * Our side of a request from the far end (§9, table 2). Where it leaves the choice to us we refresh: then it is we who notice that nobody
 * is there. One that does not know session timers is refreshed by us as well.
 */
export function termsAsUas(headers: Headers): { readonly terms: SessionTerms; readonly headers: HeaderPairs } {
  const asked = sessionExpiresOf(headers);
  const theyKnow = supports(headers, 'timer');
  const least = minSeOf(headers);
  const seconds = asked === null ? Math.max(SESSION_SECONDS, least) : Math.max(Math.min(asked.seconds, SESSION_SECONDS), least);
  const refresher: Refresher = theyKnow && asked?.refresher === 'uac' ? 'uac' : 'uas';
  const expires = ['Session-Expires', `${seconds};refresher=${refresher}`] as const;
  return {
    terms: { seconds, weRefresh: refresher === 'uas' },
    headers: refresher === 'uac' ? [['Require', 'timer'], expires] : [expires],
  };
}

/** What a 2xx to our request agreed to; null when the far end does not know session timers (§7.2). */
export function termsAsUac(headers: Headers): SessionTerms | null {
  const agreed = sessionExpiresOf(headers);
  return agreed === null ? null : { seconds: Math.max(agreed.seconds, MIN_SESSION_SECONDS), weRefresh: agreed.refresher !== 'uas' };
}

/** For requests of ours that set or refresh the session. `refresher` is left out where the far end shall choose. */
export function sessionRequest(seconds: number, minSe: number, refresher: Refresher | null): HeaderPairs {
  const expires = `${Math.max(seconds, minSe)}${refresher === null ? '' : `;refresher=${refresher}`}`;
  return [
    ['Session-Expires', expires],
    ['Min-SE', `${minSe}`],
  ];
}

/** When the side that refreshes does so: half the time (§7.2). */
export const refreshAfterMs = (seconds: number): number => (seconds * 1000) / 2;

/** When the session is over without a refresh: BYE is sent this long after the last one, a little before the far end gives up (§10). */
export const expiresAfterMs = (seconds: number): number => seconds * 1000 - Math.min(32_000, (seconds * 1000) / 3);

function secondsOf(text: string): number | null {
  if (!/^[0-9]{1,10}$/.test(text)) return null;
  return Math.min(Number(text), MAX_SECONDS);
}
