/** Header values with structure: Via, From/To/Contact/Route, CSeq (RFC 3261 §20, §25.1). Each returns null for what it cannot read. */
import { splitAt } from './parse-list.ts';
import { parseHostPort } from './uri.ts';

const SEMICOLON = 0x3b;

export interface Via {
  readonly transport: string;
  readonly host: string;
  readonly port: number | null;
  readonly branch: string;
  /** Whether the sender asked for the port it is seen at (RFC 3581). */
  readonly rport: boolean;
  /** As it stood, to be copied into the response. */
  readonly text: string;
}

export interface NameAddr {
  readonly displayName: string;
  /** As it stood between the brackets. */
  readonly uri: string;
  /** Parameters of the header, not of the URI. Names in lower case. */
  readonly params: ReadonlyMap<string, string>;
}

export interface Cseq {
  readonly number: number;
  readonly method: string;
}

/** Largest sequence number (RFC 3261 §8.1.1.5). */
export const MAX_CSEQ = 2 ** 31 - 1;

export function parseVia(text: string): Via | null {
  const [sent, ...paramTexts] = splitAt(text, SEMICOLON);
  if (sent === undefined) return null;
  // "SIP / 2.0 / UDP host:port", with spaces allowed around the slashes
  const slash = sent.lastIndexOf('/');
  const protocol = sent.slice(0, Math.max(slash, 0)).replace(/\s/g, '').toUpperCase();
  const after = sent.slice(slash + 1).trim();
  const space = after.search(/\s/);
  // Another version is answered all the same, with 505 (RFC 4475 §3.1.2.16).
  if (!/^SIP\/[0-9]+\.[0-9]+$/.test(protocol) || space === -1) return null;
  const hostPort = parseHostPort(after.slice(space + 1).replace(/\s/g, ''));
  if (hostPort === null) return null;
  const params = parseParams(paramTexts);
  return {
    transport: after.slice(0, space).toUpperCase(),
    ...hostPort,
    branch: params.get('branch') ?? '',
    rport: params.has('rport'),
    text,
  };
}

export function parseNameAddr(text: string): NameAddr | null {
  const less = openingBracket(text);
  if (less === -1) {
    const [uri, ...paramTexts] = splitAt(text, SEMICOLON); // without brackets, parameters belong to the header (RFC 3261 §20.10)
    if (uri === undefined || !uri.includes(':') || uri.includes(' ')) return null;
    return { displayName: '', uri, params: parseParams(paramTexts) };
  }
  const greater = text.indexOf('>', less);
  if (greater === -1) return null;
  const after = text.slice(greater + 1).trim();
  if (after !== '' && !after.startsWith(';')) return null;
  const uri = text.slice(less + 1, greater).trim();
  if (!uri.includes(':')) return null;
  return { displayName: printable(unquoted(text.slice(0, less).trim())), uri, params: parseParams(splitAt(after, SEMICOLON)) };
}

export function parseCseq(text: string): Cseq | null {
  const match = /^([0-9]{1,10})[ \t]+(\S+)$/.exec(text);
  const [, digits, method] = match ?? [];
  if (digits === undefined || method === undefined) return null;
  const number = Number(digits);
  return number <= MAX_CSEQ ? { number, method } : null;
}

/** A quoted string for a display name; what could end a line or hide in it becomes a space. */
export function quoted(text: string): string {
  return `"${printable(text).replace(/["\\]/g, '\\$&')}"`;
}

/** Controls, line ends among them, become spaces: a value we write can never open a header of its own. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- controls are what it is about
  return text.toWellFormed().replace(/[\u0000-\u001f\u007f]/g, ' ');
}

function parseParams(parts: readonly string[]): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (!params.has(name)) params.set(name, equals === -1 ? '' : unquoted(part.slice(equals + 1).trim()));
  }
  return params;
}

/** The `<` that stands outside a quoted display name. */
function openingBracket(text: string): number {
  if (!text.startsWith('"')) return text.indexOf('<');
  for (let i = 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) i++;
    else if (code === 0x22) return text.indexOf('<', i);
  }
  return -1;
}

function unquoted(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  const inner = text.slice(1, -1);
  return inner.includes('\\') ? inner.replace(/\\(.)/gs, '$1') : inner;
}
