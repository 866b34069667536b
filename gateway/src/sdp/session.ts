/**
 * SDP text (RFC 8866) to a session description and back. Only what a call needs is interpreted; other lines are kept in place.
 * Sizes are in characters. Never throws: a description that breaks a rule or a bound is a fault with a short cause.
 */
export const MAX_SDP_CHARS = 16_384;
export const MAX_SDP_LINES = 512;
/** Media sections of one description; a voice call has one, a conference endpoint three or four. */
export const MAX_SDP_MEDIA = 16;
/** Formats on one m= line. */
export const MAX_SDP_FORMATS = 64;

export interface SdpOrigin {
  readonly username: string;
  readonly sessionId: string;
  readonly version: string;
  readonly address: string;
}
/** A line kept as it came, such as `a=ptime:20` as `{ type: 'a', value: 'ptime:20' }`. */
export interface SdpLine {
  readonly type: string;
  readonly value: string;
}
export interface SdpMedia {
  readonly kind: string;
  /** 0 switches the stream off (RFC 3264 §5.1). */
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  /** The lines below the m= line. */
  readonly lines: readonly SdpLine[];
}
export interface SdpSession {
  readonly origin: SdpOrigin;
  readonly name: string;
  /** The lines between s= and the first m=. */
  readonly lines: readonly SdpLine[];
  readonly media: readonly SdpMedia[];
}
export type SdpParsed = { readonly ok: true; readonly session: SdpSession } | { readonly ok: false; readonly why: SdpFault };
export type SdpFault = 'too_long' | 'too_many_media' | 'bad_line' | 'bad_version' | 'bad_origin' | 'bad_name' | 'bad_media' | 'no_time';

/** Lines may end in CR LF or LF alone (RFC 8866 §5 asks parsers for both). */
export function parseSdp(text: string): SdpParsed {
  if (text.length > MAX_SDP_CHARS) return { ok: false, why: 'too_long' };
  const lines = readLines(text);
  if (lines === null) return { ok: false, why: 'bad_line' };
  if (lines.length > MAX_SDP_LINES) return { ok: false, why: 'too_long' };
  const [version, o, s, ...rest] = lines;
  if (version?.type !== 'v' || version.value !== '0') return { ok: false, why: 'bad_version' };
  const origin = o?.type === 'o' ? parseOrigin(o.value) : null;
  if (origin === null) return { ok: false, why: 'bad_origin' };
  if (s?.type !== 's') return { ok: false, why: 'bad_name' };

  const sessionLines: SdpLine[] = [];
  const media: Array<SdpMedia & { lines: SdpLine[] }> = [];
  for (const line of rest) {
    if (line.type === 'm') {
      const section = parseMedia(line.value);
      if (section === null) return { ok: false, why: 'bad_media' };
      if (media.length === MAX_SDP_MEDIA) return { ok: false, why: 'too_many_media' };
      media.push(section);
    } else {
      (media.at(-1)?.lines ?? sessionLines).push(line);
    }
  }
  if (!sessionLines.some((line) => line.type === 't')) return { ok: false, why: 'no_time' };
  return { ok: true, session: { origin, name: s.value, lines: sessionLines, media } };
}

export function formatSdp(session: SdpSession): string {
  const { username, sessionId, version, address } = session.origin;
  const lines = ['v=0', `o=${username} ${sessionId} ${version} IN IP4 ${address}`, `s=${session.name}`];
  for (const line of session.lines) lines.push(`${line.type}=${line.value}`);
  for (const section of session.media) {
    lines.push(`m=${section.kind} ${section.port} ${section.protocol} ${section.formats.join(' ')}`);
    for (const line of section.lines) lines.push(`${line.type}=${line.value}`);
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** Values of an attribute, `''` for a flag such as `a=sendonly`. */
export function attributes(lines: readonly SdpLine[], name: string): string[] {
  const found: string[] = [];
  for (const { type, value } of lines) {
    if (type !== 'a') continue;
    if (value === name) found.push('');
    else if (value.startsWith(name) && value.charAt(name.length) === ':') found.push(value.slice(name.length + 1));
  }
  return found;
}

/** The IPv4 address of the first c= line, or null; a multicast suffix is refused with it (RFC 3264 knows unicast calls here). */
export function connectionAddress(lines: readonly SdpLine[]): string | null {
  const value = lines.find((line) => line.type === 'c')?.value;
  if (value === undefined || !value.startsWith('IN IP4 ')) return null;
  const address = value.slice('IN IP4 '.length).trim();
  return isIpv4(address) ? address : null;
}

export function isIpv4(text: string): boolean {
  const parts = text.split('.', 5);
  return parts.length === 4 && parts.every((part) => digits(part) && part.length <= 3 && Number(part) <= 255);
}

function digits(text: string): boolean {
  return text.length > 0 && /^[0-9]+$/.test(text);
}

function readLines(text: string): SdpLine[] | null {
  const lines: SdpLine[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line === '') continue; // the end of the text, and the empty lines some PBXs add there
    if (line.charAt(1) !== '=' || !/^[a-z]$/.test(line.charAt(0)) || line.includes('\r') || line.includes('\0')) return null;
    lines.push({ type: line.charAt(0), value: line.slice(2) });
  }
  return lines;
}

function parseOrigin(value: string): SdpOrigin | null {
  const [username, sessionId, version, net, addressType, address, more] = value.trimEnd().split(' ');
  if (username === undefined || sessionId === undefined || version === undefined || address === undefined || more !== undefined)
    return null;
  if (!digits(sessionId) || !digits(version) || net !== 'IN' || (addressType !== 'IP4' && addressType !== 'IP6')) return null;
  return { username, sessionId, version, address };
}

function parseMedia(value: string): (SdpMedia & { lines: SdpLine[] }) | null {
  const [kind, portText, protocol, ...formats] = value.trimEnd().split(' ');
  if (!kind || portText === undefined || !protocol || formats.length === 0 || formats.length > MAX_SDP_FORMATS) return null;
  const portOnly = portText.split('/', 1)[0] ?? '';
  const port = Number(portOnly);
  if (!digits(portOnly) || port > 65_535 || formats.includes('')) return null;
  return { kind, port, protocol, formats, lines: [] };
}
