/**
 * Just enough SIP text (RFC 3261 §7) for a soft phone that calls and is called; written apart from the gateway's stack.
 */
export interface SipText {
  readonly start: string;
  /** Header lines in order, names in lower case and long form. */
  readonly headers: ReadonlyArray<readonly [string, string]>;
  readonly body: string;
}

const LONG: Readonly<Record<string, string>> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
};

export function parseSip(text: string): SipText {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const [start = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    return [LONG[name] ?? name, line.slice(colon + 1).trim()];
  });
  return { start, headers, body: end < 0 ? '' : text.slice(end + 4) };
}

export function header(message: SipText, name: string): string {
  return message.headers.find(([key]) => key === name)?.[1] ?? '';
}

export function allHeaders(message: SipText, name: string): string[] {
  return message.headers.filter(([key]) => key === name).map(([, value]) => value);
}

/** Status of a response, 0 for a request. */
export function statusOf(message: SipText): number {
  return message.start.startsWith('SIP/2.0 ') ? Number(message.start.slice(8, 11)) : 0;
}

export function tagOf(value: string): string {
  return /;\s*tag=([^;\s]+)/i.exec(value)?.[1] ?? '';
}

export function uriOf(value: string): string {
  return /<([^>]+)>/.exec(value)?.[1] ?? value.split(';')[0]?.trim() ?? '';
}

export function formatSip(start: string, headers: ReadonlyArray<readonly [string, string]>, body = ''): Buffer {
  const lines = [...headers, ['Content-Length', String(Buffer.byteLength(body))]].map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${start}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}

export type Direction = 'sendrecv' | 'sendonly' | 'inactive';

export function sdpText(address: string, port: number, version: number, direction: Direction = 'sendrecv'): string {
  return [
    'v=0',
    `o=phone 1 ${version} IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 8 101`,
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    'a=ptime:20',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** Where the other side wants its RTP. */
export function mediaOf(sdp: string): { readonly address: string; readonly port: number } {
  const port = Number(/^m=audio (\d+)/m.exec(sdp)?.[1] ?? 0);
  return { address: /^c=IN IP4 ([\d.]+)/m.exec(sdp)?.[1] ?? '', port };
}
