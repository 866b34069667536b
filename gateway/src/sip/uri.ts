/** SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966): text to parts and back. Parts are unescaped, the text is escaped. */
import { MAX_URI_CHARS } from './limits.ts';

export interface SipUri {
  readonly scheme: 'sip' | 'sips' | 'tel';
  /** `''` when there is none; for tel: the number with its visual separators. */
  readonly user: string;
  /** Name, IPv4 address, or IPv6 reference in brackets; `''` for tel:. */
  readonly host: string;
  readonly port: number | null;
  /** Names in lower case; `''` for a flag such as `lr`. */
  readonly params: ReadonlyMap<string, string>;
  /** What follows `?`, as it stood. */
  readonly headers: string;
}

/** null when the text is not such a URI; a password is read over and forgotten (RFC 3261 §19.1.1 advises against it). */
export function parseUri(text: string): SipUri | null {
  if (text.length > MAX_URI_CHARS) return null;
  const colon = text.indexOf(':');
  const scheme = text.slice(0, Math.max(colon, 0)).toLowerCase();
  const rest = text.slice(colon + 1);
  if (scheme === 'tel') return parseTel(rest);
  if (scheme !== 'sip' && scheme !== 'sips') return null;
  for (let i = 0; i < rest.length; i++) if (isForbidden(rest.charCodeAt(i))) return null;

  const at = rest.indexOf('@'); // an @ inside the user part or the headers must be escaped, so the first is the only one
  const userInfo = rest.slice(0, Math.max(at, 0));
  const password = userInfo.indexOf(':');
  const user = unescaped(password === -1 ? userInfo : userInfo.slice(0, password));
  if (at === 0 || rest.includes('@', at + 1)) return null;

  const question = rest.indexOf('?', at + 1);
  const beforeHeaders = rest.slice(at + 1, question === -1 ? rest.length : question);
  const semicolon = beforeHeaders.indexOf(';');
  const hostPort = parseHostPort(semicolon === -1 ? beforeHeaders : beforeHeaders.slice(0, semicolon));
  if (hostPort === null) return null;
  const params = semicolon === -1 ? NO_PARAMS : parseUriParams(beforeHeaders.slice(semicolon + 1));
  return { scheme, user, ...hostPort, params, headers: question === -1 ? '' : rest.slice(question + 1) };
}

export function formatUri(uri: SipUri): string {
  const user = escaped(uri.user);
  let text = uri.scheme === 'tel' ? `tel:${user}` : `${uri.scheme}:${user === '' ? '' : `${user}@`}${uri.host}`;
  if (uri.port !== null) text += `:${uri.port}`;
  for (const [name, value] of uri.params) text += value === '' ? `;${escaped(name)}` : `;${escaped(name)}=${escaped(value)}`;
  return uri.headers === '' ? text : `${text}?${uri.headers}`;
}

/** `host`, `host:port` or `[v6]:port`; null when it is none of them. */
export function parseHostPort(text: string): { host: string; port: number | null } | null {
  const bracket = text.startsWith('[') ? text.indexOf(']') : -2;
  if (bracket === -1) return null;
  const colon = text.indexOf(':', Math.max(bracket, 0));
  const host = colon === -1 ? text : text.slice(0, colon);
  if (host === '' || (bracket > 0 && host.length !== bracket + 1)) return null;
  for (let i = 0; i < host.length; i++) if (!isHostChar(host.charCodeAt(i), bracket > 0)) return null;
  if (colon === -1) return { host, port: null };
  const port = parsePort(text.slice(colon + 1));
  return port === null ? null : { host, port };
}

export function parsePort(digits: string): number | null {
  if (digits.length === 0 || digits.length > 5) return null;
  let port = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return null;
    port = port * 10 + digit;
  }
  return port > 0 && port <= 65_535 ? port : null;
}

const NO_PARAMS: ReadonlyMap<string, string> = new Map();

function parseTel(rest: string): SipUri | null {
  const semicolon = rest.indexOf(';');
  const user = semicolon === -1 ? rest : rest.slice(0, semicolon);
  if (user === '' || !/^[+0-9A-Fa-f*#().-]+$/.test(user)) return null;
  const params = semicolon === -1 ? NO_PARAMS : parseUriParams(rest.slice(semicolon + 1));
  return { scheme: 'tel', user, host: '', port: null, params, headers: '' };
}

function parseUriParams(text: string): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  for (const part of text.split(';')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = unescaped(equals === -1 ? part : part.slice(0, equals)).toLowerCase();
    if (!params.has(name)) params.set(name, equals === -1 ? '' : unescaped(part.slice(equals + 1)));
  }
  return params;
}

/** Spaces, controls, quotes and brackets never stand in a URI; letting them in would let them out again in our own headers. */
function isForbidden(code: number): boolean {
  return code <= 0x20 || code === 0x22 || code === 0x3c || code === 0x3e || code === 0x5c || code === 0x60 || code === 0x7f;
}

function isHostChar(code: number, v6: boolean): boolean {
  if ((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)) return true;
  if (code === 0x2d || code === 0x2e || code === 0x5f) return true; // - . _ (the last one is common in private names)
  return v6 && (code === 0x3a || code === 0x5b || code === 0x5d);
}

function unescaped(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not UTF-8 behind the escapes: kept as it stands
  }
}

/** Everything but the characters a user part and a parameter share unescaped (RFC 3261 §25.1). */
function escaped(text: string): string {
  if (/^[A-Za-z0-9\-_.!~*'()+$/]*$/.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(/%2B|%24|%2F/g, decodeURIComponent);
}
