/** The Reason header (RFC 3326): why the far end ended a call, in the numbers of the telephone network. Pure. */
import type { HangupReason } from './call.ts';
import type { Headers } from './message.ts';
import { printable } from './parse-header.ts';
import { splitAt } from './parse-list.ts';
import type { HeaderPairs } from './respond.ts';

const SEMICOLON = 0x3b;
/** Longer texts of the far end are cut, characters. */
const MAX_TEXT = 120;

export function reasonHeader(reason: HangupReason | undefined): HeaderPairs {
  if (reason === undefined) return [];
  return [['Reason', `Q.850;cause=${reason.cause};text="${printable(reason.text).replace(/["\\]/g, "'")}"`]];
}

/** The Q.850 cause; null when none was given. A `SIP` protocol value is a status and no cause, so it is read over. */
export function reasonOf(headers: Headers): HangupReason | null {
  for (const value of headers.list('reason') ?? []) {
    const [protocol = '', ...params] = splitAt(value, SEMICOLON);
    if (protocol.trim().toUpperCase() !== 'Q.850') continue;
    const cause = param(params, 'cause');
    if (cause === undefined || !/^[0-9]{1,3}$/.test(cause) || Number(cause) > 127) continue;
    const text = printable((param(params, 'text') ?? '').replace(/^"(.*)"$/s, '$1')).slice(0, MAX_TEXT);
    return { cause: Number(cause), text };
  }
  return null;
}

function param(params: readonly string[], name: string): string | undefined {
  const found = params.find((text) => text.split('=', 1)[0]?.trim().toLowerCase() === name);
  return found?.slice(found.indexOf('=') + 1).trim();
}
