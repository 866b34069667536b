/**
 * Bytes to a SIP message (RFC 3261 §7, §18.3, §25.1). Refuses only what it cannot represent or what breaks a bound; whether a message
 * makes sense is for `validate-request.ts`. Never throws, and every byte of the head is looked at a fixed number of times.
 */
import { headerKey } from './header-names.ts';
import { MAX_HEADER_CHARS, MAX_HEADERS, MAX_METHOD_CHARS } from './limits.ts';
import { type Header, Headers, NO_BODY, type SipMessage, SIP_VERSION } from './message.ts';

export type ParseFault =
  | 'no_end_of_head'
  | 'bad_start_line'
  | 'bad_header'
  | 'too_many_headers'
  | 'header_too_long'
  | 'bad_content_length'
  | 'body_cut_short';

/** A fault with a message is one whose head could be read, so that a request can still be refused politely. */
export type Parsed =
  | { readonly ok: true; readonly message: SipMessage }
  | { readonly ok: false; readonly why: ParseFault; readonly message?: SipMessage };

/** A datagram: bytes after the body are ignored, a body cut short is a fault (RFC 3261 §18.3). */
export function parseMessage(bytes: Buffer): Parsed {
  const start = firstByte(bytes);
  const end = bytes.indexOf('\r\n\r\n', start, 'latin1');
  if (end === -1) return { ok: false, why: 'no_end_of_head' };
  const head = parseHead(bytes, start, end);
  if (!head.ok) return head;
  const length = contentLength(head.message.headers);
  const body = bytes.subarray(end + 4);
  if (length === null) return { ok: true, message: { ...head.message, body } };
  if (length === 'bad') return { ok: false, why: 'bad_content_length', message: head.message };
  if (length > body.length) return { ok: false, why: 'body_cut_short', message: head.message };
  return { ok: true, message: { ...head.message, body: body.subarray(0, length) } };
}

/** Start line and header fields in `bytes[start, end)`, where `end` is the place of the empty line; the body is left empty. */
export function parseHead(bytes: Buffer, start: number, end: number): Parsed {
  const text = bytes.toString('utf8', start, end);
  const lineEnd = text.indexOf('\r\n');
  const startLine = lineEnd === -1 ? text : text.slice(0, lineEnd);
  const entries: Header[] = [];
  const fault = lineEnd === -1 ? null : readHeaders(text, lineEnd + 2, entries);
  if (fault !== null) return { ok: false, why: fault };
  const headers = new Headers(entries);
  const message = startLine.startsWith(`${SIP_VERSION} `) ? statusLine(startLine, headers) : requestLine(startLine, headers);
  return message === null ? { ok: false, why: 'bad_start_line' } : { ok: true, message };
}

/** null when absent; several that differ are bad, because two readers would cut the stream at different places. */
export function contentLength(headers: Headers): number | 'bad' | null {
  const [first, ...more] = headers.all('content-length');
  if (first === undefined) return null;
  if (!/^[0-9]{1,9}$/.test(first) || more.some((other) => other !== first)) return 'bad';
  return Number(first);
}

/** The method of a request without reading the rest; null for a response and for bytes that start like neither. */
export function peekMethod(bytes: Buffer): string | null {
  const start = firstByte(bytes);
  const limit = Math.min(bytes.length, start + MAX_METHOD_CHARS + 1);
  for (let i = start; i < limit; i++) {
    const code = bytes[i] ?? 0;
    if (code === 0x20) return i === start ? null : bytes.toString('latin1', start, i);
    if (!isTokenChar(code)) return null; // the slash of "SIP/2.0" ends up here
  }
  return null;
}

/** Empty lines before a start line are ignored (RFC 3261 §7.5). */
function firstByte(bytes: Buffer): number {
  let start = 0;
  while (bytes[start] === 0x0d && bytes[start + 1] === 0x0a) start += 2;
  return start;
}

function readHeaders(text: string, from: number, entries: Header[]): ParseFault | null {
  let start = from;
  while (start < text.length) {
    let end = text.indexOf('\r\n', start);
    if (end === -1) end = text.length;
    if (end - start > MAX_HEADER_CHARS) return 'header_too_long';
    const first = text.charCodeAt(start);
    const line = text.slice(start, end);
    start = end + 2;
    if (line.includes('\n') || line.includes('\r') || (line.includes('\0') && !EACH_NUL_ESCAPED.test(line))) return 'bad_header';
    if (first === 0x20 || first === 0x09) {
      const fault = unfold(entries, line);
      if (fault !== null) return fault;
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trimEnd();
    if (!isToken(name)) return 'bad_header';
    if (entries.length === MAX_HEADERS) return 'too_many_headers';
    entries.push({ name, key: headerKey(name), value: line.slice(colon + 1).trim() });
  }
  return null;
}

/** A quoted string may hold any character behind a backslash, NUL too (`quoted-pair`, RFC 3261 §25.1). */
// oxlint-disable-next-line no-control-regex -- NUL is what it is about
const EACH_NUL_ESCAPED = /^(?:[^\0\\]|\\[^])*$/;

/** A line that begins with white space continues the header before it (RFC 3261 §7.3.1). */
function unfold(entries: Header[], line: string): ParseFault | null {
  const last = entries.pop();
  if (last === undefined) return 'bad_header';
  const more = line.trim();
  // Never the whole value again for each line: a header of a thousand folds would be walked a thousand times.
  const value = last.value === '' ? more : more === '' ? last.value : `${last.value} ${more}`;
  if (value.length > MAX_HEADER_CHARS) return 'header_too_long';
  entries.push({ ...last, value });
  return null;
}

function requestLine(line: string, headers: Headers): SipMessage | null {
  const first = line.indexOf(' ');
  // White space after the version is kept with it, so that it can be refused with 400 (RFC 4475 §3.1.2.10).
  const last = line.trimEnd().lastIndexOf(' ');
  const method = line.slice(0, Math.max(first, 0));
  const version = line.slice(last + 1).toUpperCase();
  if (!isToken(method) || method.length > MAX_METHOD_CHARS || last <= first + 1) return null;
  if (!/^SIP\/[0-9]{1,3}\.[0-9]{1,3}[ \t]*$/.test(version)) return null;
  return { kind: 'request', method, uri: line.slice(first + 1, last), version, headers, body: NO_BODY };
}

function statusLine(line: string, headers: Headers): SipMessage | null {
  const digits = line.slice(SIP_VERSION.length + 1, SIP_VERSION.length + 4);
  const after = line.charAt(SIP_VERSION.length + 4);
  if (!/^[1-6][0-9][0-9]$/.test(digits) || (after !== ' ' && after !== '')) return null;
  return { kind: 'response', status: Number(digits), reason: line.slice(SIP_VERSION.length + 5), headers, body: NO_BODY };
}

function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isTokenChar(text.charCodeAt(i))) return false;
  return text.length > 0;
}

/** `token` of RFC 3261 §25.1. */
function isTokenChar(code: number): boolean {
  return TOKEN[code] === 1;
}
const TOKEN = new Uint8Array(128);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~") TOKEN[char.charCodeAt(0)] = 1;
