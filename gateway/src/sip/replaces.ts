/** The Replaces header (RFC 3891 §6.1): which dialog an INVITE takes the place of. Text to parts and back. Pure. */
import { splitAt } from './parse-list.ts';
import { parseUri, type SipUri } from './uri.ts';

const SEMICOLON = 0x3b;

/** Tags as the far end that holds the replaced dialog sees them: `toTag` is its own. */
export interface Replaces {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  /** Only while it rings: an answered call is not taken away (§3). */
  readonly earlyOnly: boolean;
}

/** null when it names no dialog. */
export function parseReplaces(text: string): Replaces | null {
  const [callId = '', ...params] = splitAt(text, SEMICOLON);
  const tags = new Map<string, string>();
  for (const param of params) {
    const equals = param.indexOf('=');
    const name = (equals === -1 ? param : param.slice(0, equals)).trim().toLowerCase();
    if (tags.has(name)) return null;
    tags.set(name, equals === -1 ? '' : param.slice(equals + 1).trim());
  }
  const toTag = tags.get('to-tag') ?? '';
  const fromTag = tags.get('from-tag') ?? '';
  return callId === '' || toTag === '' || fromTag === '' ? null : { callId, toTag, fromTag, earlyOnly: tags.has('early-only') };
}

export function formatReplaces({ callId, toTag, fromTag, earlyOnly }: Replaces): string {
  return `${callId};to-tag=${toTag};from-tag=${fromTag}${earlyOnly ? ';early-only' : ''}`;
}

/**
 * Whether the far end of a dialog means that dialog: it writes the tags from our side, while `own` (`SipCall.replaces`) is written from
 * its side (RFC 3891 §3).
 */
export function isNamedBy(asked: Replaces | null, own: Replaces | null): boolean {
  return asked !== null && own !== null && asked.callId === own.callId && asked.toTag === own.fromTag && asked.fromTag === own.toTag;
}

/** The Replaces inside a Refer-To URI (RFC 3891 §1.1): `sip:a@b?Replaces=…`, escaped. Other headers there are not for us. */
export function replacesOfUri(uri: SipUri): Replaces | null {
  for (const field of uri.headers.split('&')) {
    const equals = field.indexOf('=');
    if (equals === -1 || field.slice(0, equals).toLowerCase() !== 'replaces') continue;
    try {
      return parseReplaces(decodeURIComponent(field.slice(equals + 1)));
    } catch {
      return null; // escapes that are no UTF-8
    }
  }
  return null;
}

/** A URI for Refer-To that asks its reader to replace that dialog; null when the target is no URI. */
export function uriWithReplaces(target: string, replaces: Replaces): string | null {
  const uri = parseUri(target);
  if (uri === null) return null;
  const bare = target.split('?', 1)[0] ?? '';
  return `${bare}?Replaces=${encodeURIComponent(formatReplaces(replaces))}`;
}
